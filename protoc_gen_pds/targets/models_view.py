"""What the template of models.py sees: ready lines and flags, no decisions left."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ValueView:
    """A member of an enum."""

    line: str
    doc: str


@dataclass(frozen=True, slots=True)
class EnumView:
    """An enum's class."""

    pad: str
    deprecated: str
    head: str
    doc: str
    values: tuple[ValueView, ...]


@dataclass(frozen=True, slots=True)
class MemberView:
    """The class for one member of a oneof."""

    deprecated: str
    head: str
    doc: str
    field_line: str


@dataclass(frozen=True, slots=True)
class PropertyView:
    """A read-only property of a message: a oneof's member, or a field with its declared default."""

    deprecated: str
    head: str
    doc: str
    body: str


@dataclass(frozen=True, slots=True)
class AttributeView:
    """An attribute of a message: a field, or a oneof."""

    declaration: str
    doc: str
    parameter: str
    assignment: str


@dataclass(frozen=True, slots=True)
class ExtensionView:
    """An extension field: a module's name, or a class variable of the message that it is declared in."""

    line: str
    doc: str


@dataclass(frozen=True, slots=True)
class MessageView:
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


@dataclass(frozen=True, slots=True)
class ModuleView:
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
