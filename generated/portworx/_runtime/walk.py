"""Where the fault is, when a generated codec has refused a message or its bytes: slow, by the tables of fields."""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from . import wire
from .errors import DecodeError, EncodeError
from .fields import Field
from .message import Codec, Member, Message, codec_of


class Fault(NamedTuple):
    """A field's path and what is wrong with its value."""

    path: str
    reason: str


WRITERS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "double": ("a float", wire.pack_double),
    "float": ("a float", wire.pack_float),
    "int32": ("an int of 32 bits", wire.int32),
    "int64": ("an int of 64 bits", wire.int64),
    "uint32": ("an int from 0 to 2**32 - 1", wire.uint32),
    "uint64": ("an int from 0 to 2**64 - 1", wire.uint64),
    "sint32": ("an int of 32 bits", wire.sint32),
    "sint64": ("an int of 64 bits", wire.sint64),
    "fixed32": ("an int from 0 to 2**32 - 1", wire.pack_fixed32),
    "fixed64": ("an int from 0 to 2**64 - 1", wire.pack_fixed64),
    "sfixed32": ("an int of 32 bits", wire.pack_sfixed32),
    "sfixed64": ("an int of 64 bits", wire.pack_sfixed64),
    "bool": ("a bool", wire.boolean),
    "bytes": ("bytes", wire.bytes_of),
    "enum": ("a number of an enum", wire.int32),
}
"""What a kind takes, and the function that refuses anything else."""

NOT_SHOWN = (
    "a value that the field does not take; it is not shown, as debug_redact asks"
)
"""What a fault in a field says that is redacted; its path has no keys then."""

_WRONG = (TypeError, ValueError, OverflowError, AttributeError, struct.error)


# -- messages that do not encode -------------------------------------------------------------------


def explain_encode(message: Message, error: Exception) -> EncodeError:
    """The error of a message that has no wire or JSON form, with the path of the field at fault."""
    name = getattr(message, "_full_name", type(message).__name__)
    if isinstance(error, RecursionError):
        return EncodeError(
            "messages nested too deep, or in a circle", message_name=name
        )
    fault = find_fault(message)
    if fault is not None:
        return EncodeError(fault.reason, path=fault.path, message_name=name)
    return EncodeError(str(error) or type(error).__name__, message_name=name)


def find_fault(message: Message) -> Fault | None:
    """The first field whose value its type does not hold, or which is required and missing."""
    return next(_faults(message, ""), None)


def _faults(message: Message, path: str) -> Iterator[Fault]:
    by_attribute: dict[str, list[Field]] = {}
    for field in codec_of(type(message)).fields():
        by_attribute.setdefault(field.attribute, []).append(field)
    for attribute, fields in by_attribute.items():
        here = f"{path}.{attribute}" if path else attribute
        value = getattr(message, attribute, None)
        if fields[0].member is not None:
            found = _oneof_faults(fields, value, here)
        elif len(fields) == 1:
            found = field_faults(fields[0], value, here)
        else:
            continue
        secret = any(is_redacted(type(message), field) for field in fields)
        for fault in found:
            yield Fault(here, NOT_SHOWN) if secret else fault


def is_redacted(owner: type[Message], field: Field) -> bool:
    """Whether no text may show the value of a field: it has the option ``debug_redact``."""
    if field.member is not None:
        return bool(field.member._redacted)
    return field.attribute in owner._redacted


def _oneof_faults(fields: list[Field], value: Any, path: str) -> Iterator[Fault]:
    if value is None:
        return
    for field in fields:
        if isinstance(value, field.member):
            yield from value_faults(field, value.value, f"{path}.{field.name}")
            return
    names = ", ".join(field.member.__qualname__ for field in fields)
    yield Fault(path, f"expected one of {names} or None, got {_shown(value)}")


def field_faults(field: Field, value: Any, path: str) -> Iterator[Fault]:
    """What is wrong with the value of a field, or of an extension."""
    if field.label == "map":
        if not isinstance(value, dict):
            yield Fault(path, f"expected a dict, got {_shown(value)}")
            return
        assert field.key is not None
        key_field = Field(1, "key", field.key, "explicit", utf8=field.utf8)
        for key, item in value.items():
            for fault in value_faults(key_field, key, path):
                yield Fault(path, f"key: {fault.reason}")
            yield from value_faults(field, item, f"{path}[{key!r}]")
    elif field.label == "repeated":
        if not isinstance(value, (list, tuple)):
            yield Fault(path, f"expected a list, got {_shown(value)}")
            return
        for i, item in enumerate(value):
            yield from value_faults(field, item, f"{path}[{i}]")
    elif value is None and field.label == "required":
        yield Fault(path, "required field is not set")
    elif value is not None or field.label == "implicit":
        yield from value_faults(field, value, path)


def value_faults(field: Field, value: Any, path: str) -> Iterator[Fault]:
    """What is wrong with a single value of a field."""
    if field.kind in ("message", "group"):
        if field.plain:
            try:
                plain_codec(field.type).encode(value)
            except (*_WRONG, RecursionError):
                yield Fault(
                    path,
                    f"expected a value of {field.type._full_name}, got {_shown(value)}",
                )
        elif isinstance(value, field.type):
            yield from _faults(value, path)
        else:
            yield Fault(
                path, f"expected {field.type.__qualname__}, got {_shown(value)}"
            )
        return
    if field.kind == "string":
        if not isinstance(value, str):
            yield Fault(path, f"expected a str, got {_shown(value)}")
            return
        try:
            value.encode("utf-8", "strict" if field.utf8 else "surrogateescape")
        except UnicodeEncodeError:
            yield Fault(
                path,
                f"{value[:40]!r} has a lone surrogate, which UTF-8 does not encode",
            )
        return
    what, write = WRITERS[field.kind]
    if field.kind == "enum":
        what = f"a {field.type.enum.__qualname__}"
        write = field.type.encode if field.type.closed else write
    try:
        write(value)
    except _WRONG:
        yield Fault(path, f"expected {what}, got {_shown(value)}")


