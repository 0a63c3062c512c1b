"""Shape of the well-known types: messages by their fields, JSON types as the plain values that fields hold."""

from __future__ import annotations

from typing import Any as Anything
from typing import cast

from .. import wkt
from ..message import MAX_DEPTH
from ..wkt import Any, Duration, Empty, FieldMask, Timestamp
from .check import Check
from .checkers import bind
from .paths import Key, Place


def _check_time(m: Timestamp | Duration, c: Check, at: Place) -> None:
    seconds, nanos = m.seconds, m.nanos
    if seconds.__class__ is not int or not -(2**63) <= seconds < 2**63:
        c.int64(seconds, at, "seconds")
    if nanos.__class__ is not int or not -(2**31) <= nanos < 2**31:
        c.int32(nanos, at, "nanos")


def check_Timestamp(m: Timestamp, c: Check, at: Place) -> None:
    """Check a Timestamp: what fits in the fields, whether or not it is a time of the calendar."""
    if m.__class__ is Timestamp or not c.wrong_class(m, Timestamp, at):
        _check_time(m, c, at)


def check_Duration(m: Duration, c: Check, at: Place) -> None:
    """Check a Duration: what fits in the fields."""
    if m.__class__ is Duration or not c.wrong_class(m, Duration, at):
        _check_time(m, c, at)


def check_Any(m: Any, c: Check, at: Place) -> None:
    """Check an Any; what it holds is not looked at."""
    if not c.wrong_class(m, Any, at):
        c.string(m.type_url, at, "type_url")
        c.bytes(m.value, at, "value")


def check_FieldMask(m: FieldMask, c: Check, at: Place) -> None:
    """Check a FieldMask."""
    if not c.wrong_class(m, FieldMask, at) and c.list(m.paths, at, "paths"):
        for i, path in enumerate(m.paths):
            c.string(path, at, "paths", i)


def check_Empty(m: Empty, c: Check, at: Place) -> None:
    """Check an Empty."""
    c.wrong_class(m, Empty, at)


def check_struct(
    value: object, c: Check, at: Place, name: str, key: Key = None
) -> bool:
    """Check the plain value of a Struct."""
    return _json_object(value, c, at, name, key, MAX_DEPTH)


def check_list_value(
    value: object, c: Check, at: Place, name: str, key: Key = None
) -> bool:
    """Check the plain value of a ListValue."""
    return _json_array(value, c, at, name, key, MAX_DEPTH)


def check_value(value: object, c: Check, at: Place, name: str, key: Key = None) -> bool:
    """Check the plain value of a Value."""
    return _json(value, c, at, name, key, MAX_DEPTH)


def _json(value: object, c: Check, at: Place, name: str, key: Key, depth: int) -> bool:
    if value is None or isinstance(value, bool | wkt.NullValue):
        return True
    if isinstance(value, str):
        return c.string(value, at, name, key)
    if isinstance(value, int | float):
        return c.double(value, at, name, key)
    if isinstance(value, dict):
        return _json_object(cast("object", value), c, at, name, key, depth)
    if isinstance(value, list | tuple):
        return _json_array(cast("object", value), c, at, name, key, depth)
    return c.wrong(value, "a JSON value", at, name, key)


def _json_object(
    value: object, c: Check, at: Place, name: str, key: Key, depth: int
) -> bool:
    if not isinstance(value, dict):
        return c.wrong(value, "a dict", at, name, key)
    if depth <= 0 or c.overflow:
        return _too_deep(c, at, name, key)
    if c.repeats(cast("object", value), MAX_DEPTH - depth):
        return not c.faults
    good = True
    place = (at, name, key)
    for member, item in cast("dict[Anything, object]", value).items():
        named = c.string(member, place, "fields")
        good &= named and _json(item, c, place, "fields", member, depth - 1)
    return good


def _json_array(
    value: object, c: Check, at: Place, name: str, key: Key, depth: int
) -> bool:
    if not isinstance(value, list | tuple):
        return c.wrong(value, "a list", at, name, key)
    if depth <= 0 or c.overflow:
        return _too_deep(c, at, name, key)
    if c.repeats(cast("object", value), MAX_DEPTH - depth):
        return not c.faults
    good = True
    place = (at, name, key)
    for i, item in enumerate(cast("list[object]", value)):
        good &= _json(item, c, place, "values", i, depth - 1)
    return good


def _too_deep(c: Check, at: Place, name: str, key: Key) -> bool:
    if c.overflow:
        c.faults += 1
        return False
    c.overflow = True
    return c.fault(at, name, "depth", f"must be nested at most {MAX_DEPTH} deep", key)


def check_wrapper(m: Anything, c: Check, at: Place) -> None:
    """Check a wrapper that is a message itself: the input of an rpc, or held by an Any."""
    kind = type(m).__name__.removesuffix("Value")
    check = {"Bool": "boolean"}.get(kind, kind.lower())
    getattr(c, check)(m.value, at, "value")


def check_Struct(m: wkt.Struct, c: Check, at: Place) -> None:
    """Check a Struct that is a message itself."""
    if c.dict(m.fields, at, "fields"):
        for member, item in m.fields.items():
            if c.string(member, at, "fields"):
                _json(item, c, at, "fields", member, MAX_DEPTH)


def check_ListValue(m: wkt.ListValue, c: Check, at: Place) -> None:
    """Check a ListValue that is a message itself."""
    if c.list(m.values, at, "values"):
        for i, item in enumerate(m.values):
            _json(item, c, at, "values", i, MAX_DEPTH)


def check_Value(m: wkt.Value, c: Check, at: Place) -> None:
    """Check a Value that is a message itself."""
    _json(m.value, c, at, "value", None, MAX_DEPTH)


bind(Timestamp, check_Timestamp)
bind(Duration, check_Duration)
bind(Any, check_Any)
bind(FieldMask, check_FieldMask)
bind(Empty, check_Empty)
for _wrapper in (
    wkt.BoolValue,
    wkt.BytesValue,
    wkt.DoubleValue,
    wkt.FloatValue,
    wkt.Int32Value,
    wkt.Int64Value,
    wkt.StringValue,
    wkt.UInt32Value,
    wkt.UInt64Value,
):
    bind(_wrapper, check_wrapper)
bind(wkt.Struct, check_Struct)
bind(wkt.ListValue, check_ListValue)
bind(wkt.Value, check_Value)
