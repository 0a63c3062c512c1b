"""A table-driven protobuf codec for the small messages that the RPC layer itself exchanges.

Error details, health checks and reflection must not depend on packages of googleapis or grpc, and
not on a user's own generated copies of them either. They are off the hot path, so this codec is
short rather than fast, and knows only what those messages use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, fields
from typing import Any, ClassVar, Literal, Self

from ..errors import DecodeError
from ..fields import lower_camel_case

Kind = Literal[
    "string",
    "bytes",
    "int",
    "bool",
    "record",
    "strings",
    "bytes_list",
    "ints",
    "records",
    "map",
    "int?",
    "bool?",
    "string?",
]

# A kind with a question mark has presence: zero is written, None is not.
_DEFAULTS: dict[str, Any] = {
    "string": "",
    "bytes": b"",
    "int": 0,
    "bool": False,
    **dict.fromkeys(("record", "int?", "bool?", "string?")),
}


class RecordError(DecodeError):
    """Bytes that are not the message that they should be."""


def wire(number: int, kind: Kind, of: type[Record] | None = None) -> Any:
    """A dataclass field with its number and type on the wire."""
    metadata = {"wire": (number, kind, of)}
    if kind == "map":
        return field(default_factory=dict[str, str], metadata=metadata)
    return field(default=_DEFAULTS.get(kind, ()), metadata=metadata)


class Record:
    """Base of the hand-written messages; subclasses are frozen dataclasses with :func:`wire` fields."""

    _full_name: ClassVar[str] = ""
    """Full protobuf name: what a ``google.protobuf.Any`` calls the message."""

    def to_bytes(self) -> bytes:
        """The message in the protobuf wire format."""
        parts: list[bytes] = []
        for number, kind, _, name in _table(type(self)):
            value = getattr(self, name)
            if kind == "map":
                for key in sorted(value):
                    entry = _delimited(1, key.encode()) + _delimited(
                        2, value[key].encode()
                    )
                    parts.append(_delimited(number, entry))
            elif kind in ("strings", "bytes_list", "records"):
                parts.extend(_delimited(number, _payload(item)) for item in value)
            elif kind == "ints":
                parts.append(
                    _delimited(number, b"".join(map(_varint, value))) if value else b""
                )
            elif value is None or value == _DEFAULTS[kind]:
                continue
            elif kind.rstrip("?") in ("int", "bool"):
                parts.append(_varint(number << 3) + _varint(int(value)))
            else:
                parts.append(_delimited(number, _payload(value)))
        return b"".join(parts)

    def items(self) -> Iterator[tuple[str, str, Any]]:
        """JSON name, kind and value of each field that is not empty."""
        for _, kind, _, name in _table(type(self)):
            value = getattr(self, name)
            if value is not None and value != _DEFAULTS.get(kind, ()) and value != {}:
                yield lower_camel_case(name), kind, value

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a message in the protobuf wire format; unknown fields are passed over.

        Raises:
            RecordError: the bytes are truncated or malformed.
        """
        table = {number: (kind, of, name) for number, kind, of, name in _table(cls)}
        values: dict[str, Any] = {}
        try:
            for number, value in _scan(data):
                if number not in table:
                    continue
                kind, of, name = table[number]
                if kind == "map":
                    entry = dict(_scan(_bytes(value)))
                    values.setdefault(name, {})[_text(entry.get(1, b""))] = _text(
                        entry.get(2, b"")
                    )
                elif kind in ("strings", "bytes_list", "records"):
                    values[name] = (
                        *values.get(name, ()),
                        _read(kind.removesuffix("s"), of, value),
                    )
                elif kind == "ints":
                    read = _unpacked(value) if isinstance(value, bytes) else (value,)
                    values[name] = (*values.get(name, ()), *read)
                else:
                    values[name] = _read(kind, of, value)
        except (IndexError, UnicodeDecodeError) as error:
            raise RecordError("malformed bytes", message_name=cls.__name__) from error
        return cls(**values)


_TABLES: dict[type[Record], tuple[tuple[int, str, type[Record] | None, str], ...]] = {}


def _table(cls: type[Record]) -> tuple[tuple[int, str, type[Record] | None, str], ...]:
    found = _TABLES.get(cls)
    if found is None:
        declared: Any = cls
        found = _TABLES[cls] = tuple(
            (*f.metadata["wire"], f.name)
            for f in fields(declared)
            if "wire" in f.metadata
        )
    return found


def _payload(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else value.to_bytes()


def _read(kind: str, of: type[Record] | None, value: int | bytes) -> Any:
    if kind.startswith(("int", "bool")):
        if isinstance(value, bytes):
            raise IndexError
        return bool(value) if kind.startswith("bool") else value
    data = _bytes(value)
    if of is not None:
        return of.from_bytes(data)
    return data if kind.startswith("bytes") else _text(data)


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    raise IndexError


def _text(value: int | bytes) -> str:
    return _bytes(value).decode()


def _varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _delimited(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _unpacked(data: bytes) -> Iterator[int]:
    position = 0
    while position < len(data):
        value, position = _read_varint(data, position)
        yield value


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise IndexError
    value &= 0xFFFFFFFFFFFFFFFF
    return (value - (1 << 64) if value >> 63 else value), position


def _scan(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers with their varints or bytes; fixed-size values come as bytes."""
    position = 0
    while position < len(data):
        tag, position = _read_varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            value, position = _read_varint(data, position)
            yield number, value
            continue
        if wire_type == 2:
            size, position = _read_varint(data, position)
        elif wire_type in (1, 5):
            size = 8 if wire_type == 1 else 4
        else:
            raise IndexError
        if size < 0 or position + size > len(data):
            raise IndexError
        yield number, data[position : position + size]
        position += size
