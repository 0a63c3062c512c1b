"""JSON forms of single values, and of lists and maps of them (protobuf.dev/programming-guides/json).

Writers refuse what the field's type does not hold with a TypeError or OverflowError; readers raise
DecodeError. Neither knows where in the message it is: whoever reports the error finds the path.
"""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite, isinf
from typing import TypeVar

from .errors import DecodeError
from .wire import check_bytes, check_list

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

# -- to JSON ---------------------------------------------------------------------------------------


def string_to_json(value: str) -> str:
    """A string as it is."""
    if value.__class__ is not str and not isinstance(value, str):
        raise TypeError
    return value


def bytes_to_json(value: bytes) -> str:
    """Base64 in the standard alphabet, padded."""
    check_bytes(value)
    return binascii.b2a_base64(value, newline=False).decode()


def bool_to_json(value: bool) -> bool:
    """A bool as it is; 0 and 1 are refused."""
    if value is not True and value is not False:
        raise TypeError
    return value


def _integer(value: int, low: int, high: int) -> int:
    if not isinstance(value, int):
        raise TypeError
    if not low <= value <= high:
        raise OverflowError
    return int(value)


def int32_to_json(value: int) -> int:
    """A number."""
    return _integer(value, -0x80000000, 0x7FFFFFFF)


def uint32_to_json(value: int) -> int:
    """A number."""
    return _integer(value, 0, 0xFFFFFFFF)


def int64_to_json(value: int) -> str:
    """A string of digits: JSON numbers are exact up to 2**53 only."""
    return str(_integer(value, -0x8000000000000000, 0x7FFFFFFFFFFFFFFF))


def uint64_to_json(value: int) -> str:
    """A string of digits: JSON numbers are exact up to 2**53 only."""
    return str(_integer(value, 0, 0xFFFFFFFFFFFFFFFF))


def double_to_json(value: float) -> float | str:
    """A number, or the name of one that JSON does not have."""
    if not isinstance(value, (float, int)):
        raise TypeError
    value = float(value)
    if isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def float_to_json(value: float) -> float | str:
    """The shortest number that is the same float, or the name of one that JSON does not have."""
    found = double_to_json(value)
    if isinstance(found, str):
        return found
    packed = struct.pack("<f", found)
    for digits in (6, 7, 8):
        short = float(f"{found:.{digits}g}")
        if struct.pack("<f", short) == packed:
            return short
    return float(f"{struct.unpack('<f', packed)[0]:.9g}")


string_key = string_to_json


def int32_key(value: int) -> str:
    """Keys of JSON objects are strings."""
    return str(int32_to_json(value))


def uint32_key(value: int) -> str:
    """Keys of JSON objects are strings."""
    return str(uint32_to_json(value))


int64_key = int64_to_json
uint64_key = uint64_to_json


def bool_key(value: bool) -> str:
    """Keys of JSON objects are strings."""
    return "true" if bool_to_json(value) else "false"


def array(convert: Callable[[T], object], values: list[T]) -> list[object]:
    """A list, each element converted."""
    check_list(values)
    return [convert(value) for value in values]


def mapping(
    convert_key: Callable[[K], str], convert: Callable[[V], object], values: dict[K, V]
) -> dict[str, object]:
    """A map, each key and value converted."""
    return {convert_key(key): convert(value) for key, value in values.items()}


def string_mapping(values: dict[str, str]) -> dict[str, object]:
    """A map of strings, as it is."""
    for key, value in values.items():
        if key.__class__ is not str or value.__class__ is not str:
            return mapping(string_key, string_to_json, values)
    return dict(values)


# -- from JSON -------------------------------------------------------------------------------------

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)").fullmatch


