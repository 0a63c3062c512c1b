"""Codecs of the well-known types, in the form of generated ones; their classes are in :mod:`.wkt`."""


# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any as Anything
from typing import TypeVar

from . import wkt
from .enum_table import EnumTable
from .errors import DecodeError, EncodeError
from .fields import OWN_JSON, Field, Kind
from .json_values import expected, json_object, string_to_json
from .message import Codec, Message, bind, codec_of
from .registry import find_message
from .wire import (
    check_class,
    check_list,
    joined,
    prefix,
    read_size,
    read_tag,
    skip_field,
    too_deep,
    truncated,
)
from .wkt import Any, Duration, Empty, FieldMask, Timestamp
from .wkt_plain import (
    UNSET,
    Plain,
    plain_BoolValue,
    plain_BytesValue,
    plain_DoubleValue,
    plain_FloatValue,
    plain_Int32Value,
    plain_Int64Value,
    plain_ListValue,
    plain_StringValue,
    plain_Struct,
    plain_UInt32Value,
    plain_UInt64Value,
    plain_Value,
    read_value,
)
from .wkt_time import (
    decode_Duration,
    decode_Timestamp,
    encode_Duration,
    encode_Timestamp,
    from_json_Duration,
    from_json_Timestamp,
    to_json_Duration,
    to_json_Timestamp,
)

T = TypeVar("T")
M = TypeVar("M", bound=Message)


class _NullTable(EnumTable[wkt.NullValue]):
    """The enum whose JSON form is null; its name and number are read too."""

    __slots__ = ()

    def from_json(self, value: object, lax: bool) -> wkt.NullValue | None:
        return (
            wkt.NullValue.NULL_VALUE if value is None else super().from_json(value, lax)
        )

    def to_json(self, value: int) -> str | int | None:
        super().to_json(value)
        return None


table_NullValue = _NullTable(wkt.NullValue)

# -- Empty, FieldMask, Any -------------------------------------------------------------------------


def decode_Empty(b: bytes, p: int, end: int, m: Empty | None, depth: int) -> Empty:
    """Read an Empty."""
    if depth < 0:
        raise too_deep()
    if m is None:
        m = Empty()
    start = p
    while p < end:
        p = skip_field(b, p, end, depth)
    m._unknown = joined(m._unknown, [b[start:end]], depth)
    return m


def encode_Empty(m: Empty) -> bytes:
    """Write an Empty."""
    check_class(m, Empty)
    return m._unknown


def to_json_Empty(m: Empty) -> dict[str, object]:
    """An object without members."""
    check_class(m, Empty)
    return {}


def from_json_Empty(value: object, depth: int, lax: bool) -> Empty:
    """Read an object without members."""
    json_object(value, {}, lax)
    return Empty()


def _decode_two(
    m: M,
    b: bytes,
    p: int,
    end: int,
    depth: int,
    first: Callable[[bytes], object],
    second: Callable[[bytes], object] | None,
) -> M:
    """Length-delimited fields 1 and 2, each value given to a function."""
    if depth < 0:
        raise too_deep()
    unknown: list[bytes] = []
    while p < end:
        t, q = read_tag(b, p)
        if t == 10:
            n, q = read_size(b, q)
            first(b[q : (p := q + n)])
        elif t == 18 and second is not None:
            n, q = read_size(b, q)
            second(b[q : (p := q + n)])
        else:
            q = p
            p = skip_field(b, p, end, depth)
            unknown.append(b[q:p])
    if p != end:
        raise truncated()
    if unknown:
        m._unknown = joined(m._unknown, unknown, depth)
    return m


def decode_FieldMask(
    b: bytes, p: int, end: int, m: FieldMask | None, depth: int
) -> FieldMask:
    """Read a FieldMask."""
    mask = FieldMask() if m is None else m
    return _decode_two(
        mask, b, p, end, depth, lambda data: mask.paths.append(data.decode()), None
    )


def encode_FieldMask(m: FieldMask) -> bytes:
    """Write a FieldMask."""
    check_class(m, FieldMask)
    check_list(m.paths)
    paths = [path.encode() for path in m.paths]
    return b"".join(prefix(10, len(path)) + path for path in paths) + m._unknown


_SNAKE = re.compile(r"[a-z0-9.]*(?:_[a-z][a-z0-9.]*)*").fullmatch
_CAMEL = re.compile(r"[A-Za-z0-9.]*").fullmatch


