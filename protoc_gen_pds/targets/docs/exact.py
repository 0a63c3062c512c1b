"""What the house format prints, as ready strings.

The format is a fixed one, published for years; where it looks odd (a real message called
``Outer.FakeEntry`` is shown as a map, descriptions lose their first bullet) it is reproduced all the same:
documents must not change because their generator did. Nothing is escaped. docs/documents.md describes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from google.protobuf import descriptor_pb2 as pb

from protoc_gen_pds.schema import Comments, Enum, Field, File, Label, Message, Method, Service

GO_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode white space as Go's ``unicode.IsSpace`` has it; Python's ``str.strip`` takes U+001C to U+001F too."""

_PARAGRAPHS = re.compile(r"\n{2,}")
_SPACES = re.compile(r" +")

_Sortable = TypeVar("_Sortable", Service, Message, Enum)


class TypeLink(NamedTuple):
    """A type as text and the anchor that it links to."""

    text: str
    anchor: str


class MethodView(NamedTuple):
    """One rpc."""

    name: str
    anchor: str
    request: TypeLink
    response: TypeLink
    description: str


class ServiceView(NamedTuple):
    """One service."""

    name: str
    anchor: str
    description: str
    methods: tuple[MethodView, ...]


class FieldView(NamedTuple):
    """One row of a message's table."""

    name: str
    oneof: str
    label: str
    type: TypeLink
    cell: str


class MessageView(NamedTuple):
    """One message, nested ones and map entries included."""

    name: str
    anchor: str
    description: str
    fields: tuple[FieldView, ...]


class ValueView(NamedTuple):
    """One row of an enum's table."""

    name: str
    number: int
    cell: str


class EnumView(NamedTuple):
    """One enum, nested ones included."""

    name: str
    anchor: str
    description: str
    values: tuple[ValueView, ...]


class FileView(NamedTuple):
    """One .proto file."""

    title: str
    services: tuple[ServiceView, ...]
    messages: tuple[MessageView, ...]
    enums: tuple[EnumView, ...]
    lists_enums: bool
    """Enums are in the table of contents only where one of them stands at the top level."""


def view(files: Sequence[File]) -> dict[str, Any]:
    """The template's view of one document."""
    return {"files": [_file(file) for file in files]}


def anchor(*names: str) -> str:
    """Anchor of an element: lower case, dots dropped, underscores kept."""
    return "".join(names).lower().replace(".", "")


def description(comments: Comments) -> str:
    """The description that the format prints for an element."""
    leading, trailing = _clean(comments.leading), _clean(comments.trailing)
    text = f"{leading}\n\n{trailing}" if leading else trailing
    text = text.strip(GO_SPACE).lstrip("*/\n ")
    return "" if text.startswith("@exclude") else text


def cell(text: str, default: str | None = None) -> str:
    """A description in a table: paragraphs stay apart, lines do not; a default shows only behind a description."""
    if not text:
        return "none"
    return f"{_without_breaks(text)} Default: {default}" if default else _without_breaks(text)


def _clean(comment: str) -> str:
    return comment.replace("\n ", "\n").strip(GO_SPACE)


def _without_breaks(text: str) -> str:
    paragraphs = _PARAGRAPHS.split(text.replace("\r\n", "\n"))
    return "\n\n".join(_SPACES.sub(" ", part.replace("\r", " ").replace("\n", " ")) for part in paragraphs)


def _file(file: File) -> FileView:
    return FileView(
        title=file.name.rpartition("/")[2].replace(".proto", ""),
        services=tuple(map(_service, _sorted(file.services))),
        messages=tuple(map(_message, _sorted(file.walk_messages()))),
        enums=tuple(map(_enum, _sorted(file.walk_enums()))),
        lists_enums=bool(file.enums),
    )


def _sorted(elements: Iterable[_Sortable]) -> list[_Sortable]:
    return sorted(elements, key=_long_name)


def _long_name(element: Service | Message | Enum) -> str:
    return element.name if isinstance(element, Service) else element.long_name


def _service(service: Service) -> ServiceView:
    full_name = f"{service.file.package}.{service.name}"
    return ServiceView(
        name=service.name,
        anchor=anchor("service", full_name),
        description=description(service.comments),
        methods=tuple(_method(method, full_name) for method in service.methods),
    )


def _method(method: Method, service: str) -> MethodView:
    return MethodView(
        name=method.name,
        anchor=anchor("method", service, method.name),
        request=_method_type(method.input, method.file),
        response=_method_type(method.output, method.file),
        description=description(method.comments),
    )


def _method_type(message: Message, user: File) -> TypeLink:
    """Only here a type that is not the file's own keeps its leading dot."""
    dotted = f".{message.full_name}"
    text = dotted.removeprefix(f".{user.package}.") if user.package else dotted
    return TypeLink(text, anchor(text))


def _message(message: Message) -> MessageView:
    return MessageView(
        name=message.long_name,
        anchor=anchor(message.long_name),
        description=description(message.comments),
        fields=tuple(_field(message, field) for field in message.fields),
    )


def _field(message: Message, field: Field) -> FieldView:
    text = _type_name(field)
    return FieldView(
        name=field.name,
        oneof=_oneof(message, field),
        label="map" if _looks_like_map(field, text) else _label(field),
        type=TypeLink(text, anchor(text)),
        cell=cell(description(field.comments), field.default),
    )


def _type_name(field: Field) -> str:
    target = field.message or field.enum
    if target is None:
        return field.kind.value
    return target.full_name.removeprefix(f"{field.file.package}.")


def _looks_like_map(field: Field, type_name: str) -> bool:
    return field.repeated and "." in type_name and type_name.endswith("Entry")


def _label(field: Field) -> str:
    if field.label is Label.OPTIONAL and field.file.edition != pb.EDITION_PROTO2:
        return "optional" if field.proto.proto3_optional else ""
    return field.label.value


def _oneof(message: Message, field: Field) -> str:
    """Name of the field's oneof; here the synthetic one of a proto3 ``optional`` field counts."""
    if not field.proto.HasField("oneof_index"):
        return ""
    return message.proto.oneof_decl[field.proto.oneof_index].name


def _enum(enum: Enum) -> EnumView:
    return EnumView(
        name=enum.long_name,
        anchor=anchor(enum.long_name),
        description=description(enum.comments),
        values=tuple(ValueView(value.name, value.number, cell(description(value.comments))) for value in enum.values),
    )
