"""Selecting fields and extensions: of generated dataclasses, and of the constant messages that rules are written in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from protoc_gen_pds.python.defaults import default_literal
from protoc_gen_pds.python.names import Names
from protoc_gen_pds.python.types import Types
from protoc_gen_pds.rules.cel.declarations import Declarations
from protoc_gen_pds.rules.cel.literals import assignable, built_in
from protoc_gen_pds.rules.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    STRING,
    WRAPPERS,
    Type,
    field_type,
    rule_type,
    wrapper,
)
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, combine, constant, plain, rules_message, truth
from protoc_gen_pds.schema import Field, Message, Presence


class Fields:
    """Selects fields.

    ``types`` spells the classes of one generated module, ``declared`` finds what expressions in it can name.
    """

    def __init__(self, names: Names, types: Types, declared: Declarations) -> None:
        self._names = names
        self._types = types
        self.declared = declared

    def select(self, operand: Value, name: str) -> Value:
        """``operand.name``."""
        if operand.type.name == "map":
            key = constant(name, STRING)
            return combine(f"cel.lookup({operand.code}, {key.code})", operand.type.of, operand, fails=True)
        if operand.type is DYN:
            return combine(f"cel.select({operand.code}, {constant(name, STRING).code})", DYN, operand, fails=True)
        if operand.type.name != "message":
            raise CelTypeError(f"a {operand.type} has no field {name}")
        if operand.type.message is None:
            return _rule_field(operand, name)
        return self._field(operand, self._find(operand.type, name))

    def _find(self, type: Type, name: str) -> Field:
        assert type.message is not None
        for field in type.message.fields:
            if field.name == name:
                return field
        extension = self.declared.extension(name, type.message)
        if extension is None:
            raise CelTypeError(f"{type} has no field {name}")
        return extension

    def _code(self, operand: Value, field: Field) -> str:
        """What a field or an extension holds."""
        if field.extendee is not None:
            return f"{self._types.extension(field)}.get({operand.code})"
        return f"{operand.code}.{self._names.attribute(field)}"

    def _field(self, operand: Value, field: Field) -> Value:
        code = self._code(operand, field)
        type = field_type(field)
        found = Value(code, type, free=operand.free, fails=operand.fails)
        if field.presence in (Presence.IMPLICIT, Presence.NONE) or conversion(field):
            return converted(found, field)
        if type in WRAPPERS.values() and field.message is not None:
            return replace(found, type=wrapper(type))
        if field.message is None:
            code = self._with_default(code, field, operand, type)
        elif type.name == "message":
            code = f"({code} or {self._types.reference(field.message)}())"
        elif type.name in ("map", "list"):
            code = f"({code} or {'{}' if type.name == 'map' else '[]'})"
        return replace(found, code=code)

    def _with_default(self, code: str, field: Field, operand: Value, type: Type) -> str:
        if field.default is not None:
            if field.extendee is not None:
                return f"cel.default({code}, {default_literal(field, self._types)})"
            return f"{operand.code}.{self._names.default_property(field)}"
        if field.enum is not None and field.enum.values[0].number != 0:
            return f"cel.default({code}, {field.enum.values[0].number})"
        zero = {"bool": "False", "string": '""', "bytes": 'b""', "double": "0.0"}.get(type.name, "0")
        return f"({code} or {zero})"

    def has(self, operand: Value, name: str) -> Value:
        """``has(operand.name)``."""
        if operand.type.name == "map":
            return combine(f"({constant(name, STRING).code} in {operand.code})", BOOL, operand)
        if operand.type is DYN:
            code = f"cel.has({operand.code}, {constant(name, STRING).code})"
            return combine(code, BOOL, operand, fails=True)
        if operand.type.name != "message":
            raise CelTypeError(f"a {operand.type} has no field {name}")
        if operand.type.message is None:
            return truth(is_set(operand.constant, _descriptor(operand, name)))
        field = self._find(operand.type, name)
        return replace(operand, code=f"({present(field, self._code(operand, field))})", type=BOOL, choice=None)

    # -- messages that are made ------------------------------------------------------------------

    def literal(self, message: str | Message, values: dict[str, Value]) -> Value:
        """``pkg.Message{field: value}``; CEL's own messages are values of its own."""
        if isinstance(message, str):
            return built_in(message, values)
        fields = {field.name: field for field in message.fields}
        parts = []
        for name, value in values.items():
            if name not in fields:
                raise CelTypeError(f"{message.full_name} has no field {name}")
            value = assignable(message.full_name, fields[name], value)
            parts.append(f"{constant(name, STRING).code}: {value.code}")
        cls = self._types.reference(message)
        # The class is a name that has a meaning at run time only: such a value is never folded.
        free = frozenset({cls}).union(*(value.free for value in values.values()))
        code = f"cel.make({cls}, {{{', '.join(parts)}}})" if parts else f"{cls}()"
        return Value(code, Type("message", message=message), free=free, fails=bool(parts))


