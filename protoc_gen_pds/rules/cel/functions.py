"""CEL's operators and functions: their overloads and the Python for each."""

from __future__ import annotations

from collections.abc import Callable

from protoc_gen_pds.rules.cel.types import (
    BOOL,
    BYTES,
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
    list_of,
)
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, combine, literal, tagged, truth

_ORDERED = ("bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration")


_LOOSE = (DYN, INT, UINT, DOUBLE)
"""Types of which a value may be a number: Python's True equals 1, CEL's does not."""


def operator(symbol: str, left: Value, right: Value) -> Value:
    """A comparison, ``in``, or arithmetic."""
    if symbol == "in":
        return _in(left, right)
    if symbol in ("==", "!="):
        return _equality(symbol, left, right)
    if symbol in ("<", "<=", ">", ">="):
        comparable = left.type == right.type and left.type.name in _ORDERED
        if not comparable and not (left.type in NUMBERS and right.type in NUMBERS) and not _is_dyn(left, right):
            raise _no_overload(symbol, left, right)
        if _is_dyn(left, right):
            code = f'cel.ordered("{symbol}", {left.code}, {right.code})'
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


def _is_dyn(*values: Value) -> bool:
    return any(value.type is DYN for value in values)


def _no_overload(name: str, *values: Value) -> CelTypeError:
    return CelTypeError(f"no such overload: {name}({', '.join(str(value.type) for value in values)})")


def _in(item: Value, items: Value) -> Value:
    if items.type.name not in ("list", "map", "dyn"):
        raise _no_overload("in", item, items)
    if items.type is DYN:
        return combine(f"cel.contains({items.code}, {item.code})", BOOL, item, items, fails=True)
    if items.known and isinstance(items.constant, list) and not item.known:
        # NaN is in no list, though Python finds it by identity.
        values = [value for value in items.constant if value == value]
        if not values:
            return truth(False)
        if item.type.name in ("string", "int", "uint", "bytes"):
            return combine(f"({item.code} in {{{', '.join(map(literal, dict.fromkeys(values)))}}})", BOOL, item)
        listed = ", ".join(map(literal, values))
        return combine(f"({item.code} in ({listed}{',' if len(values) == 1 else ''}))", BOOL, item)
    return combine(f"({item.code} in {items.code})", BOOL, item, items)


def _equality(symbol: str, left: Value, right: Value) -> Value:
    numbers = left.type in NUMBERS and right.type in NUMBERS
    kinds = {left.type.name, right.type.name}
    if not numbers and len(kinds) > 1 and "dyn" not in kinds and "null" not in kinds:
        raise _no_overload(symbol, left, right)
    if not left.code or not right.code:
        return truth((left.constant == right.constant) is (symbol == "=="))
    if NULL in (left.type, right.type) and left.known and right.known:
        return truth((left.constant is right.constant is None) is (symbol == "=="))
    if NULL in (left.type, right.type):
        identity = "is" if symbol == "==" else "is not"
        return combine(f"({left.code} {identity} {right.code})", BOOL, left, right)
    if _is_dyn(left, right) and (BOOL in (left.type, right.type) or (left.type in _LOOSE and right.type in _LOOSE)):
        equal = f"cel.equal({left.code}, {right.code})"
        return combine(equal if symbol == "==" else f"(not {equal})", BOOL, left, right)
    return combine(f"({left.code} {symbol} {right.code})", BOOL, left, right)


def _arithmetic(symbol: str, left: Value, right: Value) -> Value:
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
            if left.type is UINT and right.known and right.constant > 0:
                return combine(plain, UINT, left, right)
            return combine(f"cel.modulo({left.code}, {right.code})", left.type, left, right, fails=True)
        return combine(f"{checked}({left.code} {symbol} {right.code})", left.type, left, right, fails=True)
    if symbol == "+" and left.type.name == right.type.name and left.type.name in ("string", "bytes", "list"):
        return combine(plain, left.type if left.type == right.type else list_of(DYN), left, right)
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
        raise _no_overload(symbol, left, right)
    if "c.now" in (left.code, right.code):
        # The present is far from the limits, and "within" stays a plain comparison.
        return combine(plain, found, left, right)
    checked = "cel.timestamp" if found is TIMESTAMP else "cel.int64"
    return combine(f"{checked}({left.code} {symbol} {right.code})", found, left, right, fails=True)


# -- functions -------------------------------------------------------------------------------------

Overload = Callable[[list[Value]], Value]
_OVERLOADS: dict[tuple[str, tuple[str, ...]], Overload] = {}


