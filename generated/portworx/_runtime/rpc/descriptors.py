"""An index of serialized FileDescriptorProtos: which file declares which symbol.

It reads what it needs of a descriptor itself, so that reflection needs no protobuf package, and
nothing enters a global pool where another copy of the same file would clash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .record import Record, wire


@dataclass(frozen=True)
class _Named(Record):
    """Any descriptor of which only the name matters."""

    name: str = wire(1, "string")


@dataclass(frozen=True)
class _Extension(Record):
    """A FieldDescriptorProto of an extension."""

    name: str = wire(1, "string")
    extendee: str = wire(2, "string")
    number: int = wire(3, "int")


@dataclass(frozen=True)
class _Enum(Record):
    """An EnumDescriptorProto."""

    name: str = wire(1, "string")
    values: tuple[_Named, ...] = wire(2, "records", _Named)


@dataclass(frozen=True)
class _Service(Record):
    """A ServiceDescriptorProto."""

    name: str = wire(1, "string")
    methods: tuple[_Named, ...] = wire(2, "records", _Named)


@dataclass(frozen=True)
class _Message(Record):
    """A DescriptorProto; nested ones are kept as bytes, for the type refers to itself."""

    name: str = wire(1, "string")
    fields: tuple[_Named, ...] = wire(2, "records", _Named)
    nested: tuple[bytes, ...] = wire(3, "bytes_list")
    enums: tuple[_Enum, ...] = wire(4, "records", _Enum)
    extensions: tuple[_Extension, ...] = wire(6, "records", _Extension)
    oneofs: tuple[_Named, ...] = wire(8, "records", _Named)


@dataclass(frozen=True)
class _File(Record):
    """A FileDescriptorProto."""

    name: str = wire(1, "string")
    package: str = wire(2, "string")
    dependencies: tuple[str, ...] = wire(3, "strings")
    messages: tuple[_Message, ...] = wire(4, "records", _Message)
    enums: tuple[_Enum, ...] = wire(5, "records", _Enum)
    services: tuple[_Service, ...] = wire(6, "records", _Service)
    extensions: tuple[_Extension, ...] = wire(7, "records", _Extension)


class DescriptorIndex:
    """Files by name, by symbol and by extension."""

    def __init__(self, files: Iterable[bytes]) -> None:
        """Index serialized FileDescriptorProtos; of two with the same name the first one stays."""
        self._data: dict[str, bytes] = {}
        self._dependencies: dict[str, tuple[str, ...]] = {}
        self._symbols: dict[str, str] = {}
        self._extensions: dict[str, dict[int, str]] = {}
        for data in files:
            file = _File.from_bytes(data)
            if file.name not in self._data:
                self._data[file.name] = data
                self._dependencies[file.name] = file.dependencies
                self._add(file)

    def _add(self, file: _File) -> None:
        scope = f"{file.package}." if file.package else ""
        for symbol in _symbols(file, scope):
            self._symbols.setdefault(symbol, file.name)
        for extension in _extensions(file):
            numbers = self._extensions.setdefault(extension.extendee.lstrip("."), {})
            numbers[extension.number] = file.name

    def by_name(self, name: str) -> list[bytes] | None:
        """A file and everything that it imports, the file first; None where there is none."""
        if name not in self._data:
            return None
        found: dict[str, None] = {}
        pending = [name]
        while pending:
            current = pending.pop()
            if current not in found and current in self._data:
                found[current] = None
                pending.extend(reversed(self._dependencies[current]))
        return [self._data[each] for each in found]

    def by_symbol(self, symbol: str) -> list[bytes] | None:
        """The file that declares a message, enum, service, method, field or extension."""
        name = self._symbols.get(symbol.lstrip("."))
        return None if name is None else self.by_name(name)

    def by_extension(self, extendee: str, number: int) -> list[bytes] | None:
        """The file that declares an extension."""
        name = self._extensions.get(extendee, {}).get(number)
        return None if name is None else self.by_name(name)

    def extension_numbers(self, extendee: str) -> list[int] | None:
        """Numbers of a message's extensions; None where there is no such message."""
        if extendee not in self._symbols:
            return None
        return sorted(self._extensions.get(extendee, ()))


def _symbols(file: _File, scope: str) -> Iterator[str]:
    for message in file.messages:
        yield from _message_symbols(message, scope)
    for enum in file.enums:
        yield from _enum_symbols(enum, scope)
    for service in file.services:
        yield scope + service.name
        for method in service.methods:
            yield f"{scope}{service.name}.{method.name}"
    for extension in file.extensions:
        yield scope + extension.name


def _message_symbols(message: _Message, scope: str) -> Iterator[str]:
    name = scope + message.name
    yield name
    for member in (*message.fields, *message.oneofs):
        yield f"{name}.{member.name}"
    for extension in message.extensions:
        yield f"{name}.{extension.name}"
    for enum in message.enums:
        yield from _enum_symbols(enum, f"{name}.")
    for nested in message.nested:
        yield from _message_symbols(_Message.from_bytes(nested), f"{name}.")


def _enum_symbols(enum: _Enum, scope: str) -> Iterator[str]:
    yield scope + enum.name
    for value in enum.values:
        # Values are siblings of their enum, as in C++.
        yield scope + value.name


def _extensions(file: _File) -> Iterator[_Extension]:
    yield from file.extensions
    pending = list(file.messages)
    while pending:
        message = pending.pop()
        yield from message.extensions
        pending.extend(_Message.from_bytes(nested) for nested in message.nested)
