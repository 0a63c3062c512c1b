"""The table of a message's fields, and the tables of enums, in generated codecs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import string
from protoc_gen_pds.python.statements import assign, call
from protoc_gen_pds.schema import Enum, EnumValue, Field, Message, Presence
from protoc_gen_pds.schema.load import json_name
from protoc_gen_pds.targets.codec.module import Module

_LABELS = {Presence.IMPLICIT: "implicit", Presence.EXPLICIT: "explicit", Presence.REQUIRED: "required"}


class TableView(NamedTuple):
    """The function that makes the table of a message."""

    head: str
    fields: tuple[str, ...]


def table(module: Module, message: Message) -> TableView:
    """The field table of a message, made when it is first asked for."""
    field_class = module.runtime("Field", "fields")
    name = module.function("fields", message)
    return TableView(
        head=statements.signature(name, [], f"list[{field_class}]"),
        fields=tuple("\n".join(_field(module, field_class, field)) for field in message.fields),
    )


def _field(module: Module, field_class: str, field: Field) -> list[str]:
    return statements.lines(call(field_class, *field_arguments(module, field)), 8, after=",")


def field_arguments(module: Module, field: Field) -> Iterator[str]:
    """Arguments of the runtime's ``Field`` for a field or an extension."""
    yield str(field.number)
    yield string(field.full_name if field.extendee else field.name)
    value = field.map_value if field.is_map else field
    yield string(value.kind.value)
    yield string("map" if field.is_map else "repeated" if field.repeated else _LABELS[field.presence])
    if field.json_name != json_name(field.name) and not field.extendee:
        yield f"json_name={string(field.json_name)}"
    if not field.extendee and module.attribute(field) != field.name:
        yield f"attribute={string(module.attribute(field))}"
    if value.enum is not None:
        yield f"type={module.table(value.enum)}"
    elif value.message is not None:
        yield f"type={module.cls(value.message)}"
    if field.oneof is not None:
        yield f"member={module.member(field)}"
    if field.is_map:
        yield f"key={string(field.map_key.kind.value)}"
    if field.packed:
        yield "packed=True"
    if value.kind == "string" and not value.utf8:
        yield "utf8=False"


def enum_table(module: Module, enum: Enum) -> str:
    """The statement that makes the table of an enum."""
    names = {module.names.enum_value(value): value.name for value in enum.values}
    renamed = [f"{string(python)}: {string(proto)}" for python, proto in names.items() if python != proto]
    json_names = [
        f"{string(module.names.enum_value(value))}: {string(custom)}"
        for value in enum.values
        if (custom := custom_json_name(value))
    ]
    arguments = [module.cls(enum)]
    if renamed:
        arguments.append(f"proto_names={{{', '.join(renamed)}}}")
    if json_names:
        arguments.append(f"json_names={{{', '.join(json_names)}}}")
    target = f"{module.table(enum)}: {module.final()}"
    return "\n".join(assign(target, call(module.runtime("EnumTable", "enum_table"), *arguments), 0))


def extension_binding(module: Module, field: Field) -> str:
    """The statement that attaches its codec to an extension."""
    key = module.types.extension(field)
    described = call(module.runtime("Field", "fields"), *field_arguments(module, field))
    codec = call(module.runtime("extension_codec", "extension_codec"), described)
    return "\n".join(statements.lines(call(module.runtime("bind_extension", "extensions"), key, codec), 0))


def custom_json_name(value: EnumValue) -> str:
    """The JSON name that ``(pb.enumvalue.json)`` gives to a value, or nothing."""
    if not value.proto.HasField("options"):
        return ""
    custom = value.options["pb.enumvalue.json"]
    return str(custom.string) if custom is not None else ""
