"""CEL's functions: their overloads and the Python for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from protoc_gen_pds.rules.cel.dynamic import TYPE_NAMES, dispatched, is_dynamic, no_overload
from protoc_gen_pds.rules.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    Type,
    list_of,
    unwrapped,
)
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, combine, constant, given, tagged

Overload = Callable[[list[Value]], Value]
_OVERLOADS: dict[tuple[str, tuple[str, ...]], Overload] = {}


_FUNCTIONS = frozenset(("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"))
"""What is called as a function only."""


def check_name(name: str, *, method: bool) -> None:
    """Refuse a function that rules do not have, or a conversion that is called as a method."""
    if name not in _SPECIAL and name != "matches" and not any(known == name for known, _ in _OVERLOADS):
        raise CelTypeError(
            f"unknown function {name}; rules have CEL's standard library, its strings and protovalidate's functions"
        )
    if method and name in _FUNCTIONS:
        raise CelTypeError(f"{name} is a function: {name}(...)")


def call(name: str, arguments: list[Value]) -> Value:
    """A function, or a method with its target as the first argument."""
    if name not in ("dyn", "type"):
        arguments = [given(argument) for argument in arguments]
    if name in _SPECIAL:
        found = _SPECIAL[name](arguments)
        if found is not None:
            return found
        raise no_overload(name, *arguments)
    if name == "join" and arguments[0].type.name == "list" and unwrapped(arguments[0].type.of) not in (STRING, DYN):
        raise no_overload(name, *arguments)
    overload = _OVERLOADS.get((name, tuple(argument.type.name for argument in arguments)))
    if overload is not None:
        return overload(arguments)
    if is_dynamic(*arguments):
        return dispatched(name, arguments, lambda values: call(name, values))
    raise no_overload(name, *arguments)


def _type_of(arguments: list[Value]) -> Value | None:
    if len(arguments) != 1:
        return None
    (value,) = arguments
    if value.type is DYN or value.type.name == "wrapper":
        value = tagged(value)
        return combine(f"cel.type_of({value.code})", TYPE, value, fails=True)
    message = value.type.message
    return constant(TYPE_NAMES[value.type.name] if message is None else message.full_name, TYPE)


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
_simple("uint", "double", "cel.uint_of({0})", UINT, fails=True)
for _type in ("int", "uint", "double"):
    _simple("double", _type, "float({0})", DOUBLE)
_simple("string", "string", "{0}", STRING)
_simple("string", "bytes", "cel.decode({0})", STRING, fails=True)
for _type in ("int", "uint"):
    _simple("string", _type, "str({0})", STRING)
for _type in ("bool", "double"):
    _simple("string", _type, "cel.text_of({0})", STRING)
for _type in ("timestamp", "duration"):
    _simple("string", _type, f"cel.{_type}_text({{0}})", STRING)
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
_simple("replace", "string string string int", "cel.replace({0}, {1}, {2}, {3})", STRING, fails=True)
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
_simple("getMilliseconds", "duration", "cel.modulo(cel.whole({0}, 1000000), 1000)", INT)
_simple("join", "list", 'cel.join({0}, "")', STRING, fails=True)
_simple("join", "list string", "cel.join({0}, {1})", STRING, fails=True)
_simple("lowerAscii", "string", "cel.lower_ascii({0})", STRING)
_simple("upperAscii", "string", "cel.upper_ascii({0})", STRING)
_simple("trim", "string", "{0}.strip()", STRING)
_simple("replace", "string string string", "cel.replace({0}, {1}, {2})", STRING, fails=True)
_simple("indexOf", "string string", "{0}.find({1})", INT)
_simple("lastIndexOf", "string string", "{0}.rfind({1})", INT)
_simple("isInf", "double", "cel.is_inf({0})", BOOL)
_simple("isInf", "double int", "cel.is_inf({0}, {1})", BOOL)
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


def _is_nan(arguments: list[Value]) -> Value:
    (value,) = arguments
    # A name is compared with itself: this is in every range of doubles, and a call takes longer than the rest.
    code = f"({value.code} != {value.code})" if value.code.isidentifier() else f"cel.is_nan({value.code})"
    return combine(code, BOOL, value)


_OVERLOADS["isNan", ("double",)] = _is_nan


def _unique(arguments: list[Value]) -> Value:
    (values,) = arguments
    # Values of several types differ, though Python takes true for 1.
    code = f"[(cel.type_of(x), x) for x in {values.code}]" if values.type.of is DYN else values.code
    return combine(f"cel.unique({code})", BOOL, values)


_OVERLOADS["unique", ("list",)] = _unique


def _dyn(arguments: list[Value]) -> Value | None:
    if len(arguments) != 1:
        return None
    (value,) = arguments
    value = tagged(value)
    return replace(value, type=DYN, choice=None)


def _format(arguments: list[Value]) -> Value:
    text, values = arguments
    return combine(f"cel.format_string({text.code}, {tagged(values).code})", STRING, text, values, fails=True)


_OVERLOADS["format", ("string", "list")] = _format


def _duration(arguments: list[Value]) -> Value | None:
    return _time(arguments, DURATION, "cel.parse_duration")


def _timestamp(arguments: list[Value]) -> Value | None:
    return _time(arguments, TIMESTAMP, "cel.parse_timestamp")


def _time(arguments: list[Value], type: Type, parse: str) -> Value | None:
    if [argument.type for argument in arguments] != [STRING]:
        overload = _OVERLOADS.get((type.name, tuple(argument.type.name for argument in arguments)))
        if overload is None and is_dynamic(*arguments):
            return dispatched(type.name, arguments, lambda values: call(type.name, values))
        return overload(arguments) if overload else None
    found = combine(f"{parse}({arguments[0].code})", type, *arguments, fails=True)
    if arguments[0].known and not found.known:
        raise CelTypeError(f'"{arguments[0].constant}" is no {type}')
    return found


_SPECIAL: dict[str, Callable[[list[Value]], Value | None]] = {
    "dyn": _dyn,
    "duration": _duration,
    "timestamp": _timestamp,
    "type": _type_of,
}
