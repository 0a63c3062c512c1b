"""What an expression compiles to: Python code with its type, or a constant that is known already."""

from __future__ import annotations

import builtins
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from protoc_gen_pds.python import layout
from protoc_gen_pds.rules.cel.types import BOOL, DURATION, DYN, TIMESTAMP, TYPE, UINT, WRAPPERS, Type, joined, unwrapped
from protoc_gen_pds.runtime import cel
from protoc_gen_pds.runtime.validation import RuleError


class CelTypeError(ValueError):
    """An expression that cannot be compiled: an unknown name, no such overload, an unsupported feature."""


class _Unknown:
    def __repr__(self) -> str:
        return "<not constant>"


UNKNOWN: Any = _Unknown()
"""In place of the constant of a value that is known at run time only."""

MAX_SIZE = 1_000_000
"""Characters of a constant that is computed, for each step of an expression may double it."""
_ELEMENT = 8
"""As many characters as an element of a list counts for."""
MAX_WORK = 1_000_000
"""Bodies of macros that are computed for one constant: macros over constant lists can be nested."""


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A compiled expression.

    Attributes:
        code: a Python expression, safe as an operand of any operator; empty for a message of rules.
        type: its CEL type.
        constant: what it is, or :data:`UNKNOWN`.
        free: names in the code that have a meaning only at run time.
        fails: whether evaluating it can raise a RuleError.
        choice: condition, then and otherwise, where it is a conditional.
        nonzero: whether the code around has seen to it that it is not the zero of its type.
        work: how many bodies of macros are evaluated, as far as lists are constants.
    """

    code: str
    type: Type
    constant: Any = UNKNOWN
    free: frozenset[str] = frozenset()
    fails: bool = False
    choice: tuple[Value, Value, Value] | None = None
    nonzero: bool = False
    work: int = 1

    @property
    def known(self) -> bool:
        """Whether it is a constant."""
        return self.constant is not UNKNOWN


def constant(value: Any, type: Type) -> Value:
    """A constant."""
    return Value(literal(value), type, value)


def rules_message(message: Any) -> Value:
    """A message that rules are written in."""
    return Value("", Type("message"), message)


def variable(name: str, type: Type, code: str = "") -> Value:
    """Something that is known at run time."""
    return Value(code or name, type, free=frozenset((name,)))


def literal(value: Any) -> str:
    """Python source of a constant."""
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, float):
        if math.isfinite(value):
            text = layout.double(value)
            return f"({text})" if math.copysign(1, value) < 0 else text
        return f'float("{value}")'
    if isinstance(value, (cel.Moment, cel.Span, cel.Unsigned)):
        return f"cel.{type(value).__name__}({int(value)})"
    if isinstance(value, int):
        return f"({int(value)})" if value < 0 else repr(int(value))
    if isinstance(value, cel.TypeName):
        return f"cel.TypeName({layout.string(str(value))})"
    if isinstance(value, str):
        return layout.string(value)
    if isinstance(value, bytes):
        return layout.bytes_literal(value)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, cel.MixedMap):
        return f"cel.map_of({', '.join(f'({literal(k)}, {literal(v)})' for k, v in value.items())})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    raise CelTypeError(f"a {type(value).__name__} has no literal")


_TAGS = {TIMESTAMP: cel.Moment, DURATION: cel.Span, TYPE: cel.TypeName, UINT: cel.Unsigned}


def tagged(value: Value) -> Value:
    """A value for a place without a type of its own: times, uints and types, at any depth, are marked there."""
    code = _tagged(value.code, value.type)
    return value if code == value.code else fold(replace(value, code=code, constant=UNKNOWN))


def _tagged(code: str, type: Type, x: str = "x") -> str:
    tag = _TAGS.get(unwrapped(type))
    if tag is not None:
        name = f"cel.{tag.__name__}"
        return f"cel.maybe({name}, {code})" if type.name == "wrapper" else f"{name}({code})"
    if type.name not in ("list", "map"):
        return code
    element, key = _tagged(x, type.of, x * 2), _tagged("k", type.key or DYN)
    if (element, key) == (x, "k"):
        return code
    if type.name == "list":
        return f"[{element} for {x} in {code}]"
    return f"{{{key}: {element} for k, {x} in {code}.items()}}"


def alike(values: list[Value]) -> tuple[Type, list[Value]]:
    """The type that some values have together, and how they are where it is theirs."""
    if not values:
        return DYN, values
    type = joined(value.type for value in values)
    return type, [value if unwrapped(value.type) == unwrapped(type) else tagged(value) for value in values]


def given(value: Value) -> Value:
    """An operand that must not be null."""
    if value.type.name != "wrapper":
        return value
    return Value(f"cel.given({value.code})", value.type.of, free=value.free, fails=True, work=value.work)


def combine(code: str, type: Type, *operands: Value, fails: bool = False) -> Value:
    """An expression over operands; where all of them are constants, its value.

    A constant expression that fails stays an expression, so that the error comes when it is evaluated.
    """
    free = frozenset().union(*(operand.free for operand in operands))
    work = sum(operand.work for operand in operands)
    value = Value(code, type, free=free, fails=fails or any(operand.fails for operand in operands), work=work)
    return fold(value)


def fold(value: Value) -> Value:
    """The constant that an expression without free names is; the expression itself where it fails."""
    if value.known or value.free or not value.code:
        return value
    if value.work > MAX_WORK:
        raise CelTypeError(f"macros over constant lists take more than {MAX_WORK:,} steps")
    try:
        result = eval(value.code, {"cel": cel, "re": re, "__builtins__": builtins})
    except RuleError:
        return replace(value, fails=True)
    if _size(result) > MAX_SIZE:
        raise CelTypeError(f"a constant of more than {MAX_SIZE:,} characters, or an eighth of that in elements")
    return constant(result, value.type)


def _size(value: Any) -> int:
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, list):
        return _ELEMENT * len(value) + sum(map(_size, value))
    if isinstance(value, Mapping):
        return _ELEMENT * len(value) + sum(_size(k) + _size(v) for k, v in value.items())
    return 0


def plain(message: Any, descriptor: Any, type: Type) -> Any:
    """The value of a set field of rules as CEL sees it: times in nanoseconds, lists as lists."""
    value = message
    if type.name == "list":
        return [plain(element, descriptor, type.of) for element in value]
    if type in (TIMESTAMP, DURATION):
        return value.seconds * 1_000_000_000 + value.nanos
    full_name = getattr(getattr(value, "DESCRIPTOR", None), "full_name", "")
    return value.value if full_name in WRAPPERS else value


def truth(value: bool) -> Value:
    """A constant bool."""
    return constant(value, BOOL)
