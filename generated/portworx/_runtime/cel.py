"""What generated rules call: CEL's arithmetic, errors and functions where Python's differ (cel-spec, langdef.md).

Times and durations are integers of nanoseconds. Library formats (``is_email``) are here too, so that
rules need one import.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from .cel_format import (
    Moment,
    Span,
    TypeName,
    Unsigned,
    duration_text,
    format_string,
    text_of,
    timestamp_text,
)
from .cel_messages import (
    default,
    dispatch,
    float32,
    given,
    has,
    int32,
    json,
    json_of,
    make,
    select,
    type_of,
    uint32,
    unpack,
    unpack_bytes,
)
from .cel_strings import (
    char_at,
    index_of,
    join,
    last_index_of,
    lower_ascii,
    parse_bool,
    parse_double,
    parse_int,
    parse_uint,
    quote,
    replace,
    split,
    substring,
    upper_ascii,
)
from .cel_times import (
    day_of_week,
    day_of_year,
    local,
    parse_duration,
    parse_timestamp,
    timestamp,
    whole,
)
from .cel_values import (
    MixedMap,
    contains,
    elements,
    equal,
    has_key,
    item,
    lookup,
    map_key,
    map_of,
    maybe,
    member,
    ordered,
    size,
    truth,
)
from .formats import (
    is_email,
    is_host_and_port,
    is_hostname,
    is_ip,
    is_ip_prefix,
    is_uri,
    is_uri_ref,
)
from .validation.violation import RuleError

if TYPE_CHECKING:
    from .wkt import Duration, Timestamp

__all__ = [
    "MixedMap",
    "Moment",
    "Span",
    "TypeName",
    "Unsigned",
    "both",
    "char_at",
    "chosen",
    "contains",
    "day_of_week",
    "day_of_year",
    "decode",
    "default",
    "dispatch",
    "divide",
    "divide_double",
    "duration_text",
    "either",
    "elements",
    "equal",
    "every",
    "float32",
    "format_string",
    "given",
    "has",
    "has_key",
    "index_of",
    "int32",
    "int64",
    "int_of",
    "is_email",
    "is_host_and_port",
    "is_hostname",
    "is_inf",
    "is_ip",
    "is_ip_prefix",
    "is_nan",
    "is_uri",
    "is_uri_ref",
    "item",
    "join",
    "json",
    "json_of",
    "last_index_of",
    "local",
    "lookup",
    "lower_ascii",
    "make",
    "map_key",
    "map_of",
    "maybe",
    "member",
    "modulo",
    "nanoseconds",
    "ordered",
    "parse_bool",
    "parse_double",
    "parse_duration",
    "parse_int",
    "parse_timestamp",
    "parse_uint",
    "quote",
    "replace",
    "select",
    "size",
    "some",
    "split",
    "substring",
    "text_of",
    "timestamp",
    "timestamp_text",
    "truth",
    "type_of",
    "uint32",
    "uint64",
    "uint_of",
    "unique",
    "unpack",
    "unpack_bytes",
    "upper_ascii",
    "whole",
]

T = TypeVar("T")

_I64 = 1 << 63
_U64 = 1 << 64


def int64(value: int) -> int:
    """A result of arithmetic on ints; an overflow is an error."""
    if -_I64 <= value < _I64:
        return value
    raise RuleError("integer overflow")


def uint64(value: int) -> int:
    """A result of arithmetic on uints; an overflow is an error."""
    if 0 <= value < _U64:
        return value
    raise RuleError("unsigned integer overflow")


def divide(a: int, b: int) -> int:
    """Integer division, rounded towards zero."""
    if b == 0:
        raise RuleError("division by zero")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def modulo(a: int, b: int) -> int:
    """Remainder of :func:`divide`; it has the sign of the dividend."""
    if b == 0:
        raise RuleError("modulus by zero")
    if a == -_I64 and b == -1:
        raise RuleError("integer overflow")
    remainder = abs(a) % abs(b)
    return -remainder if a < 0 else remainder


def divide_double(a: float, b: float) -> float:
    """Division of doubles (IEEE 754): by zero it is infinite, or not a number."""
    if b != 0:
        return a / b
    if a == 0 or a != a:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def is_nan(value: float) -> bool:
    """Whether a double is not a number."""
    return value != value


def is_inf(value: float, sign: int = 0) -> bool:
    """Whether a double is infinite, with the given sign unless that is 0."""
    return math.isinf(value) and (sign == 0 or (value > 0) == (sign > 0))


# -- logic: an error on one side does not matter if the other side decides -------------------------


def both(left: Callable[[], bool], right: Callable[[], bool]) -> bool:
    """``left && right`` where ``left`` may fail."""
    try:
        if not left():
            return False
    except RuleError:
        if not right():
            return False
        raise
    return right()


def either(left: Callable[[], bool], right: Callable[[], bool]) -> bool:
    """``left || right`` where ``left`` may fail."""
    try:
        if left():
            return True
    except RuleError:
        if right():
            return True
        raise
    return right()


def every(items: Iterable[T], test: Callable[[T], bool]) -> bool:
    """``items.all(item, test)`` where the test may fail: false for one decides."""
    failure: RuleError | None = None
    for element in items:
        try:
            if not test(element):
                return False
        except RuleError as error:
            failure = error
    if failure is not None:
        raise failure
    return True


def some(items: Iterable[T], test: Callable[[T], bool]) -> bool:
    """``items.exists(item, test)`` where the test may fail: true for one decides."""
    return not every(items, lambda element: not test(element))


# -- values ----------------------------------------------------------------------------------------


def nanoseconds(value: Timestamp | Duration | None) -> int:
    """A Timestamp or Duration in nanoseconds; 0 for one that is not set."""
    return 0 if value is None else value.to_nanoseconds()


def decode(value: bytes) -> str:
    """The text that bytes are in UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise RuleError("must be valid UTF-8") from None


def int_of(value: float) -> int:
    """A double as an int, rounded towards zero."""
    if -9223372036854775808.0 < value < 9223372036854775808.0:
        return int(value)
    raise RuleError("range")


def uint_of(value: float) -> int:
    """A double as a uint, rounded towards zero."""
    if 0.0 <= value < 18446744073709551616.0:
        return int(value)
    raise RuleError("range")


def unique(values: Sequence[object]) -> bool:
    """Whether no two elements of a list are equal."""
    if values and not isinstance(values[0], float):
        try:
            return len(set(values)) == len(values)
        except TypeError:
            # Messages and lists have no hash.
            pass
    return not any(value in values[:i] for i, value in enumerate(values))


def chosen(*members: bool) -> int:
    """How many fields of a group are set."""
    return sum(members)
