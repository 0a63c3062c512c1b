"""What the .proto says: an immutable model in which every name is resolved.

Everything here is plain data. Names are protobuf names; what an element is called in Python is the
business of :mod:`protoc_gen_pds.python`. Cross references (a field's message, a message's file) are
set once by :mod:`protoc_gen_pds.schema.load` and never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum as PyEnum
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from protoc_gen_pds.errors import GenerationError, Position
from protoc_gen_pds.schema.comments import NO_COMMENTS, Comments, SourceIndex
from protoc_gen_pds.schema.features import Features

if TYPE_CHECKING:
    from google.protobuf import descriptor_pb2 as pb

    from protoc_gen_pds.schema.custom_options import Options

Path = tuple[int, ...]
"""Path of an element inside its FileDescriptorProto, as in ``SourceCodeInfo.Location.path``."""


class Kind(StrEnum):
    """The type of a single value of a field: the scalar types by their .proto names, and the rest."""

    DOUBLE = "double"
    FLOAT = "float"
    INT32 = "int32"
    INT64 = "int64"
    UINT32 = "uint32"
    UINT64 = "uint64"
    SINT32 = "sint32"
    SINT64 = "sint64"
    FIXED32 = "fixed32"
    FIXED64 = "fixed64"
    SFIXED32 = "sfixed32"
    SFIXED64 = "sfixed64"
    BOOL = "bool"
    STRING = "string"
    BYTES = "bytes"
    ENUM = "enum"
    MESSAGE = "message"
    GROUP = "group"
    """A message with delimited encoding: proto2 groups, and ``message_encoding = DELIMITED``."""


class Label(StrEnum):
    """Cardinality of a field as the descriptor states it."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    REPEATED = "repeated"


class Presence(PyEnum):
    """Field presence (protobuf.dev/programming-guides/field_presence)."""

    IMPLICIT = "implicit"
    EXPLICIT = "explicit"
    REQUIRED = "required"
    NONE = "none"
    """Repeated fields and maps: empty and unset are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Extension:
    """Where an extension field extends: kept apart so that :class:`Field` serves both."""

    extendee: str


class _Element:
    """What all elements share: a place in a file, comments and options."""

    file: File
    path: Path
    name: str
    full_name: str
    proto: Any

    @property
    def comments(self) -> Comments:
        """Leading, trailing and detached comments; empty where there are none."""
        return self.file.source.comments(self.path)

    @property
    def position(self) -> Position:
        """Where the element is declared, for error messages."""
        return self.file.source.position(self.path)

    @cached_property
    def options(self) -> Options:
        """Standard and custom options of the element."""
        return self.file.schema.options_of(self.proto)

    @property
    def deprecated(self) -> bool:
        """Whether the element is marked ``deprecated = true``."""
        return bool(self.proto.options.deprecated)

    def error(self, message: str) -> GenerationError:
        """An error that points at this element."""
        return GenerationError(message, self.position)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.full_name}>"


@dataclass(frozen=True, eq=False, repr=False)
class EnumValue(_Element):
    """One named number of an enum."""

    name: str
    full_name: str
    """As the descriptor has it: a sibling of the enum (``pkg.Outer.VALUE``), not inside it."""
    number: int
    file: File
    path: Path
    proto: pb.EnumValueDescriptorProto


@dataclass(frozen=True, eq=False, repr=False)
class Enum(_Element):
    """An enum type."""

    name: str
    full_name: str
    long_name: str
    """Name without the package: ``Outer.Inner``."""
    file: File
    parent: Message | None
    path: Path
    features: Features
    closed: bool
    """Whether unknown numbers are kept out of the field (protobuf.dev/programming-guides/enum)."""
    proto: pb.EnumDescriptorProto
    values: tuple[EnumValue, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Field(_Element):
    """A field of a message, or an extension field."""

    name: str
    full_name: str
    json_name: str
    number: int
    kind: Kind
    label: Label
    presence: Presence
    packed: bool
    utf8: bool
    """Whether a string must be valid UTF-8 on the wire."""
    file: File
    parent: Message | None
    """The message that holds the field; for an extension, the message in whose scope it is declared."""
    path: Path
    features: Features
    proto: pb.FieldDescriptorProto
    oneof: Oneof | None = None
    """The oneof that the field belongs to; never a synthetic one."""
    message: Message | None = None
    """Type of a message or group field; for a map, the entry message."""
    enum: Enum | None = None
    extendee: Message | None = None
    """The message that an extension extends; None for an ordinary field."""

    @property
    def repeated(self) -> bool:
        """Whether the field is repeated; true for maps too."""
        return self.label is Label.REPEATED

    @property
    def is_map(self) -> bool:
        """Whether the field is a map."""
        return self.repeated and self.message is not None and self.message.is_map_entry

    @property
    def redacted(self) -> bool:
        """Whether the field is marked ``debug_redact = true``: its value has no place in logs."""
        return bool(self.proto.options.debug_redact)

    @property
    def map_key(self) -> Field:
        """The key field of a map's entry."""
        assert self.message is not None
        return self.message.fields[0]

    @property
    def map_value(self) -> Field:
        """The value field of a map's entry."""
        assert self.message is not None
        return self.message.fields[1]

    @property
    def default(self) -> str | None:
        """The declared default as the descriptor spells it, or None."""
        return self.proto.default_value if self.proto.HasField("default_value") else None


