"""What the rich document prints: the house format's skeleton, with what its readers have missed in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2 as pb

from protoc_gen_pds.schema import Enum, Field, File, Kind, Label, Message, Method, Oneof, Service
from protoc_gen_pds.targets.docs import text
from protoc_gen_pds.targets.docs.annotations import Route, behaviours, routes, rules
from protoc_gen_pds.targets.docs.links import Library, Links, sorted_enums, sorted_messages, sorted_services


class TypeView(NamedTuple):
    """A type as text and the target of its link."""

    text: str
    href: str


class MethodView(NamedTuple):
    """One rpc."""

    name: str
    anchor: str
    request: TypeView
    response: TypeView
    client_streaming: bool
    server_streaming: bool
    deprecated: bool
    routes: tuple[Route, ...]
    description: str


class ServiceView(NamedTuple):
    """One service."""

    name: str
    anchor: str
    deprecated: bool
    description: str
    methods: tuple[MethodView, ...]


class OneofView(NamedTuple):
    """One oneof; names are code spans."""

    name: str
    members: tuple[str, ...]
    required: bool
    description: str


class FieldView(NamedTuple):
    """One row of a message's table; texts are fit for a cell."""

    name: str
    oneof: str
    label: str
    type: TypeView
    map_key: TypeView | None
    """Key type of a map; ``type`` is its value type then."""
    deprecated: bool
    behaviours: tuple[str, ...]
    description: str
    default: str
    rules: tuple[str, ...]


class MessageView(NamedTuple):
    """One message, nested ones included."""

    name: str
    anchor: str
    deprecated: bool
    description: str
    oneofs: tuple[OneofView, ...]
    rules: tuple[str, ...]
    fields: tuple[FieldView, ...]


class ValueView(NamedTuple):
    """One row of an enum's table."""

    name: str
    number: int
    deprecated: bool
    description: str


class EnumView(NamedTuple):
    """One enum, nested ones included."""

    name: str
    anchor: str
    deprecated: bool
    description: str
    values: tuple[ValueView, ...]


class FileView(NamedTuple):
    """One .proto file."""

    title: str
    deprecated: bool
    description: str
    services: tuple[ServiceView, ...]
    messages: tuple[MessageView, ...]
    enums: tuple[EnumView, ...]


def view(path: str, files: Sequence[File], library: Library) -> dict[str, Any]:
    """The template's view of one document, which is written to ``path``."""
    builder = _Builder(Links(path, files, library))
    return {"files": [builder.file(file) for file in files]}


class _Builder:
    def __init__(self, links: Links) -> None:
        self._links = links

    def file(self, file: File) -> FileView:
        return FileView(
            title=text.name(file.name.rpartition("/")[2].replace(".proto", "")),
            deprecated=file.deprecated,
            description=text.block(_file_description(file)),
            services=tuple(map(self._service, sorted_services(file))),
            messages=tuple(map(self._message, sorted_messages(file))),
            enums=tuple(map(self._enum, sorted_enums(file))),
        )

    def _service(self, service: Service) -> ServiceView:
        return ServiceView(
            name=text.name(service.name),
            anchor=self._links.anchors[service],
            deprecated=service.deprecated,
            description=text.block(text.prose(service.comments)),
            methods=tuple(map(self._method, service.methods)),
        )

    def _method(self, method: Method) -> MethodView:
        return MethodView(
            name=text.name(method.name),
            anchor=self._links.anchors[method],
            request=self._type(method.input, method.file),
            response=self._type(method.output, method.file),
            client_streaming=method.client_streaming,
            server_streaming=method.server_streaming,
            deprecated=method.deprecated,
            routes=routes(method),
            description=text.block(text.prose(method.comments)),
        )

    def _message(self, message: Message) -> MessageView:
        return MessageView(
            name=text.name(message.long_name),
            anchor=self._links.anchors[message],
            deprecated=message.deprecated,
            description=text.block(text.prose(message.comments)),
            oneofs=tuple(map(self._oneof, message.oneofs)),
            rules=rules(message),
            fields=tuple(map(self._field, message.fields)),
        )

    def _oneof(self, oneof: Oneof) -> OneofView:
        own_rules = rules(oneof)
        return OneofView(
            name=text.code(oneof.name),
            members=tuple(text.code(field.name) for field in oneof.fields),
            required=text.code("required") in own_rules,
            description=text.cell(text.prose(oneof.comments)),
        )

    def _field(self, field: Field) -> FieldView:
        value = field.map_value if field.is_map else field
        return FieldView(
            name=text.name(field.name),
            oneof=text.name(field.oneof.name) if field.oneof else "",
            label="" if field.is_map else _label(field),
            type=self._field_type(value, field.file),
            map_key=self._field_type(field.map_key, field.file) if field.is_map else None,
            deprecated=field.deprecated,
            behaviours=behaviours(field),
            description=text.cell(text.prose(field.comments)),
            default=text.escape_pipes(_default(field)),
            rules=tuple(map(text.escape_pipes, rules(field))),
        )

    def _field_type(self, field: Field, user: File) -> TypeView:
        target = field.message or field.enum
        if target is None:
            return TypeView(field.kind.value, f"#{field.kind.value}")
        return self._type(target, user)

    def _type(self, element: Message | Enum, user: File) -> TypeView:
        short = element.full_name.removeprefix(f"{user.package}.") if user.package else element.full_name
        return TypeView(text.name(short), self._links.href(element))

    def _enum(self, enum: Enum) -> EnumView:
        return EnumView(
            name=text.name(enum.long_name),
            anchor=self._links.anchors[enum],
            deprecated=enum.deprecated,
            description=text.block(text.prose(enum.comments)),
            values=tuple(
                ValueView(text.name(v.name), v.number, v.deprecated, text.cell(text.prose(v.comments)))
                for v in enum.values
            ),
        )


def _file_description(file: File) -> str:
    """The comment above ``syntax`` or ``edition``, else the one above ``package``; never the licence."""
    for number in (12, 14, 2):
        description = text.prose(file.source.comments((number,)))
        if description and not text.is_licence(description):
            return description
    return ""


def _label(field: Field) -> str:
    """The label as an author would write it: in proto3 and editions a singular field has none."""
    if field.label is not Label.OPTIONAL:
        return field.label.value
    written = field.proto.proto3_optional or (field.file.edition == pb.EDITION_PROTO2 and not field.oneof)
    return "optional" if written else ""


def _default(field: Field) -> str:
    """The declared default as a code span, strings and bytes in quotes."""
    default = field.default
    if default is None:
        return ""
    if field.kind is Kind.STRING:
        default = json.dumps(default, ensure_ascii=False)
    elif field.kind is Kind.BYTES:
        default = f'"{default}"'
    return text.code(default)
