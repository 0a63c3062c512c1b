"""Messages in CEL: made by literals, unpacked from Any, and selected from where their type is known at run time only.

CEL's values are Python's, with Timestamps and Durations in nanoseconds, wrappers and JSON types plain
and null as None. Where a value has no static type, :class:`Moment`, :class:`Span` and
:class:`Unsigned` say what an integer stands for.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportPrivateUsage=false

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .cel_format import Moment, Span, TypeName, Unsigned, duration_text, timestamp_text
from .message import Message, codec_of
from .registry import find_extension, find_message
from .validation.violation import RuleError

if TYPE_CHECKING:
    from .fields import Field

T = TypeVar("T")

_ZEROS: dict[str, Any] = {
    "bool": False,
    "string": "",
    "bytes": b"",
    "double": 0.0,
    "float": 0.0,
}
_UNSIGNED = frozenset(("uint32", "uint64", "fixed32", "fixed64"))
_INT32 = frozenset(("int32", "sint32", "sfixed32", "enum"))
_UINT32 = frozenset(("uint32", "fixed32"))
_TIMES: dict[str, type[Moment] | type[Span]] = {
    "google.protobuf.Timestamp": Moment,
    "google.protobuf.Duration": Span,
}
_EXACT = 1 << 53
"""Integers beyond it are no exact doubles, so JSON has them as text."""


# -- reading ---------------------------------------------------------------------------------------


def unpack(value: Any) -> Any:
    """What an Any holds; null for one that is not set."""
    while value is not None and value._full_name == "google.protobuf.Any":
        cls = find_message(value.type_name)
        if cls is None:
            raise RuleError(f"no message type {value.type_name!r} is known")
        try:
            value = cls.from_bytes(value.value)
        except ValueError as error:
            raise RuleError(f"malformed {value.type_name}") from error
    return None if value is None else _of_message(value)


def unpack_bytes(type_url: str, data: bytes) -> Any:
    """What an Any of these two fields holds."""
    from .wkt import Any as AnyMessage

    return unpack(AnyMessage(type_url=type_url, value=data))


def json(value: Any) -> Any:
    """The content of a Value: null is None, whether it is set or not."""
    return None if isinstance(value, Enum) else value


def _of_message(value: Any) -> Any:
    """A message as CEL has it."""
    name = value._full_name
    if name in _TIMES:
        return _TIMES[name](value.to_nanoseconds())
    if name == "google.protobuf.Struct":
        return value.fields
    if name == "google.protobuf.ListValue":
        return value.values
    if name == "google.protobuf.Value":
        return json(value.value)
    if name.startswith("google.protobuf.") and name.endswith("Value"):
        return Unsigned(value.value) if "UInt" in name else value.value
    return value


def _of_field(field: Field, value: Any) -> Any:
    """A single value of a field as CEL has it."""
    if field.kind in ("message", "group"):
        name = field.type._full_name
        if name == "google.protobuf.Any":
            return unpack(value)
        if name == "google.protobuf.Value":
            return json(value)
        if field.plain:
            if value is not None and name.startswith("google.protobuf.UInt"):
                return Unsigned(value)
            return value
        return _of_message(value)
    return Unsigned(value) if field.kind in _UNSIGNED else value


def _read(value: Any, name: str) -> tuple[Field, Any]:
    """A field of a value of unknown type, or an extension by its full name, and what it holds."""
    if isinstance(value, Message):
        table = codec_of(type(value)).fields
        fields: tuple[Field, ...] = table() if table is not None else ()
        field = next((field for field in fields if field.name == name), None)
        if field is not None:
            return field, field.get(value)
        extension: Any = find_extension(name)
        if extension is not None and extension.extendee == value._full_name:
            return extension.codec.field, extension.get(value)
    raise RuleError(f"no such field: {name}")


def _unset(message: Message, field: Field) -> Any:
    """What CEL reads from a field that is not set."""
    if field.kind in ("message", "group"):
        name = field.type._full_name
        if field.plain:
            empty: Any = {"Struct": {}, "ListValue": []}
            return empty.get(name.rpartition(".")[2])
        return None if name == "google.protobuf.Any" else _of_message(field.type())
    value = getattr(message, f"{field.name}_or_default", _ZEROS.get(field.kind, 0))
    return Unsigned(value) if field.kind in _UNSIGNED else value


def select(value: Any, name: str) -> Any:
    """A field of a value of unknown type: a map's key, or a message's field."""
    if isinstance(value, Mapping):
        if name not in value:
            raise RuleError(f"no such key: {name!r}")
        return value[name]
    field, found = _read(value, name)
    if field.key is not None:
        return {k: _of_field(field, item) for k, item in found.items()}
    if field.label == "repeated":
        return [_of_field(field, item) for item in found]
    return _unset(value, field) if found is None else _of_field(field, found)


def has(value: Any, name: str) -> bool:
    """Whether a value of unknown type has a key or a field that is set."""
    if isinstance(value, Mapping):
        return name in value
    field, found = _read(value, name)
    if field.key is not None or field.label == "repeated":
        return len(found) > 0
    if field.label == "implicit":
        return bool(found)
    return found is not None


def default(value: T | None, otherwise: T) -> T:
    """What is held, or the default of a field that is not set."""
    return otherwise if value is None else value


def type_of(value: Any) -> str:
    """The name of the type of a value of unknown type."""
    for cls, name in _TYPE_NAMES:
        if isinstance(value, cls):
            return name
    if value is None:
        return "null_type"
    return str(value._full_name)


_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (Moment, "google.protobuf.Timestamp"),
    (Span, "google.protobuf.Duration"),
    (Unsigned, "uint"),
    (int, "int"),
    (float, "double"),
    (TypeName, "type"),
    (str, "string"),
    (bytes, "bytes"),
    (list, "list"),
    (tuple, "list"),
    (Mapping, "map"),
)


Types = tuple[str, ...]


@overload
def dispatch(
    name: str, choices: Mapping[Types, Callable[[Any], Any]], a: Any, /
) -> Any: ...
@overload
def dispatch(
    name: str, choices: Mapping[Types, Callable[[Any, Any], Any]], a: Any, b: Any, /
) -> Any: ...
@overload
def dispatch(
    name: str,
    choices: Mapping[Types, Callable[[Any, Any, Any], Any]],
    a: Any,
    b: Any,
    c: Any,
    /,
) -> Any: ...
@overload
def dispatch(
    name: str,
    choices: Mapping[Types, Callable[[Any, Any, Any, Any], Any]],
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    /,
) -> Any: ...
def dispatch(
    name: str, choices: Mapping[Types, Callable[..., Any]], /, *values: Any
) -> Any:
    """The result of a function some of whose arguments have types that are known at run time only."""
    types = tuple(type_of(value) for value in values)
    chosen = choices.get(types)
    if chosen is None:
        raise RuleError(f"no such overload: {name}({', '.join(types)})")
    return chosen(*values)


def given(value: Any) -> Any:
    """The value of a wrapper that is set; null suits no operator and no function."""
    if value is None:
        raise RuleError("no such overload: a wrapper that is not set is null")
    return value


# -- making ----------------------------------------------------------------------------------------


def make(cls: type[Any], values: Mapping[str, Any]) -> Any:
    """A message from CEL's values for its fields, by their names in the .proto file; uints and times are marked."""
    arguments: dict[str, Any] = {}
    for field in codec_of(cls).fields():
        if field.name not in values:
            continue
        value = values[field.name]
        # A null among the elements of a list or map is left out, as one for a single field is.
        if field.key is not None:
            if not isinstance(value, Mapping):
                raise _mismatch(field, value)
            entries = ((k, _element(field, v)) for k, v in value.items())
            value = {_scalar(field.key, k): v for k, v in entries if v is not None}
        elif field.label == "repeated":
            if not isinstance(value, list | tuple):
                raise _mismatch(field, value)
            elements = (_element(field, item) for item in value)
            value = [item for item in elements if item is not None]
        else:
            value = _stored(field, value)
            if value is None:
                continue
            if field.member is not None:
                value = field.member(value)
        arguments[field.attribute] = value
    return cls(**arguments)


