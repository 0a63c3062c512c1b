"""Codecs of extensions, by their field's description: wire format, JSON, and the MessageSet format of old."""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from . import wire
from .errors import MAX_REASON, DecodeError, clipped
from .extensions import AnyExtension, ExtensionCodec
from .fields import Field
from .message import Message, codec_of
from .registry import find_extension, find_extension_by_number
from .walk import WRITERS, field_faults, plain_codec, value_faults
from .walk_json import field_to_json

_VARINTS: dict[str, Callable[[int], Any]] = {
    "int32": wire.signed32,
    "int64": wire.signed64,
    "uint32": wire.unsigned32,
    "uint64": int,
    "sint32": wire.zigzag32,
    "sint64": wire.zigzag64,
    "bool": bool,
}
_FIXED = {
    "double": "<d",
    "float": "<f",
    "fixed32": "<I",
    "fixed64": "<Q",
    "sfixed32": "<i",
    "sfixed64": "<q",
}


def extension_codec(field: Field) -> ExtensionCodec[Any]:
    """The codec of an extension.

    Args:
        field: its description.
    """

    def decode(data: bytes) -> Any:
        try:
            return _decode(field, data, wire.MAX_DEPTH)
        except (IndexError, struct.error, UnicodeDecodeError) as error:
            raise DecodeError(f"malformed value of extension {field.name}") from error

    def encode(value: Any) -> bytes:
        try:
            return _encode(field, value)
        except (
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            struct.error,
        ) as error:
            faults = field_faults if field.label == "repeated" else value_faults
            fault = next(faults(field, value, field.name), None)
            reason = (
                f"{fault.path}: {fault.reason}"
                if fault
                else f"{field.name}: {error or 'no value of its type'}"
            )
            kind = ValueError if isinstance(error, ValueError) else TypeError
            raise kind(clipped(reason, MAX_REASON)) from None

    def to_json(value: Any, defaults: bool, names: bool) -> Any:
        return field_to_json(field, value, defaults, names)

    def from_json(value: object, depth: int, lax: bool) -> Any:
        return _from_json(field, value, depth, lax)

    return ExtensionCodec(decode, encode, to_json, from_json, field)


# -- wire format -----------------------------------------------------------------------------------


def checked(message_name: str, data: bytes, depth: int) -> bytes:
    """Unknown fields of a message as they are, when those that are known extensions decode.

    Args:
        message_name: full name of the message.
        data: its unknown fields.
        depth: how deeply the values may be nested.

    Raises:
        DecodeError: one of them does not.
    """
    found: dict[int, list[bytes]] = {}
    p, end = 0, len(data)
    while p < end:
        q = p
        tag, _ = wire.read_tag(data, p)
        p = wire.skip_field(data, p, end, depth)
        found.setdefault(tag >> 3, []).append(data[q:p])
    for number, parts in found.items():
        extension = find_extension_by_number(message_name, number)
        if extension is not None:
            _decode(extension.codec.field, b"".join(parts), depth)
    return data


def _decode(field: Field, data: bytes, depth: int) -> Any:
    values: list[Any] = []
    into: Any = None
    p, end = 0, len(data)
    while p < end:
        tag, q = wire.read_tag(data, p)
        p = wire.skip_field(data, p, end, depth)
        wire_type = tag & 7
        if wire_type == 2:
            _, q = wire.read_varint(data, q)
        if wire_type == field.wire_type:
            stop = (
                p
                if wire_type != 3
                else wire.group_end(data, q, p, field.number, depth)[0]
            )
            found = _single(field, data, q, stop, into, depth - 1)
            if found is not None:
                values.append(found)
                into = None if field.label == "repeated" else found
        elif wire_type == 2 and field.label == "repeated":
            values.extend(_packed(field, data, q, p))
    if field.label == "repeated":
        return values
    return values[-1] if values else None


def _single(
    field: Field, data: bytes, start: int, end: int, into: Any, depth: int
) -> Any:
    kind = field.kind
    if kind in ("message", "group"):
        codec = plain_codec(field.type) if field.plain else codec_of(field.type)
        return codec.decode(data, start, end, into, depth)
    if kind == "string":
        return data[start:end].decode(
            "utf-8", "strict" if field.utf8 else "surrogateescape"
        )
    if kind == "bytes":
        return data[start:end]
    if kind in _FIXED:
        return struct.unpack_from(_FIXED[kind], data, start)[0]
    n, _ = wire.read_varint(data, start)
    return field.type.find(n) if kind == "enum" else _VARINTS[kind](n)


def _packed(field: Field, data: bytes, p: int, end: int) -> list[Any]:
    values: list[Any] = []
    if field.kind in _FIXED:
        wire.read_packed_fixed(data, p, end, values, _FIXED[field.kind][1])
    else:
        convert = field.type.find if field.kind == "enum" else _VARINTS.get(field.kind)
        if convert is None:
            return []
        wire.read_packed(data, p, end, values, convert)
    return [value for value in values if value is not None]


def _encode(field: Field, value: Any) -> bytes:
    if field.label != "repeated":
        return _tagged(field, value)
    wire.check_list(value)
    if not field.packed:
        return b"".join(_tagged(field, item) for item in value)
    content = b"".join(_content(field, item) for item in value)
    return (
        wire.prefix(field.number << 3 | 2, len(content)) + content if content else b""
    )


def _tagged(field: Field, value: Any) -> bytes:
    content = _content(field, value)
    tag = field.number << 3 | field.wire_type
    if field.wire_type == 2:
        return wire.prefix(tag, len(content)) + content
    end = wire.varint(tag + 1) if field.wire_type == 3 else b""
    return wire.varint(tag) + content + end


