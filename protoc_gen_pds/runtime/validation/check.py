"""One run of checks over a message: collects violations, and judges the shape of unusual values.

Generated code tests what is usual in the line (``v1.__class__ is str and v1.isascii()``) and asks the
methods here about the rest; they return whether the value may be given to its rules.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from ..message import MAX_DEPTH, Message
from .paths import Key, Place, Rule, shown, steps_of
from .violation import Violation

if TYPE_CHECKING:
    from ..wkt import FieldMask, Timestamp

_FLOAT_MAX = 3.4028235677973366e38
"""The first double that does not round to a float any more."""


MANY = 1 << 16
"""Values that may hold their like, until a run looks out for those that it has seen before."""


class Enough(Exception):
    """Ends a run that wants one violation only."""


class Check:
    """State of one run.

    Attributes:
        found: the violations so far.
        faults: how many values of a wrong shape there were: rules about a message are left out where
            this number has grown in it.
        overflow: whether something was nested too deeply. What may be nested is not looked into after
            that: where a value holds itself, and several times, there are more ways through it than any
            run has time for.
    """

    # Class attributes as defaults: a run that nothing goes wrong in costs two assignments.
    faults = 0
    overflow = False
    _for_key = False
    _entered = 0
    _special = False
    _fail_fast = False
    _only: list[tuple[str, ...]] | None = None
    _now: int | None = None

    def __init__(self, root: type[Message]) -> None:
        self.found: list[Violation] = []
        self._root = root

    @cached_property
    def _seen(self) -> dict[int, int]:
        """How deep in the message values were seen, by their ids."""
        return {}

    def configure(
        self, fail_fast: bool, only: FieldMask | None, now: Timestamp | int | None
    ) -> None:
        """Stop at the first violation, report about some fields only, or fix the present."""
        self._special = fail_fast or only is not None
        self._fail_fast = fail_fast
        if only is not None:
            self._only = [tuple(path.split(".")) for path in only.paths]
        self._now = now if now is None or isinstance(now, int) else now.to_nanoseconds()

    @property
    def now(self) -> int:
        """The present in nanoseconds since 1970: one instant for the whole run."""
        if self._now is None:
            import time

            self._now = time.time_ns()
        return self._now

    # -- reporting -------------------------------------------------------------------------------

    def add(
        self,
        at: Place,
        name: str,
        rule_id: str,
        message: str,
        rule: Rule | None = None,
        key: Key = None,
        for_key: bool = False,
    ) -> None:
        """Report a violation by a field, or by an element of it, of the message at a place."""
        found = Violation(self._root, (at, name, key), rule_id, message, rule, for_key)
        if self._special:
            self._select(found)
        else:
            self.found.append(found)

    def report(self, place: Place, rule_id: str, message: str) -> None:
        """Report a violation by the message at a place."""
        found = Violation(self._root, place, rule_id, message)
        if self._special:
            self._select(found)
        else:
            self.found.append(found)

    def _select(self, found: Violation) -> None:
        if self._only is not None:
            names = tuple(name for name, _ in steps_of(found._place))
            if not any(names[: len(path)] == path for path in self._only):
                return
        self.found.append(found)
        if self._fail_fast:
            raise Enough

    # -- shape -----------------------------------------------------------------------------------

    def fault(
        self, at: Place, name: str, what: str, message: str, key: Key = None
    ) -> bool:
        """Report a value of a wrong shape; False."""
        self.faults += 1
        self.add(at, name, f"shape.{what}", message, None, key, self._for_key)
        return False

    def wrong(
        self, value: object, expected: str, at: Place, name: str, key: Key = None
    ) -> bool:
        """Report a value of a wrong type; False."""
        return self.fault(at, name, "type", _expected(expected, value), key)

    def string(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is a str that UTF-8 can hold."""
        if not isinstance(value, str):
            return self.wrong(value, "a str", at, name, key)
        try:
            str.encode(value)
        except UnicodeEncodeError as error:
            found = f"must be text, but has the surrogate U+{ord(value[error.start]):04X} at index {error.start}"
            return self.fault(at, name, "utf8", found, key)
        return True

    def loose_string(
        self, value: object, at: Place, name: str, key: Key = None
    ) -> bool:
        """Whether a value is a str of a field that may hold bytes that are no UTF-8, as surrogates."""
        if isinstance(value, str):
            try:
                str.encode(value, "utf-8", "surrogateescape")
            except UnicodeEncodeError:
                return self.string(value, at, name, key)
            return True
        return self.wrong(value, "a str", at, name, key)

    def bytes(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is bytes."""
        return isinstance(value, bytes | bytearray) or self.wrong(
            value, "bytes", at, name, key
        )

    def boolean(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is a bool."""
        return isinstance(value, bool) or self.wrong(value, "a bool", at, name, key)

    def int32(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is an int of 32 bits with sign."""
        return self._integer(value, -(2**31), 2**31 - 1, at, name, key)

    def int64(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is an int of 64 bits with sign."""
        return self._integer(value, -(2**63), 2**63 - 1, at, name, key)

    def uint32(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is an int of 32 bits without sign."""
        return self._integer(value, 0, 2**32 - 1, at, name, key)

    def uint64(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is an int of 64 bits without sign."""
        return self._integer(value, 0, 2**64 - 1, at, name, key)

    def _integer(
        self, value: object, low: int, high: int, at: Place, name: str, key: Key
    ) -> bool:
        if not isinstance(value, int):
            return self.wrong(value, "an int", at, name, key)
        if low <= value <= high:
            return True
        found = f"must be from {low} to {high}, got {shown(int(value))}"
        return self.fault(at, name, "range", found, key)

    def float(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is a number that a float of 32 bits can hold, rounded."""
        if not self.double(value, at, name, key):
            return False
        number = float(cast("int", value))
        if -_FLOAT_MAX < number < _FLOAT_MAX or number - number != 0:
            return True
        found = f"must fit in a 32-bit float, got {number!r}"
        return self.fault(at, name, "range", found, key)

    def double(self, value: object, at: Place, name: str, key: Key = None) -> bool:
        """Whether a value is a number that a float of 64 bits can hold."""
        if isinstance(value, float):
            return True
        if not isinstance(value, int):
            return self.wrong(value, "a float", at, name, key)
        try:
            float(value)
        except OverflowError:
            found = "must fit in a 64-bit float, got a larger int"
            return self.fault(at, name, "range", found, key)
        return True

    def enum(
        self, value: object, cls: type[Enum], at: Place, name: str, key: Key = None
    ) -> bool:
        """Whether a value is a member of an enum, or an int that is the number of one."""
        if isinstance(value, cls):
            return True
        if not isinstance(value, int) or isinstance(value, bool):
            return self.wrong(value, f"a {cls.__qualname__}", at, name, key)
        try:
            cls(value)
        except ValueError:
            found = f"must be a number of {cls.__qualname__}, got {shown(int(value))}"
            return self.fault(at, name, "range", found, key)
        return True

    def list(self, value: object, at: Place, name: str) -> bool:
        """Whether a value is a list or a tuple."""
        return isinstance(value, list | tuple) or self.wrong(value, "a list", at, name)

    def dict(self, value: object, at: Place, name: str) -> bool:
        """Whether a value is a dict."""
        return isinstance(value, dict) or self.wrong(value, "a dict", at, name)

    def missing(self, at: Place, name: str) -> None:
        """Report a required field of proto2 that is not set."""
        self.fault(at, name, "required", "required field is not set")

    def not_a_member(self, value: object, names: str, at: Place, oneof: str) -> None:
        """Report what a oneof holds instead of one of its members."""
        self.fault(at, oneof, "member", _expected(f"one of {names}", value))

    def wrong_class(self, value: object, cls: type[Message], at: Place) -> bool:
        """Whether a value is no message of a class; reported if so."""
        if isinstance(value, cls):
            return False
        self.faults += 1
        self.report(at, "shape.type", _expected(f"a {cls.__qualname__}", value))
        return True

    def skips(self, m: Message, at: Place) -> bool:
        """Whether a message that may hold its like is not looked into; reported if it is nested too deeply."""
        if self.overflow:
            # What is not looked into counts as faulty, so that no rule sees it.
            self.faults += 1
            return True
        depth, place = 0, at
        while place is not None:
            place = place[0]
            depth += 1
        if depth <= MAX_DEPTH:
            return self.repeats(m, depth)
        self.faults += 1
        self.overflow = True
        self.report(
            at, "shape.depth", f"messages must be nested at most {MAX_DEPTH} deep"
        )
        return True

    def repeats(self, value: object, depth: int) -> bool:
        """Whether a run that takes long has seen a value before, no less deep in the message.

        A value that is held twice, by one that is held twice, and so on, is reached in more ways than
        any run has time for: after the first thousands, each value is checked in one place only.
        """
        self._entered += 1
        if self._entered <= MANY:
            return False
        if depth > self._seen.get(id(value), -1):
            self._seen[id(value)] = depth
            return False
        if self.faults:
            # Perhaps in this value.
            self.faults += 1
        return True

    def map_key(self, kind: str, value: object, at: Place, name: str) -> bool:
        """Whether a key of a map has the shape that the method called ``kind`` asks for."""
        self._for_key = True
        good: bool = getattr(self, kind)(value, at, name, value)
        self._for_key = False
        return good


def _expected(expected: str, value: object) -> str:
    if value is None:
        return f"must be {expected}, got None"
    cls: Any = type(value)
    plain = isinstance(value, int | float | str | bytes)
    return f"must be {expected}, got {cls.__qualname__}{f' {shown(value)}' if plain else ''}"
