"""CEL's ``format`` (cel-go, ext/strings) for the messages of rules."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from .validation.violation import RuleError

_CLAUSE = re.compile(r"%(?:(%)|(?:\.([0-9]+))?([sdfeboxX])|(.?))", re.DOTALL)
NANOS = 1_000_000_000
MAX_PRECISION = 1000


class Moment(int):
    """A timestamp in nanoseconds among values of other types."""


class Span(int):
    """A duration in nanoseconds among values of other types."""


class Unsigned(int):
    """A uint where the type of a value is known at run time only."""


class TypeName(str):
    """A type, by its name, among values of other types; no text is equal to it."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeName) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other


def is_number(value: object) -> bool:
    """Whether a value is an int, a uint or a double."""
    return isinstance(value, int | float) and not isinstance(
        value, bool | Moment | Span
    )


def format_string(text: str, values: Sequence[Any]) -> str:
    """The text with its ``%`` clauses replaced.

    Args:
        text: clauses are those of printf: ``%s %d %f %e %b %o %x %X``, and ``%%``.
        values: as many as there are clauses.

    Raises:
        RuleError: a clause is unknown, lacks its value, or does not suit it.
    """
    position = 0

    def replaced(clause: re.Match[str]) -> str:
        nonlocal position
        percent, precision, letter, unknown = clause.groups()
        if percent:
            return "%"
        if letter is None:
            raise RuleError(f"unrecognized formatting clause %{unknown}")
        if position >= len(values):
            raise RuleError(f"index {position} out of range")
        value = values[position]
        position += 1
        if precision and (len(precision) > 9 or int(precision) > MAX_PRECISION):
            raise RuleError(f"a precision of more than {MAX_PRECISION} digits")
        return _clause(letter, value, int(precision) if precision else 6)

    return _CLAUSE.sub(replaced, text)


def _clause(letter: str, value: Any, precision: int) -> str:
    number = is_number(value)
    if letter == "s" or (letter == "d" and number):
        return text_of(value)
    if letter in "fe" and number:
        if not math.isfinite(value):
            return text_of(value)
        return format(value, f".{precision}{letter}")
    if letter == "b" and isinstance(value, int) and (number or isinstance(value, bool)):
        return format(int(value), "b")
    if letter == "o" and number and isinstance(value, int):
        return format(value, "o")
    if letter in "xX":
        shown = ""
        if isinstance(value, bytes):
            shown = value.hex()
        elif isinstance(value, str):
            shown = value.encode().hex()
        elif number and isinstance(value, int):
            shown = format(value, "x")
        else:
            raise RuleError("only integers, bytes and strings have a hexadecimal form")
        return shown if letter == "x" else shown.upper()
    raise RuleError(f"the value does not suit the clause %{letter}")


def text_of(value: Any) -> str:
    """A value as ``%s`` writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if isinstance(value, Span):
            return duration_text(value)
        return timestamp_text(value) if isinstance(value, Moment) else str(int(value))
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return re.sub("\ufffd+", "\ufffd", value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        entries = value.items()
        return f"{{{', '.join(sorted(f'{text_of(k)}: {text_of(v)}' for k, v in entries))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(text_of(v) for v in cast('Sequence[Any]', value))}]"
    raise RuleError(f"a {type(value).__name__} has no text form")


def double_text(value: float) -> str:
    """A double in decimals, without an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration_text(nanoseconds: int) -> str:
    """A duration in seconds: ``-1.5s``."""
    sign = "-" if nanoseconds < 0 else ""
    return (
        f"{sign}{_seconds(str(abs(nanoseconds) // NANOS), abs(nanoseconds) % NANOS)}s"
    )


def timestamp_text(nanoseconds: int) -> str:
    """A point in time (RFC 3339)."""
    from datetime import datetime, timedelta

    seconds, nanos = divmod(nanoseconds, NANOS)
    moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return f"{_seconds(moment.isoformat(), nanos)}Z"


def _seconds(whole: str, nanos: int) -> str:
    return f"{whole}.{nanos:09d}".rstrip("0") if nanos else whole
