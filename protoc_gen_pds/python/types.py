"""How the types of fields are spelled in one generated module."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protoc_gen_pds.python.names import Names
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.schema import Enum, Field, File, Kind, Message, Method, Presence

RUNTIME = ("_runtime",)
"""The runtime's package below the root package."""

_SCALARS: dict[Kind, str] = {
    Kind.DOUBLE: "float",
    Kind.FLOAT: "float",
    Kind.BOOL: "bool",
    Kind.STRING: "str",
    Kind.BYTES: "bytes",
}

_WRAPPERS: dict[str, str] = {
    "google.protobuf.DoubleValue": "float",
    "google.protobuf.FloatValue": "float",
    "google.protobuf.Int64Value": "int",
    "google.protobuf.UInt64Value": "int",
    "google.protobuf.Int32Value": "int",
    "google.protobuf.UInt32Value": "int",
    "google.protobuf.BoolValue": "bool",
    "google.protobuf.StringValue": "str",
    "google.protobuf.BytesValue": "bytes",
}


RUNTIME_FILES = frozenset(
    f"google/protobuf/{stem}.proto"
    for stem in ("any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers")
)


def is_well_known(element: Message | Enum | File) -> bool:
    """Whether the runtime provides a type, or all types of a file.

    The rest of google/protobuf (``descriptor.proto``, ``api.proto``) are files like any other: code for
    them is made, below the root package, when a run is asked for it.
    """
    return element.file.name in RUNTIME_FILES


def is_emitted(extension: Field) -> bool:
    """Whether Python code is made for an extension; custom options live in descriptors only.

    So do predefined rules of validation, which extend the messages that those options consist of.
    """
    assert extension.extendee is not None
    file = extension.extendee.file
    return file.name != "google/protobuf/descriptor.proto" and file.package != "buf.validate"


def is_wrapper(message: Message) -> bool:
    """Whether fields of a message type hold the bare scalar (google/protobuf/wrappers.proto)."""
    return message.full_name in _WRAPPERS


def scalar(kind: Kind) -> str:
    """Name of the builtin type that holds a scalar kind."""
    return _SCALARS.get(kind, "int")


@dataclass(frozen=True)
class Types:
    """Spelling of types in a module that has a scope.

    Attributes:
        names: Python names.
        scope: the module's scope, which records the imports that references need.
        home: the file whose models the module itself holds; None in every other module.
    """

    names: Names
    scope: Scope
    home: File | None = None

    def reference(self, element: Message | Enum, within: Message | None = None) -> str:
        """An expression for the class of a message or enum.

        In a module of models, ``within`` is the message in whose class body the expression stands.
        """
        name = self.names.qualified_name(element)
        if element.file is self.home:
            first, dot, rest = name.partition(".")
            return f"{self.own(first, within)}{dot}{rest}"
        if is_well_known(element):
            module = self.scope.relative(RUNTIME, "wkt")
        else:
            module = self.scope.relative(self.names.package_of(element.file), "models")
        first, dot, rest = name.partition(".")
        return f"{self.scope.name(module, first)}{dot}{rest}"

    def extension(self, field: Field) -> str:
        """An expression for the key of an extension field, in a module other than its models."""
        attribute = self.names.attribute(field)
        if field.parent is not None:
            return f"{self.reference(field.parent)}.{attribute}"
        return self.scope.name(self.scope.relative(self.names.package_of(field.file), "models"), attribute)

    def own(self, name: str, within: Message | None) -> str:
        """A top-level class of the module itself, by an alias where the class body hides its name."""
        if within is not None and name in self.names.members(within):
            return self.scope.own_alias(name)
        return name

    def is_hidden(self, element: Message | Enum, within: Message) -> bool:
        """Whether the class body of ``within`` gives another meaning to a class of this module."""
        return self.names.qualified_name(element).partition(".")[0] in self.names.members(within)

    def value(self, field: Field, within: Message | None = None) -> str:
        """Type of a single value of a field that is set: an element of a list, or of a map."""
        if field.enum is not None:
            return self.reference(field.enum, within)
        if field.message is None:
            return self.scope.builtin(scalar(field.kind))
        return self.message_value(field.message, within)

    def message_value(self, message: Message, within: Message | None = None) -> str:
        """Type of a value of a message type; wrappers and JSON types have the plain Python type."""
        wrapped = _WRAPPERS.get(message.full_name)
        if wrapped is not None:
            return self.scope.builtin(wrapped)
        match message.full_name:
            case "google.protobuf.Value":
                return self.json_value()
            case "google.protobuf.Struct":
                return f"{self.scope.builtin('dict')}[{self.scope.builtin('str')}, {self.json_value()}]"
            case "google.protobuf.ListValue":
                return f"{self.scope.builtin('list')}[{self.json_value()}]"
        return self.reference(message, within)

    def json_value(self) -> str:
        """The alias for any JSON value."""
        return self.scope.name(self.scope.relative(RUNTIME, "wkt"), "JsonValue")

    def field(self, field: Field, within: Message | None = None) -> str:
        """Type of the attribute of a field that is no member of a oneof."""
        if field.is_map:
            key, value = self.value(field.map_key, within), self.value(field.map_value, within)
            return f"{self.scope.builtin('dict')}[{key}, {value}]"
        single = self.value(field, within)
        if field.repeated:
            return f"{self.scope.builtin('list')}[{single}]"
        if field.presence is Presence.IMPLICIT:
            return single
        return self.optional(field, single)

    def member(self, field: Field, within: Message | None = None) -> str:
        """Type of the value that a oneof's member holds."""
        return self.value(field, within)

    def optional(self, field: Field, single: str) -> str:
        """The type of a value that may be unset."""
        if field.message is not None and field.message.full_name == "google.protobuf.Value":
            # A JSON value may be None already.
            return single
        return f"{single} | None"


def taken_names(names: Names, file: File) -> Iterable[str]:
    """Every name that the models of a file give to anything: what imports must not be called."""
    yield from map(names.class_name, file.messages)
    yield from map(names.class_name, file.enums)
    yield from map(names.attribute, file.extensions)
    for message in file.walk_messages():
        if not message.is_map_entry:
            yield from names.members(message)


def uses_deprecated(file: File) -> bool:
    """Whether code for a file names something deprecated, which type checkers then must let pass."""
    if any(service.deprecated or any(map(_is_deprecated_method, service.methods)) for service in file.services):
        return True
    for message in file.walk_messages():
        if message.deprecated or any(map(_is_deprecated_field, message.fields)):
            return True
    if any(enum.deprecated for enum in file.walk_enums()) or any(map(_is_deprecated_field, file.walk_extensions())):
        return True
    public = (file.proto.dependency[i] for i in file.proto.public_dependency)
    return any(uses_deprecated(file.schema.files[name]) for name in public)


def _is_deprecated_field(field: Field) -> bool:
    types = (field.message, field.enum, field.extendee)
    return field.deprecated or any(element is not None and element.deprecated for element in types)


def _is_deprecated_method(method: Method) -> bool:
    return method.deprecated or method.input.deprecated or method.output.deprecated