def _content(field: Field, value: Any) -> bytes:
    found: Any
    if field.kind in ("message", "group"):
        codec = plain_codec(field.type) if field.plain else codec_of(field.type)
        found = codec.encode(value)
    elif field.kind == "string":
        if not isinstance(value, str):
            raise TypeError
        found = value.encode("utf-8", "strict" if field.utf8 else "surrogateescape")
    else:
        closed = field.kind == "enum" and field.type.closed
        found = (field.type.encode if closed else WRITERS[field.kind][1])(value)
    return bytes(found)


# -- JSON ------------------------------------------------------------------------------------------


def extensions_to_json(
    m: Message, into: dict[str, object], defaults: bool = False, names: bool = False
) -> None:
    """The known extensions of a message, each under its full name in brackets; arguments as for its fields."""
    for number in dict.fromkeys(field_numbers(m._unknown)):
        extension = find_extension_by_number(m._full_name, number)
        if extension is None:
            continue
        value = _value_of(extension, m)
        to_json = extension.codec.to_json
        if value is not None and to_json is not None:
            into[f"[{extension.full_name}]"] = to_json(value, defaults, names)


def _value_of(extension: AnyExtension[Any, Any], m: Message) -> Any:
    found: Any = extension
    return found.get(m)


def take_extensions(m: Message, value: object, depth: int, lax: bool) -> object:
    """Set the extensions that a JSON object names in brackets; the object without them."""
    if not isinstance(value, dict):
        return value
    names = [name for name in value if isinstance(name, str) and name.startswith("[")]
    if not names:
        return value
    for name in names:
        extension = find_extension(name[1:-1]) if name.endswith("]") else None
        if extension is None or extension.extendee != m._full_name:
            if lax:
                continue
            raise DecodeError(f"no extension of {m._full_name} is called {name[:80]!r}")
        if value[name] is None:
            continue
        read = extension.codec.from_json
        assert read is not None
        found = read(value[name], depth - 1, lax)
        if found is None:
            continue
        try:
            extension.set(m, found)
        except ValueError as error:
            # JSON without a required field is read, but has no wire form.
            raise DecodeError(str(error)) from None
    return {name: item for name, item in value.items() if name not in names}


def _from_json(field: Field, value: object, depth: int, lax: bool) -> Any:
    read = _json_reader(field)
    from .json_values import UnknownName, read_array

    if field.label != "repeated":
        try:
            return read(value, depth, lax)
        except UnknownName:
            if lax:
                return None
            raise

    values: list[Any] = []
    read_array(value, read, values, depth, lax)
    return values


def _json_reader(field: Field) -> Callable[[object, int, bool], Any]:
    from . import json_values
    from .walk_json import SUFFIXES

    found: Any
    if field.kind in ("message", "group"):
        found = (
            plain_codec(field.type) if field.plain else codec_of(field.type)
        ).from_json
    elif field.kind == "enum":
        found = field.type.read_json
    else:
        found = getattr(json_values, f"read_{SUFFIXES.get(field.kind, field.kind)}")
    reader: Callable[[object, int, bool], Any] = found
    return reader


# -- MessageSet ------------------------------------------------------------------------------------


def field_numbers(data: bytes) -> list[int]:
    """Numbers of the fields in a message's unknown bytes."""
    found: list[int] = []
    p, end = 0, len(data)
    while p < end:
        tag, _ = wire.read_tag(data, p)
        p = wire.skip_field(data, p, end, wire.MAX_DEPTH)
        found.append(tag >> 3)
    return found


def read_message_set(b: bytes, p: int, end: int, depth: int) -> bytes:
    """The items of a MessageSet as ordinary fields, numbered by their types, as extensions are kept."""
    if depth < 0:
        raise wire.too_deep()
    kept: list[bytes] = []
    while p < end:
        q = p
        tag, start = wire.read_tag(b, p)
        if tag == 1 << 3 | 3:
            stop, p = wire.group_end(b, start, end, 1, depth)
            kept.append(_read_item(b, start, stop, depth))
        else:
            p = wire.skip_field(b, q, end, depth)
            kept.append(b[q:p])
    if p != end:
        raise wire.truncated()
    return b"".join(kept)


def _read_item(b: bytes, p: int, end: int, depth: int) -> bytes:
    type_id: int | None = None
    content: bytes | None = None
    while p < end:
        tag, start = wire.read_tag(b, p)
        p = wire.skip_field(b, p, end, depth)
        if tag == 2 << 3 and type_id is None:
            type_id, _ = wire.read_varint(b, start)
        elif tag == 3 << 3 | 2 and content is None:
            _, start = wire.read_varint(b, start)
            content = b[start:p]
    if type_id is None or content is None or not 0 < type_id < 1 << 29:
        return b""
    return wire.prefix(type_id << 3 | 2, len(content)) + content


def write_message_set(data: bytes) -> bytes:
    """The opposite of :func:`read_message_set`."""
    parts: list[bytes] = []
    p, end = 0, len(data)
    while p < end:
        q = p
        tag, start = wire.read_tag(data, p)
        p = wire.skip_field(data, p, end, wire.MAX_DEPTH)
        if tag & 7 == 2:
            parts += (
                b"\x0b\x10",
                wire.varint(tag >> 3),
                b"\x1a",
                data[start:p],
                b"\x0c",
            )
        else:
            parts.append(data[q:p])
    return b"".join(parts)
