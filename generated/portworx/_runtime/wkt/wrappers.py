"""The wrappers of google/protobuf/wrappers.proto: messages that hold one scalar.

A field of such a type is ``str | None`` and the like; the classes serve where a message is needed: as
input or output of an rpc, and in Any.
"""

from __future__ import annotations

from ..message import dataclass
from .base import WellKnown


@dataclass
class DoubleValue(WellKnown, full_name="google.protobuf.DoubleValue"):
    """Holds a double."""

    __slots__ = ("value",)

    value: float

    def __init__(self, *, value: float = 0.0) -> None:
        self.value = value
        self._unknown = b""


@dataclass
class FloatValue(WellKnown, full_name="google.protobuf.FloatValue"):
    """Holds a float."""

    __slots__ = ("value",)

    value: float

    def __init__(self, *, value: float = 0.0) -> None:
        self.value = value
        self._unknown = b""


@dataclass
class Int64Value(WellKnown, full_name="google.protobuf.Int64Value"):
    """Holds an int64."""

    __slots__ = ("value",)

    value: int

    def __init__(self, *, value: int = 0) -> None:
        self.value = value
        self._unknown = b""


@dataclass
class UInt64Value(WellKnown, full_name="google.protobuf.UInt64Value"):
    """Holds a uint64."""

    __slots__ = ("value",)

    value: int

    def __init__(self, *, value: int = 0) -> None:
        self.value = value
        self._unknown = b""


@dataclass
class Int32Value(WellKnown, full_name="google.protobuf.Int32Value"):
    """Holds an int32."""

    __slots__ = ("value",)

    value: int

    def __init__(self, *, value: int = 0) -> None:
        self.value = value
        self._unknown = b""


@dataclass
class UInt32Value(WellKnown, full_name="google.protobuf.UInt32Value"):
    """Holds a uint32."""

    __slots__ = ("value",)

    value: int

    def __init__(self, *, value: int = 0) -> None:
        self.value = value
        self._unknown = b""


@dataclass
class BoolValue(WellKnown, full_name="google.protobuf.BoolValue"):
    """Holds a bool."""

    __slots__ = ("value",)

    value: bool

    def __init__(self, *, value: bool = False) -> None:
        self.value = value
        self._unknown = b""


@dataclass
class StringValue(WellKnown, full_name="google.protobuf.StringValue"):
    """Holds a string."""

    __slots__ = ("value",)

    value: str

    def __init__(self, *, value: str = "") -> None:
        self.value = value
        self._unknown = b""


@dataclass
class BytesValue(WellKnown, full_name="google.protobuf.BytesValue"):
    """Holds bytes."""

    __slots__ = ("value",)

    value: bytes

    def __init__(self, *, value: bytes = b"") -> None:
        self.value = value
        self._unknown = b""
