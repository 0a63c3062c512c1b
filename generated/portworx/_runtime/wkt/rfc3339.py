"""Points in time as text: RFC 3339 in the subset that ProtoJSON has."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from .duration import NANOS, fraction
from .timestamp import MAX_SECONDS, MIN_SECONDS

EPOCH = date(1970, 1, 1).toordinal()

_FORM = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
).fullmatch
_TWO_DIGITS = tuple(f"{n:02d}" for n in range(60))


# Times of one day are usually read and written together, and a day takes longer than the rest of a time.
@lru_cache(maxsize=256)
def _date_text(day: int) -> str:
    return date.fromordinal(EPOCH + day).isoformat()


@lru_cache(maxsize=256)
def _date_seconds(text: str) -> int:
    return (
        date(int(text[:4]), int(text[5:7]), int(text[8:])).toordinal() - EPOCH
    ) * 86_400


def to_text(seconds: int, nanos: int) -> str:
    """A number of seconds since 1970, and nanoseconds, with 0, 3, 6 or 9 digits after the point.

    Raises:
        ValueError: the year is not between 1 and 9999, or the nanoseconds are out of range.
    """
    if not (MIN_SECONDS <= seconds <= MAX_SECONDS and 0 <= nanos < NANOS):
        raise ValueError(f"a Timestamp of {seconds} s and {nanos} ns is not valid")
    day, second = divmod(seconds, 86_400)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    end = fraction(nanos) if nanos else ""
    return (
        f"{_date_text(day)}T{_TWO_DIGITS[hour]}:{_TWO_DIGITS[minute]}"
        f":{_TWO_DIGITS[second]}{end}Z"
    )


def parse(text: str) -> tuple[int, int]:
    """Seconds since 1970, and nanoseconds.

    Raises:
        ValueError: the text has another form, or the year is not between 1 and 9999.
    """
    match = _FORM(text)
    if match is None:
        raise ValueError(
            f"{text!r} is not an RFC 3339 timestamp such as '2026-01-31T12:00:00Z'"
        )
    day, hours, minutes, rest, digits, sign, zone_hours, zone_minutes = match.groups()
    hour, minute, second = int(hours), int(minutes), int(rest)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{text!r} is not a point in time: no such time of day")
    try:
        seconds = _date_seconds(day) + hour * 3_600 + minute * 60 + second
    except ValueError as error:
        raise ValueError(f"{text!r} is not a point in time: {error}") from None
    if sign is not None:
        hour, minute = int(zone_hours), int(zone_minutes)
        if hour > 23 or minute > 59:
            raise ValueError(f"{text!r} has an offset of a day or more")
        offset = hour * 3_600 + minute * 60
        seconds += offset if sign == "-" else -offset
        if not MIN_SECONDS <= seconds <= MAX_SECONDS:
            raise ValueError(f"{text!r} is outside of the years 1 to 9999")
    return seconds, int(digits.ljust(9, "0")) if digits else 0
