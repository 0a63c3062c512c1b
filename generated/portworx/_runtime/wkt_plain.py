"""Codecs of the well-known types that fields hold as plain Python values: wrappers, Struct, Value and ListValue.

Unknown fields inside of these messages are not kept: a plain value has no place for them.
"""


# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from . import json_values as jv
from . import wire
from .errors import DecodeError
from .wkt.struct import JsonValue, NullValue

T = TypeVar("T")


class Plain(Generic[T]):
    """The functions of a type; their contracts are those of generated codecs, with a value for a message."""

    __slots__ = ("decode", "encode", "from_json", "to_json", "zero")

    def __init__(
        self,
        decode: Callable[[bytes, int, int, T | None, int], T],
        encode: Callable[[T], bytes],
        to_json: Callable[[T], object],
        from_json: Callable[[object, int, bool], T],
        zero: Callable[[], T],
    ) -> None:
        self.decode = decode
        self.encode = encode
        self.to_json = to_json
        self.from_json = from_json
        self.zero = zero


# -- wrappers --------------------------------------------------------------------------------------


def _wrapper(
    zero: T,
    tag: int,
    read: Callable[[bytes, int], tuple[T, int]],
    write: Callable[[T], bytes],
    to_json: Callable[[T], object],
    from_json: Callable[[object, int, bool], T],
) -> Plain[T]:
    head = bytes((tag,))
    default = write(zero)

    def decode(b: bytes, p: int, end: int, into: T | None, depth: int) -> T:
        if depth < 0:
            raise wire.too_deep()
        value = zero if into is None else into
        while p < end:
            found, q = wire.read_tag(b, p)
            if found == tag:
                value, p = read(b, q)
            else:
                p = wire.skip_field(b, p, end, depth)
        if p != end:
            raise wire.truncated()
        return value

    def encode(value: T) -> bytes:
        data = write(value)
        return b"" if data == default else head + data

    return Plain(decode, encode, to_json, from_json, lambda: zero)


def _varint(convert: Callable[[int], T]) -> Callable[[bytes, int], tuple[T, int]]:
    def read(b: bytes, p: int) -> tuple[T, int]:
        n, p = wire.read_varint(b, p)
        return convert(n), p

    return read


def _fixed(code: str, width: int) -> Callable[[bytes, int], tuple[float, int]]:
    unpack = struct.Struct(code).unpack_from

    def read(b: bytes, p: int) -> tuple[float, int]:
        return unpack(b, p)[0], p + width

    return read


def _read_bytes(b: bytes, p: int) -> tuple[bytes, int]:
    n, p = wire.read_size(b, p)
    return b[p : p + n], p + n


def _read_string(b: bytes, p: int) -> tuple[str, int]:
    data, p = _read_bytes(b, p)
    return data.decode(), p


def _write_string(value: str) -> bytes:
    return wire.sized(value.encode())


def _write_bytes(value: bytes) -> bytes:
    return wire.sized(wire.bytes_of(value))


plain_DoubleValue: Plain[float] = _wrapper(
    0.0,
    9,
    _fixed("<d", 8),
    wire.pack_double,
    jv.double_to_json,
    jv.read_double,
)
plain_FloatValue: Plain[float] = _wrapper(
    0.0,
    13,
    _fixed("<f", 4),
    wire.pack_float,
    jv.float_to_json,
    jv.read_float,
)
plain_Int64Value: Plain[int] = _wrapper(
    0,
    8,
    _varint(wire.signed64),
    wire.int64,
    jv.int64_to_json,
    jv.read_int64,
)
plain_UInt64Value: Plain[int] = _wrapper(
    0,
    8,
    _varint(int),
    wire.uint64,
    jv.uint64_to_json,
    jv.read_uint64,
)
plain_Int32Value: Plain[int] = _wrapper(
    0,
    8,
    _varint(wire.signed32),
    wire.int32,
    jv.int32_to_json,
    jv.read_int32,
)
plain_UInt32Value: Plain[int] = _wrapper(
    0,
    8,
    _varint(wire.unsigned32),
    wire.uint32,
    jv.uint32_to_json,
    jv.read_uint32,
)
plain_BoolValue: Plain[bool] = _wrapper(
    False,
    8,
    _varint(bool),
    wire.boolean,
    jv.bool_to_json,
    jv.read_bool,
)
plain_StringValue: Plain[str] = _wrapper(
    "",
    10,
    _read_string,
    _write_string,
    jv.string_to_json,
    jv.read_string,
)
plain_BytesValue: Plain[bytes] = _wrapper(
    b"",
    10,
    _read_bytes,
    _write_bytes,
    jv.bytes_to_json,
    jv.read_bytes,
)

