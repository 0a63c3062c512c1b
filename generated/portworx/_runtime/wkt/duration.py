"""google.protobuf.Duration: an exact span of time."""

# pyright: reportUnnecessaryIsInstance=false

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .base import Immutable

if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Self

NANOS = 1_000_000_000
MAX_SECONDS = 315_576_000_000
"""Largest magnitude of the seconds of a Duration that has a JSON form: about 10,000 years."""


class Duration(Immutable, full_name="google.protobuf.Duration"):
    """A span of time with the precision of a nanosecond; immutable.

    ``seconds`` and ``nanos`` have the same sign. Durations add, subtract, compare and hash; with
    :class:`datetime.timedelta` they convert both ways.
    """

    __slots__ = ("_nanos", "_seconds")
    _fields: ClassVar[tuple[str, ...]] = ("seconds", "nanos")

    _seconds: int
    _nanos: int

    def __init__(self, *, seconds: int = 0, nanos: int = 0) -> None:
        self._seconds = seconds
        self._nanos = nanos
        self._unknown = b""

    @property
    def seconds(self) -> int:
        """Whole seconds."""
        return self._seconds

    @property
    def nanos(self) -> int:
        """Nanoseconds beyond the seconds, from -999,999,999 to 999,999,999."""
        return self._nanos

    @classmethod
    def from_nanoseconds(cls, nanoseconds: int) -> Self:
        """A span of nanoseconds."""
        seconds, nanos = divmod(abs(nanoseconds), NANOS)
        return (
            cls(seconds=seconds, nanos=nanos)
            if nanoseconds >= 0
            else cls(seconds=-seconds, nanos=-nanos)
        )

    def to_nanoseconds(self) -> int:
        """The span in nanoseconds."""
        return self._seconds * NANOS + self._nanos

    @classmethod
    def from_timedelta(cls, delta: timedelta) -> Self:
        """The span of a timedelta; exact."""
        return cls.from_nanoseconds(
            ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds)
            * 1_000
        )

    def to_timedelta(self) -> timedelta:
        """The span as a timedelta, nanoseconds cut off.

        Raises:
            OverflowError: a timedelta cannot hold it.
        """
        from datetime import timedelta

        microseconds = abs(self.to_nanoseconds()) // 1_000
        return timedelta(
            microseconds=microseconds if self.to_nanoseconds() >= 0 else -microseconds
        )

    def total_seconds(self) -> float:
        """The span in seconds, rounded to a float."""
        return self.to_nanoseconds() / NANOS

    @classmethod
    def from_string(cls, text: str) -> Self:
        """Read ProtoJSON's form, ``"1.5s"``.

        Raises:
            ValueError: the text has another form, or the span is out of range.
        """
        import re

        match = re.fullmatch(r"(-?)([0-9]+)(?:\.([0-9]{1,9}))?s", text)
        if match is None:
            raise ValueError(f"{text!r} is not a duration such as '1.5s'")
        if int(match[2]) > MAX_SECONDS:
            raise ValueError(f"{text!r} is longer than 10,000 years")
        nanoseconds = int(match[2]) * NANOS + int((match[3] or "").ljust(9, "0"))
        return cls.from_nanoseconds(-nanoseconds if match[1] else nanoseconds)

    def __str__(self) -> str:
        """ProtoJSON's form, with 0, 3, 6 or 9 digits after the point.

        Raises:
            ValueError: the duration is out of range or its parts differ in sign.
        """
        seconds, nanos = self._seconds, self._nanos
        if abs(seconds) > MAX_SECONDS or abs(nanos) >= NANOS or seconds * nanos < 0:
            raise ValueError(f"a Duration of {seconds} s and {nanos} ns is not valid")
        sign = "-" if seconds < 0 or nanos < 0 else ""
        return f"{sign}{abs(seconds)}{fraction(abs(nanos))}s"

    def __add__(self, other: Duration | timedelta) -> Self:
        nanoseconds = _nanoseconds(other)
        if nanoseconds is None:
            return NotImplemented
        return self.from_nanoseconds(self.to_nanoseconds() + nanoseconds)

    __radd__ = __add__

    def __sub__(self, other: Duration | timedelta) -> Self:
        nanoseconds = _nanoseconds(other)
        if nanoseconds is None:
            return NotImplemented
        return self.from_nanoseconds(self.to_nanoseconds() - nanoseconds)

    def __mul__(self, factor: int) -> Self:
        if not isinstance(factor, int):
            return NotImplemented
        return self.from_nanoseconds(self.to_nanoseconds() * factor)

    __rmul__ = __mul__

    def __neg__(self) -> Self:
        return self.from_nanoseconds(-self.to_nanoseconds())

    def __abs__(self) -> Self:
        return self.from_nanoseconds(abs(self.to_nanoseconds()))

    def __bool__(self) -> bool:
        return bool(self._seconds or self._nanos)

    def __lt__(self, other: Duration) -> bool:
        return (
            self.to_nanoseconds() < other.to_nanoseconds()
            if isinstance(other, Duration)
            else NotImplemented
        )

    def __le__(self, other: Duration) -> bool:
        return (
            self.to_nanoseconds() <= other.to_nanoseconds()
            if isinstance(other, Duration)
            else NotImplemented
        )

    def __gt__(self, other: Duration) -> bool:
        return (
            self.to_nanoseconds() > other.to_nanoseconds()
            if isinstance(other, Duration)
            else NotImplemented
        )

    def __ge__(self, other: Duration) -> bool:
        return (
            self.to_nanoseconds() >= other.to_nanoseconds()
            if isinstance(other, Duration)
            else NotImplemented
        )

    def __hash__(self) -> int:
        return hash((self._seconds, self._nanos))

    __eq__ = Immutable.__eq__


def fraction(nanos: int) -> str:
    """Digits after the second as ProtoJSON has them: none, or 3, 6 or 9 after a point."""
    if not nanos:
        return ""
    digits = f"{nanos:09d}"
    return "." + (
        digits[:3]
        if digits[3:] == "000000"
        else digits[:6]
        if digits[6:] == "000"
        else digits
    )


def _nanoseconds(value: object) -> int | None:
    if isinstance(value, Duration):
        return value.to_nanoseconds()
    from datetime import timedelta

    return (
        Duration.from_timedelta(value).to_nanoseconds()
        if isinstance(value, timedelta)
        else None
    )
