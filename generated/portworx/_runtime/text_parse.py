"""Text format to wire bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .registry import find_message
from .text_fields import TextField, TextFields, extension_by_name, text_fields
from .text_scan import Scanner
from .wire import MAX_DEPTH, sized, varint

if TYPE_CHECKING:
    from .message import Message

_ANY = "google.protobuf.Any"
_CLOSING = {"{": "}", "<": ">"}
_UNSIGNED = {"uint32": 32, "fixed32": 32, "uint64": 64, "fixed64": 64}
_SIGNED = {
    "int32": 32,
    "sint32": 32,
    "sfixed32": 32,
    "int64": 64,
    "sint64": 64,
    "sfixed64": 64,
}
_FIXED = {
    "fixed32": (5, "<I"),
    "sfixed32": (5, "<i"),
    "fixed64": (1, "<Q"),
    "sfixed64": (1, "<q"),
}
_BOOLS = {"true": 1, "True": 1, "t": 1, "false": 0, "False": 0, "f": 0}


class Parser:
    """Parses one text."""

    def __init__(self, text: str) -> None:
        self._scanner = Scanner(text)

    def parse(self, cls: type[Message]) -> bytes:
        """The wire bytes of the message of a class that the whole text describes.

        Raises:
            DecodeError: the text does not parse, or does not fit the class.
        """
        return self._message(text_fields(cls), "", MAX_DEPTH)

    def _message(self, fields: TextFields, closing: str, depth: int) -> bytes:
        """All fields up to a closing symbol, or to the end of the text."""
        scanner = self._scanner
        if depth < 0:
            raise scanner.error(f"messages nested more than {MAX_DEPTH} deep")
        out: list[bytes] = []
        seen: dict[str, str] = {}
        while not (scanner.at(closing) if closing else scanner.kind == "end"):
            if scanner.at("["):
                self._bracketed(fields, seen, out, depth)
            else:
                self._field(fields, seen, out, depth)
            if not scanner.take(","):
                scanner.take(";")
        return b"".join(out)

    def _field(
        self,
        fields: TextFields,
        seen: dict[str, str],
        out: list[bytes],
        depth: int,
    ) -> None:
        scanner = self._scanner
        at = scanner.position
        name = scanner.name("a field name")
        field = fields.by_name.get(name)
        if field is not None:
            self._values(field, fields, seen, out, depth, at)
        elif name in fields.reserved:
            self._skip(depth)
        else:
            raise scanner.error(f"{fields.full_name} has no field {name!r}", at)

    def _bracketed(
        self,
        fields: TextFields,
        seen: dict[str, str],
        out: list[bytes],
        depth: int,
    ) -> None:
        """An extension, or the expanded content of an Any."""
        scanner = self._scanner
        at = scanner.position
        prefix, name = scanner.bracketed()
        if prefix:
            if fields.full_name != _ANY:
                raise scanner.error("only an Any holds a type in brackets", at)
            if seen:
                raise scanner.error("an Any holds one message and nothing else", at)
            seen["type_url"] = seen["value"] = ""
            out.append(self._any_content(prefix, name, at, depth))
            return
        field = extension_by_name(fields.full_name, name)
        if field is None:
            raise scanner.error(
                f"{fields.full_name} has no extension {name!r} that is known", at
            )
        self._values(field, fields, seen, out, depth, at)

    def _any_content(self, prefix: str, name: str, at: int, depth: int) -> bytes:
        scanner = self._scanner
        cls = find_message(name)
        if cls is None:
            raise scanner.error(f"no message class {name!r} has been imported", at)
        scanner.take(":")
        value = self._braced(text_fields(cls), depth)
        return b"\n" + sized((prefix + name).encode()) + b"\x12" + sized(value)

    def _values(
        self,
        field: TextField,
        fields: TextFields,
        seen: dict[str, str],
        out: list[bytes],
        depth: int,
        at: int,
    ) -> None:
        """What follows the name of a field: one value, or a list of them."""
        scanner = self._scanner
        if not field.repeated:
            key = field.oneof and f"oneof {field.oneof}"
            if field.name in seen:
                raise scanner.error(f"field {field.name!r} appears twice", at)
            if key in seen:
                other = seen[key]
                raise scanner.error(
                    f"fields {other!r} and {field.name!r} are of the same {key}", at
                )
            seen[field.name] = field.name
            if key:
                seen[key] = field.name
        if not scanner.take(":") and field.kind not in ("message", "group"):
            scanner.unexpected("':'")
        if field.repeated and scanner.take("["):
            if scanner.take("]"):
                return
            while True:
                out.append(self._value(field, fields, depth))
                if scanner.take("]"):
                    return
                scanner.expect(",")
        out.append(self._value(field, fields, depth))

    def _value(self, field: TextField, fields: TextFields, depth: int) -> bytes:
        """One value with its tag."""
        number, kind = field.number, field.kind
        if kind in ("message", "group"):
            content = self._braced(field.content(), depth)
            if kind == "group":
                return varint(number << 3 | 3) + content + varint(number << 3 | 4)
            if fields.message_set:
                return b"\x0b\x10" + varint(number) + b"\x1a" + sized(content) + b"\x0c"
            return varint(number << 3 | 2) + sized(content)
        if kind in ("string", "bytes"):
            return varint(number << 3 | 2) + sized(self._string(field))
        if kind in ("float", "double"):
            return self._float(number, kind)
        scanner = self._scanner
        at = scanner.position
        value = self._enum(field) if kind == "enum" else self._integer(kind)
        bits = _SIGNED.get(kind) or _UNSIGNED.get(kind) or 32
        if kind in _UNSIGNED:
            if not 0 <= value < 1 << bits:
                raise scanner.error(f"{value} is out of range for {kind}", at)
        elif not -1 << bits - 1 <= value < 1 << bits - 1:
            raise scanner.error(f"{value} is out of range for {kind}", at)
        if kind in _FIXED:
            wire_type, code = _FIXED[kind]
            return varint(number << 3 | wire_type) + struct.pack(code, value)
        if kind in ("sint32", "sint64"):
            value = value << 1 ^ value >> bits - 1
        return varint(number << 3) + varint(value & 0xFFFFFFFFFFFFFFFF)

    def _braced(self, fields: TextFields, depth: int) -> bytes:
        scanner = self._scanner
        closing = _CLOSING.get(scanner.token) if scanner.kind == "symbol" else None
        if closing is None:
            scanner.unexpected("'{'")
        scanner.advance()
        content = self._message(fields, closing, depth - 1)
        scanner.expect(closing)
        return content

    def _string(self, field: TextField) -> bytes:
        scanner = self._scanner
        at = scanner.position
        value = scanner.string()
        if field.kind == "string" and field.utf8:
            try:
                value.decode()
            except UnicodeDecodeError:
                raise scanner.error("a string that is not UTF-8", at) from None
        return value

    def _float(self, number: int, kind: str) -> bytes:
        value = self._scanner.number()
        if kind == "double":
            return varint(number << 3 | 1) + struct.pack("<d", value)
        try:
            data = struct.pack("<f", value)
        except OverflowError:
            data = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
        return varint(number << 3 | 5) + data

    def _integer(self, kind: str) -> int:
        scanner = self._scanner
        if kind != "bool":
            return scanner.integer()
        if scanner.kind == "name":
            if scanner.token not in _BOOLS:
                scanner.unexpected("true or false")
            return _BOOLS[scanner.name("true or false")]
        at = scanner.position
        value = scanner.integer()
        if value not in (0, 1):
            raise scanner.error(f"{value} is no bool", at)
        return value

    def _enum(self, field: TextField) -> int:
        scanner = self._scanner
        table = field.type
        at = scanner.position
        if scanner.kind == "name":
            name = scanner.name("a value")
            member = table.members.get(name)
            if member is None:
                raise scanner.error(
                    f"{name!r} is no value of enum {table.enum.__qualname__}", at
                )
            return int(member)
        value = scanner.integer()
        if table.closed and value not in table.names:
            raise scanner.error(
                f"{value} is no value of enum {table.enum.__qualname__}", at
            )
        return value

    # -- values of reserved fields ---------------------------------------------------------------

    def _skip(self, depth: int) -> None:
        """Pass over the value of a field whose type is not known."""
        scanner = self._scanner
        colon = scanner.take(":")
        if not scanner.take("["):
            self._skip_value(depth, colon)
        elif not scanner.take("]"):
            while True:
                self._skip_value(depth, colon)
                if scanner.take("]"):
                    break
                scanner.expect(",")

    def _skip_value(self, depth: int, scalar: bool) -> None:
        scanner = self._scanner
        if scanner.at("{") or scanner.at("<"):
            self._skip_message(depth - 1)
        elif not scalar:
            scanner.unexpected("':' or '{'")
        elif scanner.kind == "string":
            scanner.string()
        else:
            scanner.take("-")
            if scanner.kind not in ("name", "int", "float"):
                scanner.unexpected("a value")
            scanner.advance()

    def _skip_message(self, depth: int) -> None:
        scanner = self._scanner
        if depth < 0:
            raise scanner.error(f"messages nested more than {MAX_DEPTH} deep")
        closing = _CLOSING[scanner.token]
        scanner.advance()
        while not scanner.take(closing):
            if scanner.at("["):
                scanner.bracketed()
            else:
                scanner.name("a field name")
            self._skip(depth)
            if not scanner.take(","):
                scanner.take(";")