# -- JSON types ------------------------------------------------------------------------------------

UNSET: Any = object()
"""What a Value without content is decoded to by :func:`read_value`."""


def read_value(b: bytes, p: int, end: int, into: object, depth: int) -> Any:
    """The content of a Value; ``into`` is what it holds already, or UNSET."""
    if depth < 0:
        raise wire.too_deep()
    value = into
    while p < end:
        q = p
        tag, p = wire.read_tag(b, p)
        if tag == 17:
            (value,) = wire.unpack_double(b, p)
            p += 8
        elif tag in (26, 42, 50):
            n, p = wire.read_size(b, p)
            start, p = p, p + n
            if tag == 26:
                value = b[start:p].decode()
            elif tag == 42:
                held = value if isinstance(value, dict) else None
                value = _decode_struct(b, start, p, held, depth - 1)
            else:
                items = value if isinstance(value, list) else None
                value = _decode_list(b, start, p, items, depth - 1)
        elif tag == 8:
            _, p = wire.read_varint(b, p)
            value = None
        elif tag == 32:
            n, p = wire.read_varint(b, p)
            value = n != 0
        else:
            p = wire.skip_field(b, q, end, depth)
    if p != end:
        raise wire.truncated()
    return value


def _decode_value(
    b: bytes, p: int, end: int, into: JsonValue | None, depth: int
) -> JsonValue:
    value = read_value(b, p, end, UNSET if into is None else into, depth)
    return None if value is UNSET else cast("JsonValue", value)


def _decode_struct(
    b: bytes, p: int, end: int, into: dict[str, JsonValue] | None, depth: int
) -> dict[str, JsonValue]:
    if depth < 0:
        raise wire.too_deep()
    fields = {} if into is None else into
    while p < end:
        tag, q = wire.read_tag(b, p)
        if tag == 10:
            n, q = wire.read_size(b, q)
            p = q + n
            _decode_entry(b, q, p, fields, depth - 1)
        else:
            p = wire.skip_field(b, p, end, depth)
    if p != end:
        raise wire.truncated()
    return fields


def _decode_entry(
    b: bytes, p: int, end: int, into: dict[str, JsonValue], depth: int
) -> None:
    if depth < 0:
        raise wire.too_deep()
    key = ""
    known = True
    value: JsonValue = None
    while p < end:
        tag, q = wire.read_tag(b, p)
        if tag == 10:
            n, q = wire.read_size(b, q)
            key = b[q : (p := q + n)].decode()
        elif tag == 18:
            n, q = wire.read_size(b, q)
            value = _decode_value(b, q, (p := q + n), value, depth - 1)
        else:
            # As in any map, an entry with other fields counts as unknown.
            p = wire.skip_field(b, p, end, depth)
            known = False
    if p != end:
        raise wire.truncated()
    if known:
        into[key] = value