def call(name: str, arguments: list[Value]) -> Value:
    """A function, or a method with its target as the first argument."""
    if name in _SPECIAL:
        found = _SPECIAL[name](arguments)
        if found is not None:
            return found
        raise _no_overload(name, *arguments)
    if name == "join" and arguments[0].type.name == "list" and arguments[0].type.of not in (STRING, DYN):
        raise _no_overload(name, *arguments)
    overload = _OVERLOADS.get((name, tuple(argument.type.name for argument in arguments)))
    if overload is None:
        known = any(known == name for known, _ in _OVERLOADS)
        raise _no_overload(name, *arguments) if known else CelTypeError(f"unknown function {name}")
    return overload(arguments)


def _simple(name: str, types: str, code: str, result: Type, *, fails: bool = False) -> None:
    """Declare an overload by the names of its types and a template of its code."""

    def made(arguments: list[Value]) -> Value:
        return combine(code.format(*(argument.code for argument in arguments)), result, *arguments, fails=fails)

    _OVERLOADS[name, tuple(types.split())] = made


_simple("size", "dyn", "cel.size({0})", INT, fails=True)
for _type in ("string", "bytes", "list", "map"):
    _simple("size", _type, "len({0})", INT)
_simple("int", "int", "{0}", INT)
_simple("int", "uint", "cel.int64({0})", INT, fails=True)
_simple("int", "double", "cel.int_of({0})", INT, fails=True)
_simple("int", "timestamp", "({0} // 1000000000)", INT)
_simple("uint", "uint", "{0}", UINT)
_simple("uint", "double", "cel.uint64(cel.int_of({0}))", UINT, fails=True)
for _type in ("int", "uint", "double"):
    _simple("double", _type, "float({0})", DOUBLE)
_simple("string", "string", "{0}", STRING)
_simple("string", "bytes", "cel.decode({0})", STRING, fails=True)
for _type in ("int", "uint"):
    _simple("string", _type, "str({0})", STRING)
for _type in ("bool", "double"):
    _simple("string", _type, 'cel.format_string("%s", [{0}])', STRING)
for _type in ("timestamp", "duration"):
    _simple("string", _type, f'cel.format_string("%s", [{{0}}], ["{_type}"])', STRING)
_simple("bytes", "string", "{0}.encode()", BYTES)
_simple("bytes", "bytes", "{0}", BYTES)
_simple("bool", "bool", "{0}", BOOL)
_simple("timestamp", "timestamp", "{0}", TIMESTAMP)
_simple("duration", "duration", "{0}", DURATION)
for _type in ("string", "bytes"):
    _simple("startsWith", f"{_type} {_type}", "{0}.startswith({1})", BOOL)
    _simple("endsWith", f"{_type} {_type}", "{0}.endswith({1})", BOOL)
    _simple("contains", f"{_type} {_type}", "({1} in {0})", BOOL)
_simple("bool", "string", "cel.parse_bool({0})", BOOL, fails=True)
_simple("int", "string", "cel.parse_int({0})", INT, fails=True)
_simple("uint", "string", "cel.parse_uint({0})", UINT, fails=True)
_simple("double", "string", "cel.parse_double({0})", DOUBLE, fails=True)
_simple("timestamp", "int", "cel.timestamp({0} * 1000000000)", TIMESTAMP, fails=True)
_simple("split", "string string", "cel.split({0}, {1})", list_of(STRING))
_simple("split", "string string int", "cel.split({0}, {1}, {2})", list_of(STRING))
_simple("charAt", "string int", "cel.char_at({0}, {1})", STRING, fails=True)
_simple("substring", "string int", "cel.substring({0}, {1})", STRING, fails=True)
_simple("substring", "string int int", "cel.substring({0}, {1}, {2})", STRING, fails=True)
_simple("indexOf", "string string int", "cel.index_of({0}, {1}, {2})", INT, fails=True)
_simple("lastIndexOf", "string string int", "cel.last_index_of({0}, {1}, {2})", INT, fails=True)
_simple("replace", "string string string int", "{0}.replace({1}, {2}, {3})", STRING)
_simple("reverse", "string", "{0}[::-1]", STRING)
_simple("strings.quote", "string", "cel.quote({0})", STRING)
for _name, _part in (
    ("getFullYear", "year"),
    ("getMonth", "month - 1"),
    ("getDate", "day"),
    ("getDayOfMonth", "day - 1"),
    ("getHours", "hour"),
    ("getMinutes", "minute"),
    ("getSeconds", "second"),
):
    _simple(_name, "timestamp", f"(cel.local({{0}}).{_part})", INT)
    _simple(_name, "timestamp string", f"(cel.local({{0}}, {{1}}).{_part})", INT, fails=True)
