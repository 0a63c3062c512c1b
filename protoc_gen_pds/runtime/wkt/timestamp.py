"""google.protobuf.Timestamp: an exact point in time."""

# pyright: reportUnnecessaryIsInstance=false

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, overload

from .base import Immutable
from .duration import NANOS, Duration

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from typing import Self

MIN_SECONDS = -62_135_596_800
"""0001-01-01T00:00:00Z."""
MAX_SECONDS = 253_402_300_799
"""9999-12-31T23:59:59Z."""


class Timestamp(Immutable, full_name="google.protobuf.Timestamp"):
    """A point in time with the precision of a nanosecond, in UTC; immutable.

    Timestamps compare and hash; the difference of two is a Duration, and adding a Duration or a
    :class:`datetime.timedelta` gives another. ``str`` is RFC 3339, as in ProtoJSON.
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
        """Seconds since 1970-01-01T00:00:00Z, leap seconds not counted."""
        return self._seconds

    @property
    def nanos(self) -> int:
        """Nanoseconds after the second, from 0 to 999,999,999."""
        return self._nanos

    @classmethod
    def now(cls) -> Self:
        """The present, by the system's clock."""
        import time

        return cls.from_nanoseconds(time.time_ns())

    @classmethod
    def from_nanoseconds(cls, nanoseconds: int) -> Self:
        """A number of nanoseconds since 1970-01-01T00:00:00Z."""
        seconds, nanos = divmod(nanoseconds, NANOS)
        return cls(seconds=seconds, nanos=nanos)

    def to_nanoseconds(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z."""
        return self._seconds * NANOS + self._nanos

    @classmethod
    def from_datetime(cls, value: datetime) -> Self:
        """The point in time of an aware datetime; exact.

        Raises:
            ValueError: the datetime has no time zone, so it names no point in time.
        """
        offset = value.utcoffset()
        if offset is None:
            raise ValueError(
                f"{value!r} has no time zone; give it one, for example with tzinfo=timezone.utc"
            )
        from datetime import datetime

        delta = value.replace(tzinfo=None) - offset - datetime(1970, 1, 1)
        return cls(
            seconds=delta.days * 86_400 + delta.seconds,
            nanos=delta.microseconds * 1_000,
        )

    def to_datetime(self) -> datetime:
        """An aware datetime in UTC, nanoseconds cut off.

        Raises:
            OverflowError: the year is not between 1 and 9999.
        """
        from datetime import UTC, datetime, timedelta

        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return epoch + timedelta(
            seconds=self._seconds, microseconds=self._nanos // 1_000
        )

    @classmethod
    def from_string(cls, text: str) -> Self:
        """Read RFC 3339, as ProtoJSON has it; any offset, up to nine digits after the second.

        Raises:
            ValueError: the text has another form, or the year is not between 1 and 9999.
        """
        from .rfc3339 import parse

        seconds, nanos = parse(text)
        return cls(seconds=seconds, nanos=nanos)

    def __str__(self) -> str:
        """RFC 3339 in UTC, with 0, 3, 6 or 9 digits after the second.

        Raises:
            ValueError: the year is not between 1 and 9999, or nanos is out of range.
        """
        from .rfc3339 import to_text

        return to_text(self._seconds, self._nanos)

    def __add__(self, other: Duration | timedelta) -> Self:
        duration = _duration(other)
        if duration is None:
            return NotImplemented
        return self.from_nanoseconds(self.to_nanoseconds() + duration.to_nanoseconds())

    __radd__ = __add__

    @overload
    def __sub__(self, other: Timestamp) -> Duration: ...
    @overload
    def __sub__(self, other: Duration | timedelta) -> Self: ...
    def __sub__(self, other: Timestamp | Duration | timedelta) -> Duration | Self:
        if isinstance(other, Timestamp):
            return Duration.from_nanoseconds(
                self.to_nanoseconds() - other.to_nanoseconds()
            )
        duration = _duration(other)
        if duration is None:
            return NotImplemented
        return self.from_nanoseconds(self.to_nanoseconds() - duration.to_nanoseconds())

    def __lt__(self, other: Timestamp) -> bool:
        return (
            self.to_nanoseconds() < other.to_nanoseconds()
            if isinstance(other, Timestamp)
            else NotImplemented
        )

    def __le__(self, other: Timestamp) -> bool:
        return (
            self.to_nanoseconds() <= other.to_nanoseconds()
            if isinstance(other, Timestamp)
            else NotImplemented
        )

    def __gt__(self, other: Timestamp) -> bool:
        return (
            self.to_nanoseconds() > other.to_nanoseconds()
            if isinstance(other, Timestamp)
            else NotImplemented
        )

    def __ge__(self, other: Timestamp) -> bool:
        return (
            self.to_nanoseconds() >= other.to_nanoseconds()
            if isinstance(other, Timestamp)
            else NotImplemented
        )

    def __hash__(self) -> int:
        return hash((self._seconds, self._nanos))

    __eq__ = Immutable.__eq__


def _duration(value: object) -> Duration | None:
    if isinstance(value, Duration):
        return value
    from datetime import timedelta

    return Duration.from_timedelta(value) if isinstance(value, timedelta) else None
