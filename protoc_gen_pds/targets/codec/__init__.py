"""codec.py: the generated wire and JSON code of a .proto file, which machines run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import docstring, string
from protoc_gen_pds.python.types import is_emitted, is_well_known
from protoc_gen_pds.schema import File, Message
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.codec.decode import DecoderView, decoder, entry_decoder
from protoc_gen_pds.targets.codec.encode import EncoderView, encoder
from protoc_gen_pds.targets.codec.json import JsonView, json_functions
from protoc_gen_pds.targets.codec.module import Module, is_string_map
from protoc_gen_pds.targets.codec.table import TableView, enum_table, extension_binding, table


class Pair(NamedTuple):
    """Names of the functions of the runtime that read and write something."""

    read: str
    write: str


class MessageView(NamedTuple):
    """All functions of one message."""

    decode: DecoderView
    entries: tuple[DecoderView, ...]
    encode: EncoderView
    json: JsonView
    table: TableView
    extendable: Pair | None
    """For messages with extensions: from and to JSON."""
    checked: str
    """For messages with extensions: what the bytes of known ones are checked with."""
    message_set: Pair | None
    """For messages of the old MessageSet format: the wire."""
    bind: str


def codecs(context: Context) -> Iterator[OutputFile]:
    """The codec of every file to generate that has models."""
    if not context.options.emits("models"):
        return
    for file in context.schema.to_generate:
        if not is_well_known(file):
            content = context.module("codec", view(context, file))
            yield OutputFile(context.path(file, "codec.py"), content, file.name)


def view(context: Context, file: File) -> dict[str, object]:
    """What the template of a module sees."""
    module = Module(context.names, file)
    enums = [enum_table(module, enum) for enum in file.walk_enums()]
    messages = [_message(module, message) for message in file.walk_messages() if not message.is_map_entry]
    extensions = [extension_binding(module, field) for field in file.walk_extensions() if is_emitted(field)]
    names = _runtime_names(module, messages) if messages else {}
    title = f"Wire and JSON codec of package {file.package}." if file.package else "Wire and JSON codec."
    return {
        "header": context.header(file),
        "doc": docstring(title, indent=0),
        "imports": module.scope.lines(),
        "tag_tables": [(name, tag) for tag, name in sorted(module.prefixes.items())],
        "enums": enums,
        "messages": messages,
        "extensions": extensions,
        **names,
    }


def _runtime_names(module: Module, messages: Sequence[MessageView]) -> dict[str, str]:
    """Names of the runtime that templates write; none of them imported in vain."""
    has_tags = any(message.decode.chain or message.decode.blocks or message.entries for message in messages)
    needed = {
        "check_class": True,
        "field_rest": any(message.decode.blocks for message in messages),
        "joined": True,
        "kept": not all(message.message_set for message in messages),
        "prefixes": bool(module.prefixes),
        "skip_field": True,
        "too_deep": True,
        "truncated": True,
        "wide_tag": has_tags,
    }
    names = {name: module.runtime(name) if is_needed else "" for name, is_needed in needed.items()}
    return {**names, "final": module.final()}


def _message(module: Module, message: Message) -> MessageView:
    return MessageView(
        decode=decoder(module, message),
        entries=tuple(entry_decoder(module, f) for f in message.fields if f.is_map and not is_string_map(f)),
        encode=encoder(module, message),
        json=json_functions(module, message),
        table=table(module, message),
        extendable=_pair(module, "take_extensions", "extensions_to_json") if message.extension_ranges else None,
        checked=module.runtime("checked", "extension_codec") if message.extension_ranges else "",
        message_set=_pair(module, "read_message_set", "write_message_set") if message.is_message_set else None,
        bind="\n".join(statements.lines(_binding(module, message), 0)),
    )


def _pair(module: Module, read: str, write: str) -> Pair:
    return Pair(module.runtime(read, "extension_codec"), module.runtime(write, "extension_codec"))


def _binding(module: Module, message: Message) -> str:
    """The call that attaches the functions to the class."""
    arguments = [module.function(stem, message) for stem in ("decode", "encode", "to_json", "from_json", "fields")]
    if message.proto.reserved_name:
        arguments.append(f"reserved={statements.row([*map(string, message.proto.reserved_name)])}")
    if message.is_message_set:
        arguments.append("message_set=True")
    codec = statements.call(module.runtime("Codec", "message"), *arguments)
    return statements.call(module.runtime("bind", "message"), module.cls(message), codec)
