"""CEL's types, as far as rules need them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from protoc_gen_pds.schema import Field, Kind, Message


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its CEL name, and what it is made of.

    Attributes:
        name: ``bool``, ``int``, ``uint``, ``double``, ``string``, ``bytes``, ``null``, ``timestamp``,
            ``duration``, ``list``, ``map``, ``wrapper``, ``message``, ``type`` or ``dyn``.
        element: type of a list's elements, of a map's values, or of what a wrapper holds; None for a list or
            map that is written without any.
        key: type of a map's keys.
        message: what a generated message is; None for the messages that rules are written in.
    """

    name: str
    element: Type | None = None
    key: Type | None = None
    message: Message | None = None

    def __str__(self) -> str:
        if self.name == "list":
            return f"list({self.of})"
        if self.name == "map":
            return f"map({self.key or DYN}, {self.of})"
        if self.name == "wrapper":
            return f"wrapper({self.of})"
        return self.message.full_name if self.message is not None else self.name

    @property
    def of(self) -> Type:
        """Type of the elements or values, or of what is held."""
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


def wrapper(held: Type) -> Type:
    """The type of a field of a wrapper: null where it is not set."""
    return Type("wrapper", held)


def unwrapped(type: Type) -> Type:
    """What a wrapper holds; any other type as it is."""
    return type.of if type.name == "wrapper" else type


def joined(types: Iterable[Type]) -> Type:
    """The type that values of some types have together: the most general of them, or dyn."""
    return reduce(_more_general, types)


def _more_general(one: Type, other: Type) -> Type:
    if _covers(one, other):
        return one
    return other if _covers(other, one) else DYN


def _covers(general: Type, special: Type) -> bool:
    """Whether the values of one type have another too."""
    if general in (special, DYN):
        return True
    if general.name == "wrapper":
        return special in (general.of, NULL)
    if general.name != special.name or general.name not in ("list", "map"):
        return False
    if general.element is None or special.element is None:
        return special.element is None
    return _covers(general.of, special.of) and _covers(general.key or DYN, special.key or DYN)


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
