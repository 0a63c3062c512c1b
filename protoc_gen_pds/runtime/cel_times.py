"""CEL's functions of times (cel-spec, langdef.md): timestamps and durations are integers of nanoseconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .validation.violation import RuleError

if TYPE_CHECKING:
    from datetime import datetime

NANOS = 1_000_000_000
_FIRST = -62_135_596_800 * NANOS
_LAST = 253_402_300_800 * NANOS - 1
_LONGEST = 315_576_000_000 * NANOS
_UNITS = {
    "h": 3600 * NANOS,
    "m": 60 * NANOS,
    "s": NANOS,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}
_DURATION = re.compile(
    r"([-+]?)((?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:h|ms|us|ns|m|s))+|0)"
)


def timestamp(nanoseconds: int) -> int:
    """A result of arithmetic; one outside of the years 1 to 9999 is an error."""
    if _FIRST <= nanoseconds <= _LAST:
        return nanoseconds
    raise RuleError("timestamp out of range")


def parse_timestamp(text: str) -> int:
    """A point in time from RFC 3339."""
    from .wkt.rfc3339 import parse

    # Digits after the ninth of a fraction are left out, as cel-go does it.
    exact = re.sub(r"(\.[0-9]{9})[0-9]+", r"\1", text)
    try:
        seconds, nanos = parse(exact)
        return timestamp(seconds * NANOS + nanos)
    except ValueError as error:
        raise RuleError(f"{text!r} is no timestamp") from error


def parse_duration(text: str) -> int:
    """A duration from a text such as ``1h30m`` or ``-1.5s``."""
    from decimal import Decimal

    match = _DURATION.fullmatch(text)
    if match is None:
        raise RuleError(f"{text!r} is no duration")
    parts: list[tuple[str, str]] = re.findall(r"([0-9.]+)(h|ms|us|ns|m|s)", match[2])
    total = sum(int(Decimal(number) * _UNITS[unit]) for number, unit in parts)
    if total > _LONGEST:
        raise RuleError("duration out of range")
    return -total if match[1] == "-" else total


def local(nanoseconds: int, zone: str = "UTC") -> datetime:
    """The civil time in a zone: a name of the tz database, or an offset such as ``-02:30``."""
    from datetime import UTC, datetime, timedelta

    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=nanoseconds // NANOS)
    if zone in ("UTC", ""):
        return moment
    offset = re.fullmatch(r"([-+]?)([0-9]{1,2}):([0-9]{2})", zone)
    try:
        if offset is not None:
            span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return moment + (-span if offset[1] == "-" else span)
        from zoneinfo import ZoneInfo

        return moment.astimezone(ZoneInfo(zone))
    except (LookupError, ValueError, OSError, OverflowError) as error:
        raise RuleError(f"unknown time zone {zone!r}") from error


def day_of_week(nanoseconds: int, zone: str = "UTC") -> int:
    """The day of the week, 0 for Sunday."""
    return local(nanoseconds, zone).isoweekday() % 7


def day_of_year(nanoseconds: int, zone: str = "UTC") -> int:
    """The day of the year, from 0."""
    return local(nanoseconds, zone).timetuple().tm_yday - 1


def whole(nanoseconds: int, unit: int) -> int:
    """How many whole units of so many nanoseconds a duration has, rounded towards zero."""
    return nanoseconds // unit if nanoseconds >= 0 else -(-nanoseconds // unit)