def kind_of(value: object) -> str:
    """What a JSON value is called in an error."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = ((str, "a string"), (dict, "an object"), (list, "a list"))
    return next(
        (name for cls, name in names if isinstance(value, cls)),
        "a number" if isinstance(value, (int, float)) else type(value).__name__,
    )


def expected(what: str, value: object) -> DecodeError:
    """The error of a JSON value of the wrong kind."""
    return DecodeError(f"expected {what}, got {kind_of(value)}")


class UnknownName(DecodeError):
    """A string that is no value of an enum: passed over where unknown fields are."""


def string_from_json(value: object) -> str:
    """A string; lone surrogates have no UTF-8 form and are refused."""
    if value.__class__ is not str and not isinstance(value, str):
        raise expected("a string", value)
    assert isinstance(value, str)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise DecodeError("string with a lone surrogate") from None
    return value


def bytes_from_json(value: object) -> bytes:
    """Base64 in the standard or the URL-safe alphabet, padded or not."""
    if not isinstance(value, str):
        raise expected("a base64 string", value)
    text = value.rstrip("=").replace("-", "+").replace("_", "/")
    if len(value) - len(text) > 2:
        raise DecodeError("not base64")
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        raise DecodeError("not base64") from None


def bool_from_json(value: object) -> bool:
    """A bool: true and false, no strings or numbers."""
    if value is True or value is False:
        return value
    raise expected("true or false", value)


def _integer_from_json(value: object, low: int, high: int) -> int:
    if isinstance(value, str):
        if _INTEGER(value) and len(value) < 30:
            number = int(value)
        elif _NUMBER(value):
            try:
                exact = Decimal(value)
            except ArithmeticError:
                raise DecodeError("number out of range") from None
            # Neither digits nor exponent of a number in range can be many.
            if exact and not -30 < exact.adjusted() < 30:
                raise DecodeError("number out of range")
            if exact != exact.to_integral_value():
                raise DecodeError("expected an integer, got a fraction")
            number = int(exact)
        else:
            raise DecodeError(f"{value[:40]!r} is not a number")
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise expected("an integer", value)
    elif isinstance(value, float):
        if not value.is_integer():
            raise DecodeError("expected an integer, got a fraction")
        number = int(value)
    else:
        number = value
    if not low <= number <= high:
        raise DecodeError(f"number out of range: not between {low} and {high}")
    return number


def int32_from_json(value: object) -> int:
    """An integer, as a number or a string."""
    return _integer_from_json(value, -0x80000000, 0x7FFFFFFF)


def uint32_from_json(value: object) -> int:
    """An integer, as a number or a string."""
    return _integer_from_json(value, 0, 0xFFFFFFFF)


def int64_from_json(value: object) -> int:
    """An integer, as a number or a string."""
    return _integer_from_json(value, -0x8000000000000000, 0x7FFFFFFFFFFFFFFF)


def uint64_from_json(value: object) -> int:
    """An integer, as a number or a string."""
    return _integer_from_json(value, 0, 0xFFFFFFFFFFFFFFFF)


_NAMED = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def double_from_json(value: object) -> float:
    """A number, a string of one, or the name of one that JSON does not have."""
    if isinstance(value, str):
        named = _NAMED.get(value)
        if named is not None:
            return named
        if not _NUMBER(value):
            raise DecodeError(f"{value[:40]!r} is not a number")
        number = float(value)
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise expected("a number", value)
    else:
        try:
            number = float(value)
        except OverflowError:
            raise DecodeError("number out of range of a double") from None
    if isinf(number):
        raise DecodeError("number out of range of a double")
    return number


def float_from_json(value: object) -> float:
    """A number as :func:`double_from_json`, rounded to the nearest float."""
    number = double_from_json(value)
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        raise DecodeError("number out of range of a float") from None
    return rounded


def read_string(value: object, depth: int, lax: bool) -> str:
    """An element of a list or map; likewise the others."""
    return string_from_json(value)


def read_bytes(value: object, depth: int, lax: bool) -> bytes:
    """An element of a list or map."""
    return bytes_from_json(value)


def read_bool(value: object, depth: int, lax: bool) -> bool:
    """An element of a list or map."""
    return bool_from_json(value)


def read_int32(value: object, depth: int, lax: bool) -> int:
    """An element of a list or map."""
    return int32_from_json(value)


def read_uint32(value: object, depth: int, lax: bool) -> int:
    """An element of a list or map."""
    return uint32_from_json(value)


def read_int64(value: object, depth: int, lax: bool) -> int:
    """An element of a list or map."""
    return int64_from_json(value)


def read_uint64(value: object, depth: int, lax: bool) -> int:
    """An element of a list or map."""
    return uint64_from_json(value)


def read_float(value: object, depth: int, lax: bool) -> float:
    """An element of a list or map."""
    return float_from_json(value)


def read_double(value: object, depth: int, lax: bool) -> float:
    """An element of a list or map."""
    return double_from_json(value)


def bool_from_key(key: str) -> bool:
    """A key of a JSON object as bool."""
    if key == "true":
        return True
    if key == "false":
        return False
    raise DecodeError(f"{key[:40]!r} is not true or false")


string_from_key = string_from_json
int32_from_key = int32_from_json
uint32_from_key = uint32_from_json
int64_from_key = int64_from_json
uint64_from_key = uint64_from_json


def read_array(
    value: object,
    read: Callable[[object, int, bool], T],
    into: list[T],
    depth: int,
    lax: bool,
) -> None:
    """A JSON list is appended to a list, each element read with ``read``."""
    if not isinstance(value, list):
        raise expected("a list", value)
    for item in value:
        try:
            into.append(read(item, depth - 1, lax))
        except UnknownName:
            if not lax:
                raise


def read_mapping(
    value: object,
    read_key: Callable[[str], K],
    read: Callable[[object, int, bool], V],
    into: dict[K, V],
    depth: int,
    lax: bool,
) -> None:
    """A JSON object is put into a dict, each key and value read."""
    if not isinstance(value, dict):
        raise expected("an object", value)
    for name, item in value.items():
        key = read_key(name)
        if key in into:
            raise DecodeError(f"key {name[:40]!r} is there twice")
        try:
            into[key] = read(item, depth - 1, lax)
        except UnknownName:
            if not lax:
                raise


def read_string_mapping(value: object, into: dict[str, str]) -> None:
    """A JSON object of strings is put into a dict."""
    if not isinstance(value, dict):
        raise expected("an object", value)
    for name, item in value.items():
        into[string_from_json(name)] = string_from_json(item)


def second_member(oneof: str) -> DecodeError:
    """The error of a oneof with two members."""
    return DecodeError(f"two members of oneof {oneof}")


def json_object(value: object, keys: Mapping[str, str], lax: bool) -> dict[str, object]:
    """A JSON object with its keys as JSON names.

    Args:
        value: the JSON value.
        keys: .proto names by JSON names.
        lax: whether unknown keys are passed over.

    Raises:
        DecodeError: it is no object, has an unknown key, or one field by both of its names.
    """
    if not isinstance(value, dict):
        raise expected("an object", value)
    if value.keys() <= keys.keys():
        return value
    by_proto_name = {name: key for key, name in keys.items()}
    found: dict[str, object] = {}
    for name, item in value.items():
        key = name if name in keys else by_proto_name.get(name)
        if key is None:
            if lax:
                continue
            raise DecodeError(f"no field is called {str(name)[:80]!r}")
        if key in found:
            raise DecodeError(f"field {key!r} is there twice")
        found[key] = item
    return found
