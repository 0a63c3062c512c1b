"""Numbers and JSON names of an enum's members: what generated codecs look values up in."""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Generic, TypeVar

from .enums import ClosedEnum
from .errors import DecodeError
from .json_values import UnknownName
from .wire import int32

E = TypeVar("E", bound=IntEnum)


class EnumTable(dict[int, E], Generic[E]):
    """Members by number, as varints hold it: ``table[n]``.

    Attributes:
        enum: the enum's class.
        closed: whether numbers without a name are refused.
        names: JSON names by number; the first name of several for one number.
        members: members by JSON name, aliases included, and by .proto name.
    """

    __slots__ = ("closed", "enum", "members", "names", "proto_names")

    def __init__(
        self,
        enum: type[E],
        *,
        proto_names: Mapping[str, str] | None = None,
        json_names: Mapping[str, str] | None = None,
    ) -> None:
        """Make the table of an enum.

        Args:
            enum: its class.
            proto_names: .proto names by the names of the class, where they differ.
            json_names: JSON names by the names of the class, where they differ from the .proto names.
        """
        self.enum = enum
        self.closed = issubclass(enum, ClosedEnum)
        self.names: dict[int, str] = {}
        self.proto_names: dict[int, str] = {}
        self.members: dict[str, E] = {}
        for python_name, member in enum.__members__.items():
            number = int(member)
            proto_name = (proto_names or {}).get(python_name, python_name)
            json_name = (json_names or {}).get(python_name, proto_name)
            self.names.setdefault(number, json_name)
            self.proto_names.setdefault(number, proto_name)
            self.members[proto_name] = member
            self.members[json_name] = member
            self[number] = member
            self[number & 0xFFFFFFFFFFFFFFFF] = member

    def __missing__(self, n: int) -> E:
        n &= 0xFFFFFFFF
        number = n if n < 0x80000000 else n - 0x100000000
        return self.enum(number)

    def find(self, n: int) -> E | None:
        """The member for a varint, or None where a closed enum has none."""
        found = self.get(n)
        if found is not None:
            return found
        try:
            return self.__missing__(n)
        except ValueError:
            return None

    def encode(self, value: int) -> bytes:
        """The number of a member as a varint; one that a closed enum does not have is refused."""
        if value not in self:
            raise ValueError(f"{value} is no value of enum {self.enum.__qualname__}")
        return int32(value)

    def from_json(self, value: object, lax: bool) -> E | None:
        """The member for a JSON value: a name or a number; None for an unknown name, where ``lax``."""
        if isinstance(value, str):
            found = self.members.get(value)
            if found is None and not lax:
                raise DecodeError(
                    f"{value!r} is no value of enum {self.enum.__qualname__}"
                )
            return found
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise DecodeError(
                f"expected a name or number of enum {self.enum.__qualname__}"
            )
        try:
            return self.enum(value)
        except ValueError:
            if lax and self.closed:
                return None
            raise DecodeError(
                f"{value} is no value of enum {self.enum.__qualname__}"
            ) from None

    def read_json(self, value: object, depth: int, lax: bool) -> E:
        """The member for an element of a list or map.

        Raises:
            UnknownName: it is no value of the enum, which the caller may pass over.
        """
        found = self.from_json(value, lax)
        if found is None:
            raise UnknownName(f"{value!r} is no value of enum {self.enum.__qualname__}")
        return found

    def to_json(self, value: int) -> str | int | None:
        """The JSON form of a member: its name, or its number where it has none."""
        found = self.names.get(value)
        if found is not None:
            return found
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError
        if self.closed:
            raise ValueError(f"{value} is no value of enum {self.enum.__qualname__}")
        if not -0x80000000 <= value < 0x80000000:
            raise OverflowError
        return int(value)
