"""Wire bytes to text format."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .errors import DecodeError, EncodeError
from .fields import WIRE_TYPES
from .registry import find_message
from .text_fields import TextField, TextFields, extension_by_number, text_fields
from .wire import (
    MAX_DEPTH,
    group_end,
    read_varint,
    signed32,
    signed64,
    skip_field,
    zigzag32,
    zigzag64,
)

if TYPE_CHECKING:
    from .message import Message

_ANY = "google.protobuf.Any"
_CODES = {
    "double": "<d",
    "fixed64": "<Q",
    "sfixed64": "<q",
    "float": "<f",
    "fixed32": "<I",
    "sfixed32": "<i",
}
_SPECIAL = re.compile(r"[\x00-\x1f\x7f\"\\]")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}

Raw = tuple[int, int, Any]
"""A field on the wire: number, wire type and value.

The value is a number for varints, else the bytes of the content.
"""


class Printer:
    """Prints messages under one set of options."""

    def __init__(self, single_line: bool, print_unknown_fields: bool) -> None:
        self._single_line = single_line
        self._print_unknown = print_unknown_fields
        self._lines: list[str] = []

    def print(self, message: Message) -> str:
        """The message as text; lines end in newlines, a single line does not."""
        self._lines = []
        cls = type(message)
        data = message.to_bytes()
        try:
            self._message(text_fields(cls), data, 0)
        except RecursionError:
            raise EncodeError(
                "messages nested too deep", message_name=cls._full_name
            ) from None
        if self._single_line:
            return " ".join(self._lines)
        return "".join(f"{line}\n" for line in self._lines)

    def _line(self, level: int, text: str) -> None:
        self._lines.append(text if self._single_line else "  " * level + text)

    def _block(self, name: str, fields: TextFields, data: bytes, level: int) -> None:
        self._line(level, f"{name} {{")
        self._message(fields, data, level + 1)
        self._line(level, "}")

    def _message(self, fields: TextFields, data: bytes, level: int) -> None:
        owner = fields.full_name
        # An Any in an Any, and so on, is bytes for its decoder, whose limit of depth does not count there.
        if owner == _ANY and level < MAX_DEPTH and self._expanded_any(data, level):
            return
        unknown: list[Raw] = []
        for raw in read_fields(data):
            number, wire_type, value = raw
            if fields.message_set and number == 1 and wire_type == 3:
                if not self._message_set_item(owner, value, level):
                    unknown.append(raw)
                continue
            field = fields.by_number.get(number) or extension_by_number(owner, number)
            if field is None or not self._known(field, wire_type, value, level):
                unknown.append(raw)
        if self._print_unknown:
            for raw in unknown:
                self._unknown(raw, level)

    def _known(self, field: TextField, wire_type: int, value: Any, level: int) -> bool:
        """Print a field of the message; whether its value is one of its type."""
        expected = WIRE_TYPES.get(field.kind, 0)
        if wire_type == 2 and field.repeated and expected not in (2, 3):
            for item in unpack(field.kind, value):
                self._scalar(field, item, level)
            return True
        if wire_type != expected:
            return False
        if field.kind not in ("message", "group"):
            return self._scalar(field, value, level)
        self._block(field.name, field.content(), value, level)
        return True

    def _scalar(self, field: TextField, value: Any, level: int) -> bool:
        text = scalar_text(field, value)
        if text is None:
            return False
        self._line(level, f"{field.name}: {text}")
        return True

    def _expanded_any(self, data: bytes, level: int) -> bool:
        """Print an Any by the message that it holds; False where its class is not known."""
        url, content = b"", b""
        for number, wire_type, value in read_fields(data):
            if wire_type != 2 or number not in (1, 2):
                return False
            if number == 1:
                url = value
            else:
                content = value
        prefix, slash, name = url.decode("utf-8", "replace").rpartition("/")
        cls = find_message(name) if slash else None
        if cls is None:
            return False
        try:
            # What the class cannot read is better shown as it is.
            cls.from_bytes(content)
        except DecodeError:
            return False
        self._block(f"[{prefix}/{name}]", text_fields(cls), content, level)
        return True

    def _message_set_item(self, name: str, data: bytes, level: int) -> bool:
        number, content = 0, b""
        for item, wire_type, value in read_fields(data):
            if item == 2 and wire_type == 0:
                number = value
            elif item == 3 and wire_type == 2:
                content += value
        field = extension_by_number(name, number)
        if field is None or field.kind != "message":
            return False
        self._block(field.name, field.content(), content, level)
        return True

    def _unknown(self, raw: Raw, level: int) -> None:
        """Print a field by its number, with what can be told of its value."""
        number, wire_type, value = raw
        if wire_type == 0:
            self._line(level, f"{number}: {value}")
        elif wire_type == 5:
            self._line(level, f"{number}: 0x{int.from_bytes(value, 'little'):08x}")
        elif wire_type == 1:
            self._line(level, f"{number}: 0x{int.from_bytes(value, 'little'):016x}")
        elif wire_type == 3 or (value and level < MAX_DEPTH and _is_message(value)):
            self._line(level, f"{number} {{")
            for inner in read_fields(value):
                self._unknown(inner, level + 1)
            self._line(level, "}")
        else:
            self._line(level, f"{number}: {bytes_text(value)}")


def read_fields(data: bytes) -> Iterator[Raw]:
    """The fields of wire bytes, one level deep."""
    p, end = 0, len(data)
    while p < end:
        q = skip_field(data, p, end, MAX_DEPTH)
        tag, start = read_varint(data, p)
        value: Any
        match tag & 7:
            case 0:
                value, _ = read_varint(data, start)
            case 2:
                _, start = read_varint(data, start)
                value = data[start:q]
            case 3:
                stop, _ = group_end(data, start, end, tag >> 3, MAX_DEPTH)
                value = data[start:stop]
            case _:
                value = data[start:q]
        yield tag >> 3, tag & 7, value
        p = q


def unpack(kind: str, data: bytes) -> Iterator[Any]:
    """The values of a packed field, each as on the wire."""
    width = {1: 8, 5: 4}.get(WIRE_TYPES.get(kind, 0))
    p = 0
    while p < len(data):
        if width:
            yield data[p : p + width]
            p += width
        else:
            value, p = read_varint(data, p)
            yield value


def _is_message(data: bytes) -> bool:
    try:
        return all(True for _ in read_fields(data))
    except (DecodeError, IndexError):
        return False


def scalar_text(field: TextField, value: Any) -> str | None:
    """A value as text, or None where a closed enum has no such value."""
    kind = field.kind
    if kind == "string":
        return string_text(value)
    if kind == "bytes":
        return bytes_text(value)
    if kind in _CODES:
        (number,) = struct.unpack(_CODES[kind], value)
        if kind == "double":
            return float_text(number, repr(number))
        return float_text(number, _short(number)) if kind == "float" else str(number)
    if kind == "bool":
        return "true" if value else "false"
    if kind == "enum":
        number = signed32(value)
        name: str | None = field.type.proto_names.get(number)
        return name or (None if field.type.closed else str(number))
    convert = _CONVERT.get(kind)
    return str(convert(value) if convert else value)


_CONVERT = {
    "int32": signed32,
    "int64": signed64,
    "sint32": zigzag32,
    "sint64": zigzag64,
    "uint32": (0xFFFFFFFF).__and__,
}


def float_text(value: float, digits: str) -> str:
    """A float as text: its digits, or what stands for no number."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return digits.removesuffix(".0")


def _short(value: float) -> str:
    """The shortest digits that give the same 32-bit float."""
    if math.isfinite(value):
        wanted = struct.pack("<f", value)
        for precision in range(6, 9):
            digits = f"{value:.{precision}g}"
            try:
                if struct.pack("<f", float(digits)) == wanted:
                    return repr(float(digits))
            except OverflowError:
                continue
        return repr(float(f"{value:.9g}"))
    return ""


def string_text(value: bytes) -> str:
    """The bytes of a string as a literal; text beyond ASCII stays as it is."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return bytes_text(value)
    return f'"{_SPECIAL.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPES.get(character) or f"\\{ord(character):03o}"


def bytes_text(value: bytes) -> str:
    """Bytes as a literal, in ASCII."""
    text = _SPECIAL.sub(_escape, value.decode("latin-1"))
    return '"' + re.sub(r"[\x80-\xff]", _escape, text) + '"'
