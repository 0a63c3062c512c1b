"""Base classes of generated enums: open ones keep numbers that they do not know, closed ones refuse them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class ProtoEnum(IntEnum):
    """An open enum (protobuf.dev/programming-guides/enum).

    ``Phase(7)`` for a number without a name is a member of its class all the same: it compares,
    hashes and encodes as 7, and its ``name`` is ``"7"``. Such members are made anew each time, so a
    stream of random numbers does not fill the memory: compare them with ``==``, not with ``is``.

    Raises:
        ValueError: the number is outside of int32.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or not -(2**31) <= value < 2**31:
            return None
        member = int.__new__(cls, value)
        member._name_ = str(int(value))
        member._value_ = int(value)
        return member


class ClosedEnum(IntEnum):
    """A closed enum, as proto2 has them: a number without a name is a ValueError.

    The decoder keeps such numbers among the unknown fields instead.
    """