def _element(field: Field, value: Any) -> Any:
    """A value in a list or map; an Any there holds null rather than nothing."""
    found = _stored(field, value)
    if found is None and field.type._full_name == "google.protobuf.Any":
        from . import wkt

        return wkt.Any.pack(wkt.Value(value=wkt.NullValue.NULL_VALUE))
    return found


def _stored(field: Field, value: Any) -> Any:
    """A single value as a field holds it; None where null leaves the field unset."""
    if field.kind not in ("message", "group"):
        return _scalar(field.kind, value)
    name = field.type._full_name
    if name == "google.protobuf.Value":
        found = json_of(value)
        if found is None:
            from .wkt import NullValue

            return NullValue.NULL_VALUE
        return found
    if name == "google.protobuf.Any":
        return _packed(value)
    if name in ("google.protobuf.Struct", "google.protobuf.ListValue"):
        expected = dict if name.endswith("Struct") else list
        found = json_of(value)
        if not isinstance(found, expected):
            raise _mismatch(field, value)
        return found
    if value is None:
        return None
    if field.plain:
        kind = name.removeprefix("google.protobuf.").removesuffix("Value").lower()
        return _scalar(kind, value)
    if name in _TIMES:
        if not isinstance(value, _TIMES[name]):
            raise _mismatch(field, value)
        return field.type.from_nanoseconds(int(value))
    if not isinstance(value, field.type):
        raise _mismatch(field, value)
    return value


