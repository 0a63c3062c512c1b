"""codec.py: the generated wire and JSON code of a .proto file, which machines run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import docstring, string
from protoc_gen_pds.python.types import is_well_known
from protoc_gen_pds.schema import File, Message
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.codec_decode import DecoderView, decoder, entry_decoder, is_string_map
from protoc_gen_pds.targets.codec_encode import EncoderView, encoder
from protoc_gen_pds.targets.codec_json import JsonView, json_functions
from protoc_gen_pds.targets.codec_module import Module
from protoc_gen_pds.targets.codec_table import TableView, enum_table, table


@dataclass(frozen=True, slots=True)
class MessageView:
    """All functions of one message."""

    decode: DecoderView
    entries: tuple[DecoderView, ...]
    encode: EncoderView
    json: JsonView
    table: TableView
    bind: str


def codecs(context: Context) -> Iterator[OutputFile]:
    """The codec of every file to generate that has models."""
    if not context.options.emits("models"):
        return
    for file in context.schema.to_generate:
        if not is_well_known(file):
            content = context.renderer.render("python/codec.py.j2", view(context, file))
            yield OutputFile(context.path(file, "codec.py"), content, file.name)


def view(context: Context, file: File) -> dict[str, object]:
    """What the template of a module sees."""
    module = Module(context.names, file)
    enums = [enum_table(module, enum) for enum in file.walk_enums()]
    messages = [_message(module, message) for message in file.walk_messages() if not message.is_map_entry]
    names = _runtime_names(module) if messages else {}
    title = f"Wire and JSON codec of package {file.package}." if file.package else "Wire and JSON codec."
    return {
        "header": context.header(file),
        "doc": docstring(title, indent=0),
        "imports": module.scope.lines(),
        "prefixes": [(name, tag) for tag, name in sorted(module.prefixes.items())],
        "enums": enums,
        "messages": messages,
        **names,
    }


def _runtime_names(module: Module) -> dict[str, str]:
    return {
        name: module.runtime(name) for name in ("check_class", "skip_field", "too_deep", "truncated", "wide_tag")
    } | {
        "varint_rest": module.runtime("varint_rest"),
        "json_object": module.runtime("json_object", "json_values"),
        "prefixes_of": module.runtime("prefixes") if module.prefixes else "",
    }


def _message(module: Module, message: Message) -> MessageView:
    bind, codec = module.runtime("bind", "message"), module.runtime("Codec", "message")
    functions = [module.function(stem, message) for stem in ("decode", "encode", "to_json", "from_json", "fields")]
    made = statements.call(codec, *functions, *_extras(message))
    return MessageView(
        decode=decoder(module, message),
        entries=tuple(entry_decoder(module, f) for f in message.fields if f.is_map and not is_string_map(f)),
        encode=encoder(module, message),
        json=json_functions(module, message),
        table=table(module, message),
        bind="\n".join(statements.lines(statements.call(bind, module.cls(message), made), 0)),
    )


def _extras(message: Message) -> Iterator[statements.Expr]:
    """Arguments of ``Codec`` for what only the text format needs to know."""
    if message.proto.reserved_name:
        names = tuple(string(name) for name in message.proto.reserved_name)
        yield statements.Call("reserved=(", names if len(names) > 1 else (f"{names[0]},",), ")")
    if message.is_message_set:
        yield "message_set=True"
