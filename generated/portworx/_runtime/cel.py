"""What generated rules call: CEL's arithmetic, errors and functions where Python's differ (cel-spec, langdef.md).

Times and durations are integers of nanoseconds. Library formats (``is_email``) are here too, so that
rules need one import.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .cel_format import Moment, Span, Unsigned, format_string
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
    "Moment",
    "Span",
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
    "either",
    "elements",
    "equal",
    "every",
    "float32",
    "format_string",
    "given",
    "has",
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
    "timestamp",
    "truth",
    "type_of",
    "uint32",
    "uint64",
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


def item(values: Sequence[T], index: Any) -> T:
    """An element of a list; the index may be a whole double too."""
    if isinstance(index, float) and index.is_integer():
        index = int(index)
    if not isinstance(index, int) or isinstance(index, bool):
        raise RuleError("no such overload: a list has integers for its indices")
    if not _is_list(values):
        raise RuleError("no such overload: not a list")
    if 0 <= index < len(values):
        return values[index]
    raise RuleError(f"index out of bounds: {index}")


def lookup(values: Mapping[Any, T], key: object) -> T:
    """A value of a map."""
    if not _is_map(values):
        raise RuleError("no such overload: not a map")
    try:
        return values[map_key(key)]
    except KeyError:
        raise RuleError(f"no such key: {key!r}") from None


def map_key(value: object) -> Any:
    """A key of a map, of a type that is known at run time only; a whole double can be the key of an int."""
    if isinstance(value, bool | int | float | str):
        return value
    raise RuleError("no such overload: a map has no such keys")


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def truth(value: object) -> bool:
    """A condition of a type that is known at run time only."""
    if isinstance(value, bool):
        return value
    raise RuleError("no such overload: a condition is a bool")


def equal(a: object, b: object) -> bool:
    """Equality of values of which one has a type that is known at run time only: true is not 1."""
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def size(value: Any) -> int:
    """The size of a value of a type that is known at run time only."""
    if _is_list(value) or _is_map(value) or isinstance(value, str | bytes):
        return len(value)
    raise RuleError("no such overload: size")


def elements(value: Any) -> list[Any]:
    """What a macro goes through: the elements of a list, or the keys of a map."""
    if _is_list(value) or _is_map(value):
        return list(value)
    raise RuleError("no such overload: macros take lists and maps")


def contains(values: Any, value: object) -> bool:
    """``value in values`` where the type of ``values`` is known at run time only."""
    return any(equal(value, element) for element in elements(values))


def ordered(symbol: str, a: Any, b: Any) -> bool:
    """A comparison of values of which one has a type that is known at run time only."""
    if _is_number(a) and _is_number(b):
        if isinstance(a, float) or isinstance(b, float):
            a, b = float(a), float(b)
    elif type(a) is not type(b) or not isinstance(a, bool | int | str | bytes):
        raise RuleError(f"no such overload: {symbol}")
    match symbol:
        case "<":
            return bool(a < b)
        case "<=":
            return bool(a <= b)
        case ">":
            return bool(a > b)
        case _:
            return bool(a >= b)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(
        value, bool | Moment | Span
    )


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