def present(field: Field, code: str) -> str:
    """The condition that a field is set, for the code of its attribute or flat property."""
    if field.repeated:
        return f"len({code}) > 0"
    if field.presence is not Presence.IMPLICIT:
        return f"{code} is not None"
    return f"{code} != {zero_of(field)}"


def zero_of(field: Field) -> str:
    """Source of the default of a field without presence, or of an element."""
    type = field_type(field) if not field.repeated else field_type(field).of
    return {BOOL: "False", STRING: '""', BYTES: 'b""', DOUBLE: "0.0"}.get(type, "0")


_CONVERSIONS = {
    "google.protobuf.Any": "cel.unpack",
    "google.protobuf.Duration": "cel.nanoseconds",
    "google.protobuf.Timestamp": "cel.nanoseconds",
    "google.protobuf.Value": "cel.json",
}


def conversion(field: Field) -> str:
    """The function that makes CEL's value of one that a field holds; empty where they are the same."""
    message = field.map_value.message if field.is_map else field.message
    return _CONVERSIONS.get(message.full_name, "") if message is not None else ""


def converted(value: Value, field: Field) -> Value:
    """What a field, an element or an entry of it holds, as CEL computes with it."""
    function = conversion(field)
    if not function:
        return value
    code, fails = value.code, value.fails or function == "cel.unpack"
    if value.type == field_type(field) and field.is_map:
        return replace(value, code=f"{{k: {function}(x) for k, x in {code}.items()}}", fails=fails)
    if value.type == field_type(field) and field.repeated:
        return replace(value, code=f"[{function}(x) for x in {code}]", fails=fails)
    return replace(value, code=f"{function}({code})", fails=fails)


def _descriptor(operand: Value, name: str) -> Any:
    descriptor = operand.constant.DESCRIPTOR.fields_by_name.get(name)
    if descriptor is None:
        raise CelTypeError(f"{operand.constant.DESCRIPTOR.full_name} has no field {name}")
    return descriptor


def _rule_field(operand: Value, name: str) -> Value:
    descriptor = _descriptor(operand, name)
    return rule_value(getattr(operand.constant, name), descriptor)


def rule_value(value: Any, descriptor: Any) -> Value:
    """A field of a message of rules as a constant."""
    type = rule_type(descriptor)
    if type.name == "message":
        return rules_message(value)
    if type.of.name == "message":
        return Value("", type, list(value))
    return constant(plain(value, descriptor, type), type)


def is_set(message: Any, descriptor: Any) -> bool:
    """Whether a field, or an extension, of a message of rules is set."""
    from protoc_gen_pds.schema.custom_options import is_repeated

    if descriptor.is_extension:
        if is_repeated(descriptor):
            return len(message.Extensions[descriptor]) > 0
        return bool(message.HasExtension(descriptor))
    value = getattr(message, descriptor.name)
    if is_repeated(descriptor):
        return len(value) > 0
    return bool(message.HasField(descriptor.name)) if descriptor.has_presence else value != descriptor.default_value
