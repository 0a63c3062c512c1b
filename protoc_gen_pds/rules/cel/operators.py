"""CEL's operators: their overloads and the Python for each."""

from __future__ import annotations

from protoc_gen_pds.rules.cel.dynamic import dispatched, is_dynamic, no_overload
from protoc_gen_pds.rules.cel.types import (
    BOOL,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    NUMBERS,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    joined,
    list_of,
    unwrapped,
)
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, combine, given, literal, tagged, truth

_ORDERED = ("bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration")


def _can_be_equal(one: Type, other: Type) -> bool:
    """Whether values of two types can be equal, as far as the names of the types tell."""
    kinds = {unwrapped(one).name, unwrapped(other).name}
    return len(kinds) == 1 or kinds <= {type.name for type in NUMBERS} or not kinds.isdisjoint(("dyn", "null"))


def _exact(one: Type, other: Type) -> bool:
    """Whether Python's equality of values of two types is CEL's: Python takes true for 1, and times for numbers."""
    one, other = unwrapped(one), unwrapped(other)
    if (one in NUMBERS and other in NUMBERS) or _unmistakable(one) or _unmistakable(other):
        return True
    if one.name == other.name and one.element is not None and other.element is not None:
        return _exact(one.of, other.of) and (one.key is None or _exact(one.key, other.key or DYN))
    return one == other is not DYN


def _unmistakable(type: Type) -> bool:
    """Whether a type holds nothing that Python takes for something else."""
    if type.name in ("list", "map"):
        return all(_unmistakable(unwrapped(part)) for part in (type.element, type.key) if part is not None)
    return type.name in ("string", "bytes", "message", "null")


def operator(symbol: str, left: Value, right: Value) -> Value:
    """A comparison, ``in``, or arithmetic."""
    if symbol == "in":
        return _in(left, given(right))
    if symbol in ("==", "!="):
        return _equality(symbol, left, right)
    left, right = given(left), given(right)
    if symbol in ("<", "<=", ">", ">="):
        comparable = left.type == right.type and left.type.name in _ORDERED
        if not comparable and not (left.type in NUMBERS and right.type in NUMBERS) and not is_dynamic(left, right):
            raise no_overload(symbol, left, right)
        if is_dynamic(left, right):
            code = f'cel.ordered("{symbol}", {tagged(left).code}, {tagged(right).code})'
            return combine(code, BOOL, left, right, fails=True)
        one, other = (_as_double(a, b) for a, b in ((left, right), (right, left)))
        return combine(f"({one} {symbol} {other})", BOOL, left, right)
    return _arithmetic(symbol, left, right)


def _as_double(value: Value, other: Value) -> str:
    """An operand of a comparison: an int is rounded before it is compared with a double that may be large."""
    is_integer = value.type in (INT, UINT) or (value.known and type(value.constant) is int)
    is_double = other.type is DOUBLE or (other.known and isinstance(other.constant, float))
    small = any(v.known and isinstance(v.constant, int | float) and abs(v.constant) < 1 << 53 for v in (value, other))
    return f"float({value.code})" if is_integer and is_double and not small else value.code


def _in(item: Value, items: Value) -> Value:
    if items.type.name not in ("list", "map", "dyn"):
        raise no_overload("in", item, items)
    held, is_map = items.type.of, items.type.name == "map"
    if is_map:
        item, held = given(item), items.type.key or DYN
        if item.type not in (BOOL, *NUMBERS, STRING, DYN):
            raise no_overload("in", item, items)
    if not _can_be_equal(item.type, held):
        raise no_overload("in", item, items)
    if items.type is DYN or not _exact(item.type, held) or (is_map and item.type is DYN):
        code = f"cel.contains({tagged(items).code}, {tagged(item).code})"
        return combine(code, BOOL, item, items, fails=item.type is DYN or items.type is DYN)
    if items.known and isinstance(items.constant, list) and not item.known:
        # NaN is in no list, though Python finds it by identity.
        values = [value for value in items.constant if value == value]
        if not values:
            return truth(False)
        if item.type.name in ("string", "int", "uint", "bytes"):
            if len(set(values)) == 1:
                return combine(f"({item.code} == {literal(values[0])})", BOOL, item)
            return combine(f"({item.code} in {{{', '.join(map(literal, dict.fromkeys(values)))}}})", BOOL, item)
        listed = ", ".join(map(literal, values))
        return combine(f"({item.code} in ({listed}{',' if len(values) == 1 else ''}))", BOOL, item)
    return combine(f"({item.code} in {items.code})", BOOL, item, items)