def to_json_FieldMask(m: FieldMask) -> str:
    """Paths in lowerCamelCase, joined by commas; one that would not come back has no JSON form."""
    check_class(m, FieldMask)
    check_list(m.paths)
    for path in m.paths:
        if not _SNAKE(string_to_json(path)):
            raise ValueError(f"path {path!r} does not survive conversion to JSON")
    return ",".join(
        re.sub(r"_([a-z])", lambda match: match[1].upper(), path) for path in m.paths
    )


def from_json_FieldMask(value: object, depth: int, lax: bool) -> FieldMask:
    """Read paths in lowerCamelCase, joined by commas."""
    if not isinstance(value, str):
        raise expected("a string of paths", value)
    paths = value.split(",") if value else []
    for path in paths:
        if not _CAMEL(path):
            raise DecodeError(f"{path[:80]!r} is not a lowerCamelCase path")
    return FieldMask(
        paths=[
            re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), path)
            for path in paths
        ]
    )


def decode_Any(b: bytes, p: int, end: int, m: Any | None, depth: int) -> Any:
    """Read an Any."""
    held = Any() if m is None else m

    def set_url(data: bytes) -> None:
        held.type_url = data.decode()

    def set_value(data: bytes) -> None:
        held.value = data

    return _decode_two(held, b, p, end, depth, set_url, set_value)


def encode_Any(m: Any) -> bytes:
    """Write an Any."""
    check_class(m, Any)
    url = m.type_url.encode()
    data = prefix(10, len(url)) + url if url else b""
    if m.value:
        data += prefix(18, len(m.value)) + m.value
    return data + m._unknown


def _held_class(type_url: str) -> type[Message]:
    slash = type_url.rfind("/")
    cls = find_message(type_url[slash + 1 :]) if slash >= 0 else None
    if cls is None:
        raise DecodeError(f"Any holds {type_url!r}, whose class has not been imported")
    return cls


def to_json_Any(m: Any) -> dict[str, object]:
    """The JSON form of the message that is held, with its type under "@type"."""
    return any_to_json(m, lambda held: codec_of(type(held)).to_json(held))


def any_to_json(m: Any, convert: Callable[[Message], Anything]) -> dict[str, object]:
    """As :func:`to_json_Any`, with a function from the message that is held to its JSON value."""
    check_class(m, Any)
    if not m.type_url and not m.value:
        return {}
    cls = _held_class(m.type_url)
    value = convert(cls.from_bytes(m.value))
    if cls._full_name in OWN_JSON:
        return {"@type": m.type_url, "value": value}
    return {"@type": m.type_url, **value}


def from_json_Any(value: object, depth: int, lax: bool) -> Any:
    """Read the JSON form of a message of the type that "@type" names."""
    if depth < 0:
        raise too_deep()
    if not isinstance(value, dict):
        raise expected("an object", value)
    if not value:
        return Any()
    rest = dict(value)
    type_url = rest.pop("@type", None)
    if not isinstance(type_url, str):
        raise DecodeError('an Any needs the type of its content under "@type"')
    cls = _held_class(type_url)
    if cls._full_name in OWN_JSON:
        if not lax and rest.keys() - {"value"}:
            raise DecodeError('beside "@type" there is only "value" for this type')
        if "value" not in rest:
            raise DecodeError('"value" is missing')
        held = codec_of(cls).from_json(rest["value"], depth - 1, lax)
    else:
        held = codec_of(cls).from_json(rest, depth - 1, lax)
    try:
        return Any(type_url=type_url, value=held.to_bytes())
    except EncodeError as error:
        # JSON without a required field is read, but has no wire form.
        raise DecodeError(str(error)) from None


# -- classes of what fields hold as plain values ---------------------------------------------------


def _bind_plain(
    cls: Anything, attribute: str, plain: Plain[Anything], kind: Kind | None
) -> None:
    """Bind the codec of a class that holds a plain value in one attribute."""

    def decode(b: bytes, p: int, end: int, m: Anything, depth: int) -> Anything:
        made = cls() if m is None else m
        value = plain.decode(b, p, end, getattr(made, attribute), depth)
        setattr(made, attribute, value)
        return made

    def encode(m: Anything) -> bytes:
        check_class(m, cls)
        return plain.encode(getattr(m, attribute))

    def to_json(m: Anything) -> object:
        check_class(m, cls)
        return plain.to_json(getattr(m, attribute))

    def from_json(value: object, depth: int, lax: bool) -> Anything:
        return cls(**{attribute: plain.from_json(value, depth, lax)})

    def fields() -> list[Field]:
        if kind is not None:
            return [Field(1, "value", kind, "implicit")]
        label: Anything = "map" if attribute == "fields" else "repeated"
        key: Kind | None = "string" if attribute == "fields" else None
        value_class = wkt.Value
        return [
            Field(1, attribute, "message", label, type=value_class, key=key),
        ]

    bind(cls, Codec(decode, encode, to_json, from_json, fields))


