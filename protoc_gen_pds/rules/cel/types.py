"""CEL's types, as far as rules need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protoc_gen_pds.schema import Field, Kind, Message


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its CEL name, and what it is made of.

    Attributes:
        name: ``bool``, ``int``, ``uint``, ``double``, ``string``, ``bytes``, ``null``, ``timestamp``,
            ``duration``, ``list``, ``map``, ``message``, ``type`` or ``dyn``.
        element: type of a list's elements or of a map's values.
        key: type of a map's keys.
        message: what a generated message is; None for the messages that rules are written in.
    """

    name: str
    element: Type | None = None
    key: Type | None = None
    message: Message | None = None

    def __str__(self) -> str:
        if self.name == "list":
            return f"list({self.element})"
        if self.name == "map":
            return f"map({self.key}, {self.element})"
        return self.message.full_name if self.message is not None else self.name

    @property
    def of(self) -> Type:
        """Type of the elements or values."""
        return self.element or DYN


BOOL = Type("bool")
INT = Type("int")
UINT = Type("uint")
DOUBLE = Type("double")
STRING = Type("string")
BYTES = Type("bytes")
NULL = Type("null")
DYN = Type("dyn")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
TYPE = Type("type")

NUMBERS = (INT, UINT, DOUBLE)

_SCALARS = {
    Kind.DOUBLE: DOUBLE,
    Kind.FLOAT: DOUBLE,
    Kind.INT32: INT,
    Kind.SINT32: INT,
    Kind.SFIXED32: INT,
    Kind.INT64: INT,
    Kind.SINT64: INT,
    Kind.SFIXED64: INT,
    Kind.UINT32: UINT,
    Kind.FIXED32: UINT,
    Kind.UINT64: UINT,
    Kind.FIXED64: UINT,
    Kind.BOOL: BOOL,
    Kind.STRING: STRING,
    Kind.BYTES: BYTES,
    Kind.ENUM: INT,
}

WRAPPERS = {
    "google.protobuf.DoubleValue": DOUBLE,
    "google.protobuf.FloatValue": DOUBLE,
    "google.protobuf.Int64Value": INT,
    "google.protobuf.UInt64Value": UINT,
    "google.protobuf.Int32Value": INT,
    "google.protobuf.UInt32Value": UINT,
    "google.protobuf.BoolValue": BOOL,
    "google.protobuf.StringValue": STRING,
    "google.protobuf.BytesValue": BYTES,
}

_WELL_KNOWN = {
    "google.protobuf.Timestamp": TIMESTAMP,
    "google.protobuf.Duration": DURATION,
    "google.protobuf.Struct": Type("map", DYN, STRING),
    "google.protobuf.ListValue": Type("list", DYN),
    "google.protobuf.Value": DYN,
    # What it holds.
    "google.protobuf.Any": DYN,
    **WRAPPERS,
}


def list_of(element: Type) -> Type:
    """A list."""
    return Type("list", element)


def message_type(message: Message) -> Type:
    """The type of values of a message."""
    return _WELL_KNOWN.get(message.full_name) or Type("message", message=message)


def value_type(field: Field) -> Type:
    """The type of a single value of a field."""
    return message_type(field.message) if field.message is not None else _SCALARS[field.kind]


def field_type(field: Field) -> Type:
    """The type of a field."""
    if field.is_map:
        return Type("map", value_type(field.map_value), value_type(field.map_key))
    return list_of(value_type(field)) if field.repeated else value_type(field)


_BY_NUMBER = {
    1: DOUBLE, 2: DOUBLE, 3: INT, 4: UINT, 5: INT, 6: UINT, 7: UINT, 8: BOOL, 9: STRING, 12: BYTES, 13: UINT,
    14: INT, 15: INT, 16: INT, 17: INT, 18: INT,
}  # fmt: skip


def rule_type(descriptor: Any, *, single: bool = False) -> Type:
    """The type of a field of the messages that rules are written in, from its protobuf descriptor."""
    from protoc_gen_pds.schema.custom_options import is_repeated

    if not single and is_repeated(descriptor):
        return list_of(rule_type(descriptor, single=True))
    if descriptor.message_type is None:
        return _BY_NUMBER[descriptor.type]
    return _WELL_KNOWN.get(descriptor.message_type.full_name) or Type("message")
