"""What expressions can name besides their variables: types, values of enums, and messages to make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from protoc_gen_pds.python.types import is_emitted
from protoc_gen_pds.rules.cel.types import INT, TYPE, WRAPPERS
from protoc_gen_pds.rules.cel.values import Value, constant
from protoc_gen_pds.schema import Enum, Field, File, Message

_BASIC_TYPES = ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")
BUILT_IN = (
    *WRAPPERS,
    *(f"google.protobuf.{name}" for name in ("Any", "Duration", "ListValue", "Struct", "Timestamp", "Value")),
)
"""Messages that CEL has as values of its own, whether or not a file imports them."""


@dataclass(frozen=True)
class Declarations:
    """The types that a file can name: its own, and those of its imports at any distance.

    What other files of the same run declare is left out: the output must not depend on them.
    """

    file: File | None = None

    @cached_property
    def _files(self) -> tuple[File, ...]:
        files: dict[str, File] = {}
        work = [self.file] if self.file is not None else []
        while work:
            file = work.pop()
            if file.name not in files:
                files[file.name] = file
                work += file.dependencies
        return tuple(files.values())

    @cached_property
    def _elements(self) -> dict[str, Message | Enum]:
        return {element.full_name: element for file in self._files for element in _types(file)}

    @cached_property
    def _extensions(self) -> dict[str, Field]:
        return {field.full_name: field for file in self._files for field in file.walk_extensions() if is_emitted(field)}

    def value(self, name: str) -> Value | None:
        """A type or the number of an enum's value, by its full name."""
        if name in _BASIC_TYPES:
            return constant(name, TYPE)
        if name in BUILT_IN or isinstance(self._elements.get(name), Message):
            return constant(name, TYPE)
        if name == "google.protobuf.NullValue.NULL_VALUE":
            return constant(0, INT)
        enum_name, _, value_name = name.rpartition(".")
        enum = self._elements.get(enum_name)
        if isinstance(enum, Enum):
            for value in enum.values:
                if value.name == value_name:
                    return constant(value.number, INT)
        return None

    def message(self, name: str) -> str | Message | None:
        """A message to make, by its full name; one of CEL's own as its name."""
        if name in BUILT_IN:
            return name
        found = self._elements.get(name)
        return found if isinstance(found, Message) else None

    def extension(self, name: str, message: Message) -> Field | None:
        """The field that extends a message, by its full name."""
        found = self._extensions.get(name)
        return found if found is not None and found.extendee is message else None

    def hint(self, name: str) -> str:
        """The end of an error about a name that is missing: the full name that may be meant."""
        if not name or self.file is None:
            return ""
        last = f".{name.lstrip('.')}"
        found = sorted(full for full in self._elements if full.endswith(last))
        return f"; names are given in full: {found[0]}" if found else ""


def _types(file: File) -> Iterator[Message | Enum]:
    yield from (message for message in file.walk_messages() if not message.is_map_entry)
    yield from file.walk_enums()