for _name, _part in (("getDayOfWeek", "day_of_week"), ("getDayOfYear", "day_of_year")):
    _simple(_name, "timestamp", f"cel.{_part}({{0}})", INT)
    _simple(_name, "timestamp string", f"cel.{_part}({{0}}, {{1}})", INT, fails=True)
_simple("getMilliseconds", "timestamp", "({0} // 1000000 % 1000)", INT)
_simple("getMilliseconds", "timestamp string", "({0} // 1000000 % 1000)", INT)
for _name, _unit in (("getHours", 3600 * 10**9), ("getMinutes", 60 * 10**9), ("getSeconds", 10**9)):
    _simple(_name, "duration", f"cel.whole({{0}}, {_unit})", INT)
_simple("getMilliseconds", "duration", "(cel.whole({0}, 1000000) % 1000)", INT)
_simple("join", "list", '"".join({0})', STRING)
_simple("join", "list string", "{1}.join({0})", STRING)
_simple("lowerAscii", "string", "cel.lower_ascii({0})", STRING)
_simple("upperAscii", "string", "cel.upper_ascii({0})", STRING)
_simple("trim", "string", "{0}.strip()", STRING)
_simple("replace", "string string string", "{0}.replace({1}, {2})", STRING)
_simple("indexOf", "string string", "{0}.find({1})", INT)
_simple("lastIndexOf", "string string", "{0}.rfind({1})", INT)
_simple("isNan", "double", "cel.is_nan({0})", BOOL)
_simple("isInf", "double", "cel.is_inf({0})", BOOL)
_simple("isInf", "double int", "cel.is_inf({0}, {1})", BOOL)
_simple("unique", "list", "cel.unique({0})", BOOL)
_simple("isEmail", "string", "cel.is_email({0})", BOOL)
_simple("isHostname", "string", "cel.is_hostname({0})", BOOL)
_simple("isUri", "string", "cel.is_uri({0})", BOOL)
_simple("isUriRef", "string", "cel.is_uri_ref({0})", BOOL)
_simple("isIp", "string", "cel.is_ip({0})", BOOL)
_simple("isIp", "string int", "cel.is_ip({0}, {1})", BOOL)
_simple("isIpPrefix", "string", "cel.is_ip_prefix({0})", BOOL)
_simple("isIpPrefix", "string int", "cel.is_ip_prefix({0}, {1})", BOOL)
_simple("isIpPrefix", "string bool", "cel.is_ip_prefix({0}, strict={1})", BOOL)
_simple("isIpPrefix", "string int bool", "cel.is_ip_prefix({0}, {1}, {2})", BOOL)
_simple("isHostAndPort", "string bool", "cel.is_host_and_port({0}, {1})", BOOL)


def _uint(arguments: list[Value]) -> Value:
    (value,) = arguments
    if value.code.startswith("len("):
        # A length is never negative.
        return Value(value.code, UINT, free=value.free, fails=value.fails)
    return combine(f"cel.uint64({value.code})", UINT, value, fails=True)


_OVERLOADS["uint", ("int",)] = _uint


def _dyn(arguments: list[Value]) -> Value | None:
    if len(arguments) != 1:
        return None
    (value,) = arguments
    value = tagged(value)
    return Value(value.code, DYN, value.constant, value.free, value.fails)


def _format(arguments: list[Value]) -> Value | None:
    if len(arguments) != 2 or arguments[0].type is not STRING or arguments[1].type.name != "list":
        return None
    text, values = arguments
    kind = values.type.of
    while kind.name in ("list", "map"):
        kind = kind.of
    code = f"cel.format_string({text.code}, {values.code}"
    if kind in (TIMESTAMP, DURATION):
        size = len(values.constant) if values.known else values.code.count(",") + 1
        code += f", {literal([kind.name] * size)}"
    return combine(f"{code})", STRING, text, values)


def _duration(arguments: list[Value]) -> Value | None:
    return _time(arguments, DURATION, "cel.parse_duration")


def _timestamp(arguments: list[Value]) -> Value | None:
    return _time(arguments, TIMESTAMP, "cel.parse_timestamp")


def _time(arguments: list[Value], type: Type, parse: str) -> Value | None:
    if [argument.type for argument in arguments] != [STRING]:
        overload = _OVERLOADS.get((type.name, tuple(argument.type.name for argument in arguments)))
        return overload(arguments) if overload else None
    found = combine(f"{parse}({arguments[0].code})", type, *arguments, fails=True)
    if arguments[0].known and not found.known:
        raise CelTypeError(f'"{arguments[0].constant}" is no {type}')
    return found


_SPECIAL: dict[str, Callable[[list[Value]], Value | None]] = {
    "dyn": _dyn,
    "format": _format,
    "duration": _duration,
    "timestamp": _timestamp,
}