@dataclass(frozen=True, eq=False, repr=False)
class Oneof(_Element):
    """A oneof that the author wrote; synthetic ones of ``optional`` are not in the model."""

    name: str
    full_name: str
    file: File
    parent: Message
    path: Path
    proto: pb.OneofDescriptorProto
    fields: tuple[Field, ...] = ()

    @property
    def deprecated(self) -> bool:
        """Oneofs have no such option."""
        return False


@dataclass(frozen=True, eq=False, repr=False)
class Message(_Element):
    """A message type."""

    name: str
    full_name: str
    long_name: str
    """Name without the package: ``Outer.Inner``."""
    file: File
    parent: Message | None
    path: Path
    features: Features
    is_map_entry: bool
    proto: pb.DescriptorProto
    fields: tuple[Field, ...] = ()
    """In the order of declaration."""
    oneofs: tuple[Oneof, ...] = ()
    messages: tuple[Message, ...] = ()
    """Nested messages, map entries included."""
    enums: tuple[Enum, ...] = ()
    extensions: tuple[Field, ...] = ()
    """Extension fields declared in this message's scope (of whatever message they extend)."""

    @property
    def extension_ranges(self) -> tuple[tuple[int, int], ...]:
        """Numbers open to extensions, as half-open ranges."""
        return tuple((r.start, r.end) for r in self.proto.extension_range)

    @property
    def is_message_set(self) -> bool:
        """Whether the message has the old MessageSet wire format."""
        return self.proto.options.message_set_wire_format

    def walk(self) -> Iterator[Message]:
        """This message and those nested in it, in order of declaration, outer ones first."""
        yield self
        for nested in self.messages:
            yield from nested.walk()


@dataclass(frozen=True, eq=False, repr=False)
class Method(_Element):
    """One rpc of a service."""

    name: str
    full_name: str
    file: File
    service: Service
    path: Path
    input: Message
    output: Message
    client_streaming: bool
    server_streaming: bool
    proto: pb.MethodDescriptorProto


@dataclass(frozen=True, eq=False, repr=False)
class Service(_Element):
    """A service."""

    name: str
    full_name: str
    file: File
    path: Path
    proto: pb.ServiceDescriptorProto
    methods: tuple[Method, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class File(_Element):
    """One .proto file."""

    name: str
    """Path relative to the import path, with forward slashes."""
    package: str
    edition: int
    """Number of ``google.protobuf.Edition``; 998 and 999 stand for proto2 and proto3."""
    features: Features
    schema: Schema
    proto: pb.FileDescriptorProto
    dependencies: tuple[File, ...] = ()
    """Imports in order of declaration; ``import option`` ones are not among them."""
    messages: tuple[Message, ...] = ()
    enums: tuple[Enum, ...] = ()
    services: tuple[Service, ...] = ()
    extensions: tuple[Field, ...] = ()
    path: Path = ()

    @property
    def file(self) -> File:  # type: ignore[override]
        """The file itself, so that a file is an element like the others."""
        return self

    @property
    def full_name(self) -> str:  # type: ignore[override]
        """The file's name: files have no protobuf name."""
        return self.name

    @cached_property
    def source(self) -> SourceIndex:
        """Comments and positions, indexed once."""
        return SourceIndex(self.proto)

    @property
    def comments(self) -> Comments:
        """The comment above ``syntax`` or ``edition``, else the one above ``package``."""
        for number in (12, 14, 2):
            comments = self.source.comments((number,))
            if comments is not NO_COMMENTS:
                return comments
        return NO_COMMENTS

    def walk_messages(self) -> Iterator[Message]:
        """All messages of the file, nested ones after their parents."""
        for message in self.messages:
            yield from message.walk()

    def walk_enums(self) -> Iterator[Enum]:
        """All enums of the file: top-level ones, then those in messages."""
        yield from self.enums
        for message in self.walk_messages():
            yield from message.enums

    def walk_extensions(self) -> Iterator[Field]:
        """All extension fields that the file declares."""
        yield from self.extensions
        for message in self.walk_messages():
            yield from message.extensions


@dataclass(frozen=True, eq=False)
class Schema:
    """All files of one request."""

    files: Mapping[str, File] = field(default_factory=dict)
    """By name, imports before their importers."""
    to_generate: tuple[File, ...] = ()
    """What the caller asked for, in its order."""
    messages: Mapping[str, Message] = field(default_factory=dict)
    """By full name, without a leading dot."""
    enums: Mapping[str, Enum] = field(default_factory=dict)

    @cached_property
    def _option_reader(self) -> Any:
        from protoc_gen_pds.schema.custom_options import OptionReader

        return OptionReader(file.proto for file in self.files.values())

    @property
    def pool(self) -> Any:
        """The request's own ``DescriptorPool``, built when first asked for."""
        return self._option_reader.pool

    def options_of(self, proto: Any) -> Options:
        """The options of a descriptor proto, custom ones readable by full name."""
        options: Options = self._option_reader.read(proto)
        return options

    def serialize(self, proto: Any) -> bytes:
        """A descriptor proto as bytes that do not depend on the compiler.

        Compilers encode custom options differently (buf packs what protoc does not), and a message that does
        not know them would keep their bytes.
        """
        data: bytes = self._option_reader.parse(proto).SerializeToString(deterministic=True)
        return data
