"""google.protobuf.Struct, Value, ListValue and NullValue: JSON in protobuf.

A field of type Struct is a ``dict``, one of type ListValue a ``list`` and one of type Value a plain
JSON value; the classes serve where a message is needed: as input or output of an rpc, and in Any.
"""

from __future__ import annotations

from typing import TypeAlias

from ..enums import ProtoEnum
from ..message import dataclass
from .base import WellKnown

JsonValue: TypeAlias = (
    "bool | float | str | list[JsonValue] | dict[str, JsonValue] | None"
)
"""A JSON value; numbers are doubles, so an int comes back as a float."""


class NullValue(ProtoEnum):
    """The enum of JSON's null.

    In a field of type Value it tells null from None, which is an unset field.
    """

    NULL_VALUE = 0


@dataclass
class Struct(WellKnown, full_name="google.protobuf.Struct"):
    """A JSON object."""

    __slots__ = ("fields",)

    fields: dict[str, JsonValue]

    def __init__(self, *, fields: dict[str, JsonValue] | None = None) -> None:
        self.fields = {} if fields is None else fields
        self._unknown = b""


@dataclass
class ListValue(WellKnown, full_name="google.protobuf.ListValue"):
    """A JSON array."""

    __slots__ = ("values",)

    values: list[JsonValue]

    def __init__(self, *, values: list[JsonValue] | None = None) -> None:
        self.values = [] if values is None else values
        self._unknown = b""


@dataclass
class Value(WellKnown, full_name="google.protobuf.Value"):
    """A JSON value; None is a Value that holds nothing, which has no JSON form."""

    __slots__ = ("value",)

    value: JsonValue | NullValue

    def __init__(self, *, value: JsonValue | NullValue = None) -> None:
        self.value = value
        self._unknown = b""