def _decode_list(
    b: bytes, p: int, end: int, into: list[JsonValue] | None, depth: int
) -> list[JsonValue]:
    if depth < 0:
        raise wire.too_deep()
    values = [] if into is None else into
    while p < end:
        tag, q = wire.read_tag(b, p)
        if tag == 10:
            n, q = wire.read_size(b, q)
            values.append(_decode_value(b, q, (p := q + n), None, depth - 1))
        else:
            p = wire.skip_field(b, p, end, depth)
    if p != end:
        raise wire.truncated()
    return values


def _encode_value(value: JsonValue) -> bytes:
    if value is None or isinstance(value, NullValue):
        return b"\x08\x00"
    if value is True:
        return b"\x20\x01"
    if value is False:
        return b"\x20\x00"
    if isinstance(value, str):
        return b"\x1a" + wire.sized(value.encode())
    if isinstance(value, (float, int)):
        return b"\x11" + wire.pack_double(value)
    if isinstance(value, dict):
        return b"\x2a" + wire.sized(_encode_struct(value))
    return b"\x32" + wire.sized(_encode_list(value))


def _encode_struct(fields: dict[str, JsonValue]) -> bytes:
    entries = [
        b"\n" + wire.sized(key.encode()) + b"\x12" + wire.sized(_encode_value(value))
        for key, value in fields.items()
    ]
    return b"".join(b"\n" + wire.sized(entry) for entry in entries)


def _encode_list(values: list[JsonValue]) -> bytes:
    wire.check_list(values)
    return b"".join(b"\n" + wire.sized(_encode_value(value)) for value in values)


def _value_to_json(value: JsonValue) -> object:
    if value is None or isinstance(value, NullValue):
        return None
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, (float, int)):
        number = jv.double_to_json(value)
        if isinstance(number, str):
            raise ValueError(f"{number} has no JSON form in a Value")
        whole = float(number).is_integer() and abs(number) < 1e15
        return int(number) if whole and str(number) != "-0.0" else number
    return (
        _struct_to_json(value)
        if isinstance(value, dict)
        else jv.array(_value_to_json, value)
    )


def _struct_to_json(fields: dict[str, JsonValue]) -> dict[str, object]:
    return jv.mapping(jv.string_key, _value_to_json, fields)


def _list_to_json(values: list[JsonValue]) -> list[object]:
    return jv.array(_value_to_json, values)


def _value_from_json(value: object, depth: int, lax: bool) -> JsonValue:
    if depth < 0:
        raise wire.too_deep()
    if isinstance(value, str):
        return jv.string_from_json(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return jv.double_from_json(value)
    if isinstance(value, dict):
        return _struct_from_json(value, depth - 1, lax)
    if isinstance(value, list):
        return _list_from_json(value, depth - 1, lax)
    raise DecodeError(f"{type(value).__name__} is not JSON")


def _struct_from_json(value: object, depth: int, lax: bool) -> dict[str, JsonValue]:
    if depth < 0:
        raise wire.too_deep()
    fields: dict[str, JsonValue] = {}
    jv.read_mapping(value, jv.string_from_key, _value_from_json, fields, depth, lax)
    return fields


def _list_from_json(value: object, depth: int, lax: bool) -> list[JsonValue]:
    if depth < 0:
        raise wire.too_deep()
    values: list[JsonValue] = []
    jv.read_array(value, _value_from_json, values, depth, lax)
    return values


def null_kept(value: JsonValue) -> JsonValue:
    """For a field of type Value, in which None is unset: JSON's null is the enum's NULL_VALUE."""
    return NullValue.NULL_VALUE if value is None else value


def _no_value() -> JsonValue:
    return None


plain_Value: Plain[JsonValue] = Plain(
    _decode_value, _encode_value, _value_to_json, _value_from_json, _no_value
)
plain_Struct: Plain[dict[str, JsonValue]] = Plain(
    _decode_struct, _encode_struct, _struct_to_json, _struct_from_json, dict
)
plain_ListValue: Plain[list[JsonValue]] = Plain(
    _decode_list, _encode_list, _list_to_json, _list_from_json, list
)
