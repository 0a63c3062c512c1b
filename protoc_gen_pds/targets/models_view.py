"""What the template of models.py sees: ready lines and flags, no decisions left."""

from __future__ import annotations

from typing import NamedTuple


class ValueView(NamedTuple):
    """A member of an enum."""

    line: str
    doc: str


class EnumView(NamedTuple):
    """An enum's class."""

    pad: str
    deprecated: str
    head: str
    doc: str
    values: tuple[ValueView, ...]


class MemberView(NamedTuple):
    """The class for one member of a oneof."""

    deprecated: str
    head: str
    doc: str
    field_line: str


class PropertyView(NamedTuple):
    """A read-only property of a message: a oneof's member, or a field with its declared default."""

    deprecated: str
    head: str
    doc: str
    body: str


class AttributeView(NamedTuple):
    """An attribute of a message: a field, or a oneof."""

    declaration: str
    doc: str
    parameter: str
    assignment: str


class ExtensionView(NamedTuple):
    """An extension field: a module's name, or a class variable of the message that it is declared in."""

    line: str
    doc: str


class MessageView(NamedTuple):
    """A message's class."""

    pad: str
    deprecated: str
    head: str
    doc: str
    slots: str
    enums: tuple[EnumView, ...]
    messages: tuple[MessageView, ...]
    members: tuple[MemberView, ...]
    unions: tuple[str, ...]
    extensions: tuple[ExtensionView, ...]
    attributes: tuple[AttributeView, ...]
    properties: tuple[PropertyView, ...]


class ModuleView(NamedTuple):
    """A module of models."""

    header: str
    doc: str
    imports: tuple[str, ...]
    enums: tuple[EnumView, ...]
    messages: tuple[MessageView, ...]
    extensions: tuple[ExtensionView, ...]
    aliases: tuple[str, ...]
    dataclass: str
    property: str
    this: str