def plain_codec(cls: type[Message]) -> Any:
    """Functions for the plain values that fields of a wrapper or JSON type hold."""
    from . import wkt_plain

    return getattr(wkt_plain, f"plain_{cls.__name__}")


def _shown(value: object) -> str:
    if isinstance(value, (Message, Member)):
        return f"a {type(value).__qualname__}"
    text = repr(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return text if value is None else f"{text} ({type(value).__name__})"


# -- bytes that do not decode ----------------------------------------------------------------------


def explain_decode(cls: type[Message], data: bytes, error: Exception) -> DecodeError:
    """The error of bytes that are no message, with the offset and the field at fault."""
    try:
        _scan(cls, data, 0, len(data), "", wire.MAX_DEPTH, {})
    except _Found as found:
        return DecodeError(
            found.reason,
            path=found.path,
            message_name=cls._full_name,
            offset=found.offset,
        )
    except RecursionError:
        pass
    reason = error.reason if isinstance(error, DecodeError) else "malformed"
    return DecodeError(reason, message_name=cls._full_name)


class _Found(Exception):
    def __init__(self, reason: str, path: str, offset: int) -> None:
        self.reason = reason
        self.path = path
        self.offset = offset


@lru_cache(maxsize=128)
def _by_number(codec: Codec[Any]) -> dict[int, Field]:
    return {field.number: field for field in codec.fields()}


def _scan(
    cls: type[Message],
    data: bytes,
    start: int,
    end: int,
    path: str,
    depth: int,
    ends: dict[int, tuple[int, int]],
) -> None:
    """Walk a message field by field; the first fault is raised. ``ends`` is as in :func:`.wire.group_end`."""
    if depth < 0:
        raise _Found(wire.too_deep().reason, path, start)
    fields = _by_number(codec_of(cls))
    p = start
    while p < end:
        q = p
        try:
            tag, p = wire.read_tag(data, p)
            field = fields.get(tag >> 3)
            name = (
                f"{path}.{field.name}"
                if field and path
                else field.name
                if field
                else path
            )
            p = wire.skip_field(data, q, end, depth, ends)
        except IndexError:
            raise _Found("truncated", path, len(data)) from None
        except DecodeError as error:
            raise _Found(error.reason, path, q) from None
        if field is not None:
            _scan_field(field, tag & 7, data, q, p, name, depth, ends)


def _scan_field(
    field: Field,
    wire_type: int,
    data: bytes,
    start: int,
    end: int,
    path: str,
    depth: int,
    ends: dict[int, tuple[int, int]],
) -> None:
    """Look into a field that is whole by itself."""
    _, p = wire.read_tag(data, start)
    if wire_type == 2:
        _, p = wire.read_varint(data, p)
        if field.key is not None:
            _scan_entry(field, data, p, end, path, depth - 1, ends)
        elif field.kind == "message":
            _scan(field.type, data, p, end, path, depth - 1, ends)
        elif field.kind == "string" and field.utf8:
            _scan_text(data, p, end, path)
        elif field.label == "repeated" and field.kind != "bytes":
            width = {1: 8, 5: 4}.get(field.wire_type)
            if width and (end - p) % width:
                raise _Found(f"packed values are not of {width} bytes each", path, p)
            while not width and p < end:
                q = p
                try:
                    _, p = wire.read_varint(data, q)
                except (IndexError, DecodeError):
                    raise _Found("malformed varint", path, q) from None
            if p > end:
                raise _Found("packed varint is truncated", path, end)
    elif wire_type == 3 and field.kind == "group":
        stop, _ = wire.group_end(data, p, end, field.number, depth, ends)
        _scan(field.type, data, p, stop, path, depth - 1, ends)


def _scan_entry(
    field: Field,
    data: bytes,
    start: int,
    end: int,
    path: str,
    depth: int,
    ends: dict[int, tuple[int, int]],
) -> None:
    if depth < 0:
        raise _Found(wire.too_deep().reason, path, start)
    assert field.key is not None
    key = Field(1, "key", field.key, "explicit", utf8=field.utf8)
    value = Field(2, "value", field.kind, "explicit", type=field.type, utf8=field.utf8)
    p = start
    while p < end:
        q = p
        try:
            tag, _ = wire.read_tag(data, p)
            p = wire.skip_field(data, p, end, depth, ends)
        except IndexError:
            raise _Found("truncated", path, len(data)) from None
        except DecodeError as error:
            raise _Found(error.reason, path, q) from None
        for part in (key, value):
            if tag >> 3 == part.number:
                _scan_field(
                    part, tag & 7, data, q, p, f"{path}.{part.name}", depth, ends
                )


def _scan_text(data: bytes, start: int, end: int, path: str) -> None:
    try:
        data[start:end].decode()
    except UnicodeDecodeError as error:
        raise _Found("invalid UTF-8", path, start + error.start) from None