_bind_plain(wkt.DoubleValue, "value", plain_DoubleValue, "double")
_bind_plain(wkt.FloatValue, "value", plain_FloatValue, "float")
_bind_plain(wkt.Int64Value, "value", plain_Int64Value, "int64")
_bind_plain(wkt.UInt64Value, "value", plain_UInt64Value, "uint64")
_bind_plain(wkt.Int32Value, "value", plain_Int32Value, "int32")
_bind_plain(wkt.UInt32Value, "value", plain_UInt32Value, "uint32")
_bind_plain(wkt.BoolValue, "value", plain_BoolValue, "bool")
_bind_plain(wkt.StringValue, "value", plain_StringValue, "string")
_bind_plain(wkt.BytesValue, "value", plain_BytesValue, "bytes")
_bind_plain(wkt.Struct, "fields", plain_Struct, None)
_bind_plain(wkt.ListValue, "values", plain_ListValue, None)


def _decode_value(b: bytes, p: int, end: int, m: Anything, depth: int) -> wkt.Value:
    made = wkt.Value() if m is None else m
    into = UNSET if made.value is None else made.value
    value = read_value(b, p, end, into, depth)
    made.value = (
        None if value is UNSET else wkt.NullValue.NULL_VALUE if value is None else value
    )
    return made


def _encode_value(m: wkt.Value) -> bytes:
    check_class(m, wkt.Value)
    return b"" if m.value is None else plain_Value.encode(m.value)


def _value_to_json(m: wkt.Value) -> object:
    check_class(m, wkt.Value)
    if m.value is None:
        raise ValueError("a Value that holds nothing has no JSON form")
    return plain_Value.to_json(m.value)


def _value_from_json(value: object, depth: int, lax: bool) -> wkt.Value:
    found = plain_Value.from_json(value, depth, lax)
    return wkt.Value(value=wkt.NullValue.NULL_VALUE if found is None else found)


def _value_fields() -> list[Field]:
    """Of the oneof ``kind``, all of whose members the attribute ``value`` holds by their Python types."""
    return [
        Field(
            1, "null_value", "enum", "explicit", attribute="value", type=table_NullValue
        ),
        Field(2, "number_value", "double", "explicit", attribute="value"),
        Field(3, "string_value", "string", "explicit", attribute="value"),
        Field(4, "bool_value", "bool", "explicit", attribute="value"),
        Field(
            5, "struct_value", "message", "explicit", attribute="value", type=wkt.Struct
        ),
        Field(
            6,
            "list_value",
            "message",
            "explicit",
            attribute="value",
            type=wkt.ListValue,
        ),
    ]


bind(
    wkt.Value,
    Codec(
        _decode_value, _encode_value, _value_to_json, _value_from_json, _value_fields
    ),
)


def _time_fields() -> list[Field]:
    return [
        Field(1, "seconds", "int64", "implicit"),
        Field(2, "nanos", "int32", "implicit"),
    ]


def _no_fields() -> list[Field]:
    return []


def _mask_fields() -> list[Field]:
    return [Field(1, "paths", "string", "repeated")]


def _any_fields() -> list[Field]:
    return [
        Field(1, "type_url", "string", "implicit"),
        Field(2, "value", "bytes", "implicit"),
    ]


bind(
    Timestamp,
    Codec(
        decode_Timestamp,
        encode_Timestamp,
        to_json_Timestamp,
        from_json_Timestamp,
        _time_fields,
    ),
)
bind(
    Duration,
    Codec(
        decode_Duration,
        encode_Duration,
        to_json_Duration,
        from_json_Duration,
        _time_fields,
    ),
)
bind(
    Empty, Codec(decode_Empty, encode_Empty, to_json_Empty, from_json_Empty, _no_fields)
)
bind(
    FieldMask,
    Codec(
        decode_FieldMask,
        encode_FieldMask,
        to_json_FieldMask,
        from_json_FieldMask,
        _mask_fields,
    ),
)
bind(Any, Codec(decode_Any, encode_Any, to_json_Any, from_json_Any, _any_fields))
