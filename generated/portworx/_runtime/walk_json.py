"""JSON by the tables of fields: with defaults or .proto names, and the path of a fault. Slower than generated code."""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

from typing import Any

from . import json_values as jv
from .errors import DecodeError
from .fields import OWN_JSON, Field
from .message import Message, codec_of
from .walk import plain_codec

SUFFIXES: dict[str, str] = {
    "sint32": "int32",
    "sfixed32": "int32",
    "sint64": "int64",
    "sfixed64": "int64",
    "fixed32": "uint32",
    "fixed64": "uint64",
}
"""JSON conversions by kind, where their name is not the kind's."""

ZEROS: dict[str, Any] = {
    "string": "",
    "bytes": b"",
    "bool": False,
    "float": 0.0,
    "double": 0.0,
}
"""Zero values by kind; of the other scalar kinds it is 0."""


def to_json_value(message: Message, emit_defaults: bool, proto_names: bool) -> Any:
    """The JSON value of a message.

    Args:
        message: any message.
        emit_defaults: whether fields with implicit presence, lists and maps appear when empty.
        proto_names: whether fields have their .proto names.

    Raises:
        TypeError, ValueError, OverflowError: as the generated writers.
    """
    if message._full_name == "google.protobuf.Any":
        from .wkt_codec import any_to_json

        held: Any = message
        return any_to_json(
            held, lambda inner: to_json_value(inner, emit_defaults, proto_names)
        )
    if message._full_name in OWN_JSON:
        return codec_of(type(message)).to_json(message)
    found: dict[str, Any] = {}
    for field in codec_of(type(message)).fields():
        value = field.get(message)
        if field.label == "implicit" and not emit_defaults and _is_zero(field, value):
            continue
        if (
            field.label in ("repeated", "map")
            and not emit_defaults
            and value in ([], {})
        ):
            continue
        if value is None and field.label in ("explicit", "required"):
            if field.member is not None:
                _check_member(field, message)
            if not _holds_null(field, message):
                continue
        name = field.name if proto_names else field.json_name
        found[name] = field_to_json(field, value, emit_defaults, proto_names)
    if message._unknown:
        from .extension_codec import extensions_to_json

        extensions_to_json(message, found)
    return found


def _check_member(field: Field, message: Message) -> None:
    held = getattr(message, field.attribute)
    if held is None:
        return
    siblings = [
        other.member
        for other in codec_of(type(message)).fields()
        if other.attribute == field.attribute
    ]
    if not isinstance(held, tuple(siblings)):
        raise TypeError("not a member of the oneof")


def _holds_null(field: Field, message: Message) -> bool:
    """Whether a oneof holds this member with JSON's null."""
    return field.member is not None and isinstance(
        getattr(message, field.attribute), field.member
    )


def _is_zero(field: Field, value: object) -> bool:
    if field.kind in ("float", "double"):
        return str(value) == "0.0"
    return bool(value == ZEROS.get(field.kind, 0)) and value is not None


def field_to_json(field: Field, value: Any, defaults: bool, names: bool) -> Any:
    """The JSON value of a whole field; arguments as :func:`to_json_value`."""
    if field.label == "repeated":
        return jv.array(
            lambda item: _single_to_json(field, item, defaults, names), value
        )
    if field.label == "map":
        assert field.key is not None
        key = getattr(jv, f"{SUFFIXES.get(field.key, field.key)}_key")
        return jv.mapping(
            key, lambda item: _single_to_json(field, item, defaults, names), value
        )
    return _single_to_json(field, value, defaults, names)


def _single_to_json(field: Field, value: Any, defaults: bool, names: bool) -> Any:
    if field.kind in ("message", "group"):
        if field.plain:
            return plain_codec(field.type).to_json(value)
        if not isinstance(value, field.type):
            raise TypeError
        return to_json_value(value, defaults, names)
    if field.kind == "enum":
        return field.type.to_json(value)
    return getattr(jv, f"{SUFFIXES.get(field.kind, field.kind)}_to_json")(value)


def find_json_fault(cls: type[Message], value: Any, lax: bool) -> str:
    """The JSON path of the value that a class does not take: ``status.phase``, ``labels["a"]``, ``tags[2]``.

    Each field is read alone, and then what it holds: the first one that fails leads on.
    """
    if not isinstance(value, dict) or cls._full_name in OWN_JSON:
        return ""
    fields = {name: f for f in codec_of(cls).fields() for name in (f.name, f.json_name)}
    for name, item in value.items():
        if not _fails(cls, {name: item}, lax):
            continue
        field = fields.get(name)
        if field is None:
            return ""
        if field.label == "map" and isinstance(item, dict):
            for key, element in item.items():
                if _fails(cls, {name: {key: element}}, lax):
                    return _join(f"{name}[{key!r}]", field, element, lax)
        elif field.label == "repeated" and isinstance(item, list):
            for i, element in enumerate(item):
                if _fails(cls, {name: [element]}, lax):
                    return _join(f"{name}[{i}]", field, element, lax)
        return _join(name, field, item, lax)
    return ""


def _join(path: str, field: Field, value: Any, lax: bool) -> str:
    if field.kind not in ("message", "group"):
        return path
    inner = find_json_fault(field.type, value, lax)
    return f"{path}.{inner}" if inner else path


def _fails(cls: type[Message], value: Any, lax: bool) -> bool:
    try:
        codec_of(cls).from_json(value, 100, lax)
    except (DecodeError, RecursionError):
        return True
    return False
