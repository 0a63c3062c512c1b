"""JSON by the tables of fields: with defaults or .proto names, and the path of a fault. Slower than generated code."""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import json_values as jv
from .errors import DecodeError
from .fields import OWN_JSON, Field
from .message import Message, codec_of
from .walk import NOT_SHOWN, Fault, is_redacted, plain_codec
from .wire import MAX_DEPTH, too_deep

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

        extensions_to_json(message, found, emit_defaults, proto_names)
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


def find_json_fault(cls: type[Message], value: Any, lax: bool) -> Fault | None:
    """What is wrong with a value that a class does not take, and its JSON path: ``status.phase``, ``tags[2]``."""
    return _fault(cls, value, lax, MAX_DEPTH)


def _fault(cls: type[Message], value: Any, lax: bool, depth: int) -> Fault | None:
    """The first fault of a value, or None where the class takes it.

    Messages are gone into, and the rest of an object is read by itself: so each part is read once,
    whatever its depth.
    """
    if depth < 0 or not isinstance(value, dict) or cls._full_name in OWN_JSON:
        return _read(cls, value, lax, depth)
    fields = {name: f for f in codec_of(cls).fields() for name in (f.name, f.json_name)}
    rest: dict[str, Any] = {}
    seen: dict[str, Field] = {}
    for name, item in value.items():
        field = fields.get(name)
        if field is not None and item is not None:
            # Members of a oneof share an attribute, and so do the two names of a field.
            other = seen.get(field.attribute)
            if other is None:
                seen[field.attribute] = field
            elif other is field:
                return Fault("", f"field {field.json_name!r} is there twice")
            else:
                return Fault("", jv.second_member(field.attribute).reason)
        if field is None or item is None or not _is_object(field):
            rest[name] = item
            continue
        fault = _message_fault(cls, field, name, item, lax, depth)
        if fault is not None:
            return _veiled(cls, field, fault, name)
    fault = _read(cls, rest, lax, depth)
    return fault and (_rest_fault(cls, fields, rest, lax, depth) or fault)


def _veiled(cls: type[Message], field: Field, fault: Fault, name: str) -> Fault:
    return Fault(name, NOT_SHOWN) if is_redacted(cls, field) else fault


def _is_object(field: Field) -> bool:
    """Whether the values of a field are objects of fields."""
    return field.kind in ("message", "group") and field.type._full_name not in OWN_JSON


def _message_fault(
    cls: type[Message], field: Field, name: str, item: Any, lax: bool, depth: int
) -> Fault | None:
    """The first fault of a field that holds messages."""
    for place, element, _ in _elements(field, name, item):
        inner = _fault(field.type, element, lax, depth - 1)
        if inner is not None:
            return Fault(f"{place}.{inner.path}".removesuffix("."), inner.reason)
    if field.label == "map" and isinstance(item, dict):
        empty: dict[str, Any] = {key: {} for key in item}
        fault = _read(cls, {name: empty}, lax, depth)
        return fault and (
            _element_fault(cls, field, name, empty, lax, depth)
            or Fault(name, fault.reason)
        )
    if field.label in ("map", "repeated") and not isinstance(item, list):
        fault = _read(cls, {name: item}, lax, depth)
        return fault and Fault(name, fault.reason)
    return None


def _rest_fault(
    cls: type[Message],
    fields: dict[str, Field],
    rest: dict[str, Any],
    lax: bool,
    depth: int,
) -> Fault | None:
    """The first fault of an object without the fields that hold messages, or None where it is in no field alone."""
    for name, item in rest.items():
        fault = _read(cls, {name: item}, lax, depth)
        if fault is None:
            continue
        field = fields.get(name)
        if field is None:
            return fault
        inner = _element_fault(cls, field, name, item, lax, depth)
        return _veiled(cls, field, inner or Fault(name, fault.reason), name)
    return None


def _element_fault(
    cls: type[Message], field: Field, name: str, item: Any, lax: bool, depth: int
) -> Fault | None:
    """The first element of a list or map that is not taken alone."""
    for place, _, alone in _elements(field, name, item):
        fault = _read(cls, {name: alone}, lax, depth)
        if fault is not None:
            return Fault(place, fault.reason)
    return None


def _elements(field: Field, name: str, item: Any) -> Iterator[tuple[str, Any, Any]]:
    """Path and value of each element of a field, and what the field holds where it is the only one."""
    if field.label == "map":
        if isinstance(item, dict):
            for key, element in item.items():
                yield f"{name}[{key!r}]", element, {key: element}
    elif field.label == "repeated":
        if isinstance(item, list):
            for i, element in enumerate(item):
                yield f"{name}[{i}]", element, [element]
    else:
        yield name, item, item


def _read(cls: type[Message], value: Any, lax: bool, depth: int) -> Fault | None:
    """The fault of a value as its codec tells it, without a path."""
    try:
        codec_of(cls).from_json(value, depth, lax)
    except DecodeError as error:
        return Fault("", error.reason)
    except RecursionError:
        return Fault("", too_deep().reason)
    return None
