"""Literals of messages: the messages that CEL has as values of its own, and what suits a field."""

from __future__ import annotations

from protoc_gen_pds.rules.cel.types import (
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    WRAPPERS,
    Type,
    field_type,
    list_of,
    unwrapped,
)
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, combine, constant, given, tagged
from protoc_gen_pds.schema import Field

_ZEROS: dict[str, object] = {"bool": False, "bytes": b"", "double": 0.0, "int": 0, "string": "", "uint": 0}
_STRUCT, _LIST = Type("map", DYN, STRING), list_of(DYN)
_FIELDS = {
    "Any": {"type_url": STRING, "value": BYTES},
    "Duration": {"seconds": INT, "nanos": INT},
    "ListValue": {"values": _LIST},
    "Struct": {"fields": _STRUCT},
    "Timestamp": {"seconds": INT, "nanos": INT},
    "Value": {
        "null_value": INT,
        "number_value": DOUBLE,
        "string_value": STRING,
        "bool_value": WRAPPERS["google.protobuf.BoolValue"],
        "struct_value": _STRUCT,
        "list_value": _LIST,
    },
    **{name.removeprefix("google.protobuf."): {"value": type} for name, type in WRAPPERS.items()},
}
_NARROW = {"FloatValue": "cel.float32", "Int32Value": "cel.int32", "UInt32Value": "cel.uint32"}


def built_in(full_name: str, values: dict[str, Value]) -> Value:
    """A literal of a message that CEL has as a value of its own."""
    name = full_name.removeprefix("google.protobuf.")
    fields = _FIELDS[name]
    values = {field: given(value) for field, value in values.items()}
    for field, value in values.items():
        if field not in fields:
            raise CelTypeError(f"{full_name} has no field {field}")
        if not _suits(value.type, fields[field]):
            raise CelTypeError(f"{full_name}.{field} is {fields[field]}, not {value.type}")
    if name in ("Timestamp", "Duration"):
        zero = constant(0, INT)
        seconds, nanos = values.get("seconds", zero), values.get("nanos", zero)
        type, checked = (TIMESTAMP, "cel.timestamp") if name == "Timestamp" else (DURATION, "cel.int64")
        return combine(f"{checked}({seconds.code} * 1000000000 + {nanos.code})", type, seconds, nanos, fails=True)
    if name == "Any":
        url, data = values.get("type_url", constant("", STRING)), values.get("value", constant(b"", BYTES))
        free = url.free | data.free | {"cel.unpack_bytes"}
        return Value(f"cel.unpack_bytes({url.code}, {data.code})", DYN, free=free, fails=True)
    if name == "Value":
        return _json(full_name, values)
    if name in ("Struct", "ListValue"):
        empty: Value = constant({}, _STRUCT) if name == "Struct" else constant([], _LIST)
        held = next(iter(values.values()), None)
        return empty if held is None else combine(f"cel.json_of({tagged(held).code})", empty.type, held, fails=True)
    type = WRAPPERS[full_name]
    value = values.get("value", constant(_ZEROS[type.name], type))
    narrow = _NARROW.get(name)
    return value if narrow is None else combine(f"{narrow}({value.code})", type, value, fails=True)


def _json(full_name: str, values: dict[str, Value]) -> Value:
    if len(values) > 1:
        raise CelTypeError(f"{full_name} holds one of its fields")
    for name, value in values.items():
        if name != "null_value":
            return combine(f"cel.json_of({value.code})", DYN, value, fails=True)
    return constant(None, DYN)


def assignable(owner: str, field: Field, value: Value) -> Value:
    """A value for a field of a literal, with what the runtime has to know about its type.

    Raises:
        CelTypeError: the field cannot have a value of that type.
    """
    expected = field_type(field)
    if not field.repeated and field.message is not None and expected.name not in ("list", "map") and value.type is NULL:
        return value
    if not _suits(value.type, expected):
        raise CelTypeError(f"{owner}.{field.name} is {expected}, not {value.type}")
    return tagged(value)


def _suits(given: Type, expected: Type) -> bool:
    given = unwrapped(given)
    if DYN in (given, expected) or given == expected:
        return True
    if given.name != expected.name:
        return False
    if given.name == "list":
        return given.element in (None, NULL) or _suits(given.of, expected.of)
    if given.name == "map":
        return given.element is None or (
            _suits(given.of, expected.of) and _suits(given.key or DYN, expected.key or DYN)
        )
    return False