def _mismatch(field: Field, value: object) -> RuleError:
    return RuleError(f"{field.name} cannot be {type_of(value)}")


_KINDS = {
    "bool": "bool",
    "string": "string",
    "bytes": "bytes",
    "double": "double",
    "float": "double",
    **dict.fromkeys(_UNSIGNED, "uint"),
}


def _scalar(kind: str, value: Any) -> Any:
    if type_of(value) != _KINDS.get(kind, "int"):
        raise RuleError(f"a field of type {kind} cannot be {type_of(value)}")
    if kind in _INT32:
        return int32(value)
    if kind in _UINT32:
        return uint32(value)
    if kind == "float":
        return float32(value)
    return int(value) if isinstance(value, Unsigned) else value


def int32(value: int) -> int:
    """An int for a field of 32 bits with sign."""
    if -(1 << 31) <= value < 1 << 31:
        return int(value)
    raise RuleError("range: an int32 field")


def uint32(value: int) -> int:
    """A uint for a field of 32 bits without sign."""
    if 0 <= value < 1 << 32:
        return int(value)
    raise RuleError("range: a uint32 field")


def float32(value: float) -> float:
    """A double as a float of 32 bits holds it."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


_WRAPPERS: tuple[tuple[type, str], ...] = (
    (bool, "BoolValue"),
    (Unsigned, "UInt64Value"),
    (int, "Int64Value"),
    (float, "DoubleValue"),
    (str, "StringValue"),
    (bytes, "BytesValue"),
)


def _packed(value: Any) -> Any:
    from . import wkt

    if value is None:
        return None
    if isinstance(value, Message):
        return wkt.Any.pack(value)
    if isinstance(value, Moment):
        return wkt.Any.pack(wkt.Timestamp.from_nanoseconds(int(value)))
    if isinstance(value, Span):
        return wkt.Any.pack(wkt.Duration.from_nanoseconds(int(value)))
    if isinstance(value, Mapping):
        return wkt.Any.pack(wkt.Struct(fields=json_of(value)))
    if isinstance(value, list | tuple):
        return wkt.Any.pack(wkt.ListValue(values=json_of(value)))
    name = next(name for cls, name in _WRAPPERS if isinstance(value, cls))
    plain = int(value) if isinstance(value, Unsigned) else value
    return wkt.Any.pack(getattr(wkt, name)(value=plain))


def json_of(value: Any) -> Any:
    """A value of CEL as JSON has it: what a google.protobuf.Value holds."""
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, Moment):
        return timestamp_text(value)
    if isinstance(value, Span):
        return duration_text(value)
    if isinstance(value, int):
        return float(value) if abs(value) < _EXACT else str(int(value))
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise RuleError("a JSON object has strings for its keys")
        return {key: json_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_of(item) for item in value]
    return value.to_dict()