def _equality(symbol: str, left: Value, right: Value) -> Value:
    types = unwrapped(left.type), unwrapped(right.type)
    if not _can_be_equal(*types):
        raise no_overload(symbol, left, right)
    for one, other in ((left, right), (right, left)):
        if one.nonzero and other.known and other.type == one.type and not other.constant:
            return truth(symbol == "!=")
    if not left.code or not right.code:
        return truth((left.constant == right.constant) is (symbol == "=="))
    if NULL in (left.type, right.type) and left.known and right.known:
        return truth((left.constant is right.constant is None) is (symbol == "=="))
    if left.type is right.type is BOOL and (left.known is not right.known):
        value, expected = (right, left) if left.known else (left, right)
        wanted = expected.constant is (symbol == "==")
        return value if wanted else combine(f"(not {value.code})", BOOL, value)
    if NULL in types or (types == (BOOL, BOOL) and (left.known or right.known)):
        identity = "is" if symbol == "==" else "is not"
        return combine(f"({left.code} {identity} {right.code})", BOOL, left, right)
    if not _exact(*types):
        equal = f"cel.equal({tagged(left).code}, {tagged(right).code})"
        return combine(equal if symbol == "==" else f"(not {equal})", BOOL, left, right)
    if DOUBLE in types and types == (left.type, right.type):
        codes = (_as_double(left, right), _as_double(right, left))
        return combine(f"({f' {symbol} '.join(codes)})", BOOL, left, right)
    return combine(f"({left.code} {symbol} {right.code})", BOOL, left, right)


def _arithmetic(symbol: str, left: Value, right: Value) -> Value:
    if is_dynamic(left, right):
        return dispatched(symbol, [left, right], lambda values: _arithmetic(symbol, *values))
    types = (left.type, right.type)
    plain = f"({left.code} {symbol} {right.code})"
    if types == (DOUBLE, DOUBLE) and symbol != "%":
        code = f"cel.divide_double({left.code}, {right.code})" if symbol == "/" else plain
        return combine(code, DOUBLE, left, right)
    if types in ((INT, INT), (UINT, UINT)):
        checked = "cel.int64" if left.type is INT else "cel.uint64"
        if symbol == "/":
            return combine(f"{checked}(cel.divide({left.code}, {right.code}))", left.type, left, right, fails=True)
        if symbol == "%":
            # Python's remainder differs where the dividend is negative, which a length is not.
            positive = left.type is UINT or left.code.startswith("len(")
            if positive and right.known and right.constant > 0:
                return combine(plain, left.type, left, right)
            return combine(f"cel.modulo({left.code}, {right.code})", left.type, left, right, fails=True)
        return combine(f"{checked}({left.code} {symbol} {right.code})", left.type, left, right, fails=True)
    if symbol == "+" and left.type.name == right.type.name and left.type.name in ("string", "bytes", "list"):
        if left.type.name == "list" and (_is_empty(left) or _is_empty(right)):
            return right if _is_empty(left) else left
        if left.type != right.type:
            type = list_of(joined((left.type.of, right.type.of)))
            left, right = (value if value.type == type else tagged(value) for value in (left, right))
            return combine(f"({left.code} + {right.code})", type, left, right)
        return combine(plain, left.type, left, right)
    times = {
        ("+", TIMESTAMP, DURATION): TIMESTAMP,
        ("+", DURATION, TIMESTAMP): TIMESTAMP,
        ("+", DURATION, DURATION): DURATION,
        ("-", TIMESTAMP, TIMESTAMP): DURATION,
        ("-", TIMESTAMP, DURATION): TIMESTAMP,
        ("-", DURATION, DURATION): DURATION,
    }
    found = times.get((symbol, *types))
    if found is None:
        raise no_overload(symbol, left, right)
    if "c.now" in (left.code, right.code):
        # The present is far from the limits, and "within" stays a plain comparison.
        return combine(plain, found, left, right)
    checked = "cel.timestamp" if found is TIMESTAMP else "cel.int64"
    return combine(f"{checked}({left.code} {symbol} {right.code})", found, left, right, fails=True)


def _is_empty(value: Value) -> bool:
    return value.known and value.constant == []


def negated(operand: Value) -> Value:
    """``-operand``."""
    operand = given(operand)
    if operand.type is INT:
        return combine(f"cel.int64(-{operand.code})", INT, operand, fails=True)
    if operand.type is DOUBLE:
        return combine(f"(-{operand.code})", DOUBLE, operand)
    if operand.type is DYN:
        return dispatched("-", [operand], lambda values: negated(*values))
    raise CelTypeError(f"no such overload: -{operand.type}")
