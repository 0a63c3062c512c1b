"""CEL's equality, order, and access to lists and maps, where a static type does not say what Python has to do.

Python takes ``True`` for 1 and a time in nanoseconds for a number; CEL does not, at any depth.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from .cel_format import Moment, Span, is_number
from .validation.violation import RuleError

T = TypeVar("T")
Scalar = bool | int | float | str


class MixedMap(Mapping[Any, Any]):
    """A map that has both bools and others for its keys: a dict would take ``True`` for 1."""

    def __init__(self, entries: Sequence[tuple[Scalar, Any]]) -> None:
        self._entries = {(isinstance(key, bool), key): value for key, value in entries}

    def __getitem__(self, key: Scalar) -> Any:
        return self._entries[isinstance(key, bool), key]

    def __iter__(self) -> Iterator[Scalar]:
        return (key for _, key in self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def map_of(*entries: tuple[Any, Any]) -> Mapping[Any, Any]:
    """A map whose keys are known at run time only; each has to be another, and none is a double."""
    for key, _ in entries:
        if isinstance(map_key(key), float):
            raise RuleError("no such overload: a map has no doubles for its keys")
    distinct = {(isinstance(key, bool), key) for key, _ in entries}
    if len(distinct) < len(entries):
        raise RuleError("a map has a key twice")
    mixed = len({is_bool for is_bool, _ in distinct}) > 1
    return MixedMap(entries) if mixed else dict(entries)


def map_key(value: object) -> Any:
    """A key of a map, of a type that is known at run time only; a whole double can be the key of an int."""
    if isinstance(value, Scalar) and not isinstance(value, Moment | Span):
        return value
    raise RuleError("no such overload: a map has no such keys")


def has_key(values: Mapping[Any, Any], key: object) -> bool:
    """Whether a map has a key."""
    if key not in values:
        return False
    if isinstance(key, str) or isinstance(values, MixedMap):
        return True
    return isinstance(next(iter(values)), bool) == isinstance(key, bool)


def lookup(values: Mapping[Any, T], key: object) -> T:
    """A value of a map."""
    if not is_map(values):
        raise RuleError("no such overload: not a map")
    if has_key(values, map_key(key)):
        return values[key]
    raise RuleError(f"no such key: {key!r}")


def item(values: Sequence[T], index: Any) -> T:
    """An element of a list; the index may be a whole double too."""
    if isinstance(index, float) and index.is_integer():
        index = int(index)
    if not isinstance(index, int) or not is_number(index):
        raise RuleError("no such overload: a list has integers for its indices")
    if not is_list(values):
        raise RuleError("no such overload: not a list")
    if 0 <= index < len(values):
        return values[index]
    raise RuleError(f"index out of bounds: {index}")


def member(values: Any, index: object) -> Any:
    """An element of a list or a value of a map, whichever of them it is."""
    return item(values, index) if is_list(values) else lookup(values, index)


def is_list(value: object) -> bool:
    """Whether a value is a list."""
    return isinstance(value, list | tuple)


def is_map(value: object) -> bool:
    """Whether a value is a map."""
    return isinstance(value, Mapping)


def truth(value: object) -> bool:
    """A condition of a type that is known at run time only."""
    if isinstance(value, bool):
        return value
    raise RuleError("no such overload: a condition is a bool")


def equal(a: Any, b: Any) -> bool:
    """Equality of values that Python may take for others."""
    if is_list(a) and is_list(b):
        return len(a) == len(b) and all(map(equal, a, b))
    if is_map(a) and is_map(b):
        return len(a) == len(b) and all(
            has_key(b, key) and equal(value, b[key]) for key, value in a.items()
        )
    if is_number(a) and is_number(b) and isinstance(a, float) != isinstance(b, float):
        return float(a) == float(b)
    return _stands_for(a) is _stands_for(b) and bool(a == b)


def _stands_for(value: object) -> type | None:
    """What an integer of Python stands for, if not for a number."""
    kinds = (bool, Moment, Span)
    return next((kind for kind in kinds if isinstance(value, kind)), None)


def size(value: Any) -> int:
    """The size of a value of a type that is known at run time only."""
    if is_list(value) or is_map(value) or isinstance(value, str | bytes):
        return len(value)
    raise RuleError("no such overload: size")


def elements(value: Any) -> list[Any]:
    """What a macro goes through: the elements of a list, or the keys of a map."""
    if is_list(value) or is_map(value):
        return list(value)
    raise RuleError("no such overload: macros take lists and maps")


def contains(values: Any, value: object) -> bool:
    """``value in values`` where Python may take a value for another."""
    if is_map(values):
        return has_key(values, map_key(value))
    return any(equal(value, element) for element in elements(values))


def ordered(symbol: str, a: Any, b: Any) -> bool:
    """A comparison of values of which one has a type that is known at run time only."""
    if is_number(a) and is_number(b):
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


def maybe(made: Callable[[Any], Any], value: Any) -> Any:
    """A value that may be null, as what an integer in its place stands for."""
    return None if value is None else made(value)
