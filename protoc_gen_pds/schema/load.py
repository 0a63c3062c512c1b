"""From a CodeGeneratorRequest to the model, in two linear passes: declare everything, then link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf import descriptor_pb2 as pb
from google.protobuf.compiler import plugin_pb2

from protoc_gen_pds.errors import GenerationError, Position
from protoc_gen_pds.schema import features as edition_features
from protoc_gen_pds.schema.features import EDITION_UNSTABLE, MAXIMUM_EDITION, MINIMUM_EDITION, Features
from protoc_gen_pds.schema.model import (
    Enum,
    EnumValue,
    Field,
    File,
    Kind,
    Label,
    Message,
    Method,
    Oneof,
    Path,
    Presence,
    Schema,
    Service,
)

_FD = pb.FieldDescriptorProto
_KINDS: dict[int, Kind] = {getattr(_FD, f"TYPE_{kind.value.upper()}"): kind for kind in Kind}
_LABELS: dict[int, Label] = {
    _FD.LABEL_OPTIONAL: Label.OPTIONAL,
    _FD.LABEL_REQUIRED: Label.REQUIRED,
    _FD.LABEL_REPEATED: Label.REPEATED,
}
_PACKABLE = frozenset(Kind) - {Kind.STRING, Kind.BYTES, Kind.MESSAGE, Kind.GROUP}


def load_request(request: plugin_pb2.CodeGeneratorRequest) -> Schema:
    """Build the model of a plugin request.

    Raises:
        GenerationError: a file to generate or an import is missing, a type does not resolve, or an
            edition is one that this release does not know.
    """
    originals = {file.name: file for file in request.source_file_descriptors}
    files = [originals.get(file.name, file) for file in request.proto_file]
    return load(files, request.file_to_generate)


def load(files: Iterable[pb.FileDescriptorProto], to_generate: Sequence[str]) -> Schema:
    """Build the model of files that come after their imports; errors as :func:`load_request`."""
    schema = Schema()
    loader = _Loader(schema)
    for proto in files:
        loader.declare(proto)
    loader.link()
    missing = [name for name in to_generate if name not in loader.files]
    if missing:
        raise GenerationError(
            "the request has no descriptor for this file; call protoc or buf on the file itself",
            Position(missing[0]),
        )
    _set(schema, files=loader.files, messages=loader.messages, enums=loader.enums)
    _set(schema, to_generate=tuple(loader.files[name] for name in to_generate))
    return schema


def _set(element: object, **attributes: Any) -> None:
    """Complete a frozen element while it is being built."""
    for name, value in attributes.items():
        object.__setattr__(element, name, value)


class _Loader:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.files: dict[str, File] = {}
        self.messages: dict[str, Message] = {}
        self.enums: dict[str, Enum] = {}
        self._unlinked: list[Field] = []
        self._services: list[Service] = []

    # -- first pass: declare ---------------------------------------------------------------------

    def declare(self, proto: pb.FileDescriptorProto) -> None:
        edition = edition_features.edition_of(proto)
        if not (MINIMUM_EDITION <= edition <= MAXIMUM_EDITION or edition == EDITION_UNSTABLE):
            name = _edition_name(edition)
            raise GenerationError(
                f"{name} is not supported; use proto2, proto3 or an edition from 2023 to 2026",
                Position(proto.name),
            )
        for name in proto.dependency:
            if name not in self.files:
                raise GenerationError(
                    f'import "{name}" is not in the request; add the directory that holds it to the import path',
                    self._import_position(proto, name),
                )
        features = edition_features.inherit(edition_features.defaults(edition), proto.options)
        file = File(
            name=proto.name,
            package=proto.package,
            edition=edition,
            features=features,
            schema=self.schema,
            proto=proto,
            dependencies=tuple(self.files[name] for name in proto.dependency),
        )
        self.files[proto.name] = file
        scope = f"{proto.package}." if proto.package else ""
        _set(
            file,
            messages=tuple(
                self._message(file, None, scope, "", (4, i), features, m) for i, m in enumerate(proto.message_type)
            ),
            enums=tuple(self._enum(file, None, scope, "", (5, i), features, e) for i, e in enumerate(proto.enum_type)),
            extensions=tuple(
                self._field(file, None, scope, (7, i), features, x) for i, x in enumerate(proto.extension)
            ),
            services=tuple(self._service(file, scope, (6, i), s) for i, s in enumerate(proto.service)),
        )

    @staticmethod
    def _import_position(proto: pb.FileDescriptorProto, name: str) -> Position:
        from protoc_gen_pds.schema.comments import SourceIndex

        return SourceIndex(proto).position((3, list(proto.dependency).index(name)))

    def _message(
        self,
        file: File,
        parent: Message | None,
        scope: str,
        long_scope: str,
        path: Path,
        inherited: Features,
        proto: pb.DescriptorProto,
    ) -> Message:
        features = edition_features.inherit(inherited, proto.options)
        full_name, long_name = scope + proto.name, long_scope + proto.name
        message = Message(
            name=proto.name,
            full_name=full_name,
            long_name=long_name,
            file=file,
            parent=parent,
            path=path,
            features=features,
            is_map_entry=proto.options.map_entry,
            proto=proto,
        )
        self._add(self.messages, message)
        inner, long_inner = f"{full_name}.", f"{long_name}."
        oneofs = [
            Oneof(
                name=o.name,
                full_name=inner + o.name,
                file=file,
                parent=message,
                path=(*path, 8, i),
                proto=o,
            )
            for i, o in enumerate(proto.oneof_decl)
        ]
        oneof_features = [edition_features.inherit(features, o.options) for o in proto.oneof_decl]
        fields = []
        members: dict[int, list[Field]] = {}
        for i, f in enumerate(proto.field):
            in_oneof = f.HasField("oneof_index")
            field_parent = oneof_features[f.oneof_index] if in_oneof else features
            field = self._field(file, message, inner, (*path, 2, i), field_parent, f)
            if in_oneof and not f.proto3_optional:
                _set(field, oneof=oneofs[f.oneof_index])
                members.setdefault(f.oneof_index, []).append(field)
            fields.append(field)
        for index, own in members.items():
            _set(oneofs[index], fields=tuple(own))
        _set(
            message,
            fields=tuple(fields),
            oneofs=tuple(o for o in oneofs if o.fields),
            messages=tuple(
                self._message(file, message, inner, long_inner, (*path, 3, i), features, m)
                for i, m in enumerate(proto.nested_type)
            ),
            enums=tuple(
                self._enum(file, message, inner, long_inner, (*path, 4, i), features, e)
                for i, e in enumerate(proto.enum_type)
            ),
            extensions=tuple(
                self._field(file, message, inner, (*path, 6, i), features, x) for i, x in enumerate(proto.extension)
            ),
        )
        return message

    def _enum(
        self,
        file: File,
        parent: Message | None,
        scope: str,
        long_scope: str,
        path: Path,
        inherited: Features,
        proto: pb.EnumDescriptorProto,
    ) -> Enum:
        features = edition_features.inherit(inherited, proto.options)
        enum = Enum(
            name=proto.name,
            full_name=scope + proto.name,
            long_name=long_scope + proto.name,
            file=file,
            parent=parent,
            path=path,
            features=features,
            closed=features.enum_type == pb.FeatureSet.CLOSED,
            proto=proto,
            values=tuple(
                EnumValue(v.name, scope + v.name, v.number, file, (*path, 2, i), v) for i, v in enumerate(proto.value)
            ),
        )
        self._add(self.enums, enum)
        return enum

    def _field(
        self,
        file: File,
        parent: Message | None,
        scope: str,
        path: Path,
        inherited: Features,
        proto: pb.FieldDescriptorProto,
    ) -> Field:
        features = edition_features.of_field(inherited, proto, file.edition)
        kind, label = _KINDS[proto.type], _LABELS[proto.label]
        if features.field_presence == pb.FeatureSet.LEGACY_REQUIRED and label is Label.OPTIONAL and not proto.extendee:
            label = Label.REQUIRED
        field = Field(
            name=proto.name,
            full_name=scope + proto.name,
            json_name=proto.json_name or json_name(proto.name),
            number=proto.number,
            kind=kind,
            label=label,
            presence=_presence(proto, label, kind, features),
            packed=label is Label.REPEATED
            and kind in _PACKABLE
            and features.repeated_field_encoding == pb.FeatureSet.PACKED,
            utf8=kind is Kind.STRING and features.utf8_validation == pb.FeatureSet.VERIFY,
            file=file,
            parent=parent,
            path=path,
            features=features,
            proto=proto,
        )
        if proto.type_name or proto.extendee:
            self._unlinked.append(field)
        return field

    def _service(self, file: File, scope: str, path: Path, proto: pb.ServiceDescriptorProto) -> Service:
        service = Service(name=proto.name, full_name=scope + proto.name, file=file, path=path, proto=proto)
        self._services.append(service)
        return service

    def _add(self, table: dict[str, Any], element: Message | Enum) -> None:
        if element.full_name in self.messages or element.full_name in self.enums:
            raise element.error(f'"{element.full_name}" is declared twice; rename one of the two')
        table[element.full_name] = element

    # -- second pass: link -----------------------------------------------------------------------

    def link(self) -> None:
        for field in self._unlinked:
            self._link_field(field)
        for service in self._services:
            _set(service, methods=tuple(self._method(service, i, m) for i, m in enumerate(service.proto.method)))

    def _link_field(self, field: Field) -> None:
        proto = field.proto
        if proto.extendee:
            _set(field, extendee=self._resolve(self.messages, proto.extendee, field))
        if not proto.type_name:
            return
        if field.kind is Kind.ENUM:
            _set(field, enum=self._resolve(self.enums, proto.type_name, field))
            return
        message = self._resolve(self.messages, proto.type_name, field)
        delimited = field.features.message_encoding == pb.FeatureSet.DELIMITED
        in_entry = field.parent is not None and field.parent.is_map_entry
        # Map entries and what they hold are length-prefixed whatever the features say.
        if delimited and not message.is_map_entry and not in_entry:
            _set(field, kind=Kind.GROUP)
        _set(field, message=message)

    def _method(self, service: Service, index: int, proto: pb.MethodDescriptorProto) -> Method:
        path = (*service.path, 2, index)
        return Method(
            name=proto.name,
            full_name=f"{service.full_name}.{proto.name}",
            file=service.file,
            service=service,
            path=path,
            input=self._resolve(self.messages, proto.input_type, service),
            output=self._resolve(self.messages, proto.output_type, service),
            client_streaming=proto.client_streaming,
            server_streaming=proto.server_streaming,
            proto=proto,
        )

    @staticmethod
    def _resolve(table: dict[str, Any], type_name: str, user: Field | Service) -> Any:
        found = table.get(type_name.removeprefix("."))
        if found is None:
            raise user.error(f'type "{type_name}" is not in the request; import the file that declares it')
        return found


def _presence(proto: pb.FieldDescriptorProto, label: Label, kind: Kind, features: Features) -> Presence:
    if label is Label.REPEATED:
        return Presence.NONE
    if label is Label.REQUIRED:
        return Presence.REQUIRED
    if kind in (Kind.MESSAGE, Kind.GROUP) or proto.HasField("oneof_index") or proto.extendee:
        return Presence.EXPLICIT
    return Presence.IMPLICIT if features.field_presence == pb.FeatureSet.IMPLICIT else Presence.EXPLICIT


def json_name(name: str) -> str:
    """The lowerCamelCase name that protoc gives a field (protobuf.dev/programming-guides/json)."""
    parts = name.split("_")
    return parts[0] + "".join(part[:1].upper() + part[1:] for part in parts[1:])


def _edition_name(edition: int) -> str:
    name = {number: name for name, number in pb.Edition.items()}.get(edition, "")  # type: ignore[call-overload]
    return name.replace("EDITION_", "edition ").lower() if name else f"edition number {edition}"
