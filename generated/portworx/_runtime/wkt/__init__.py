"""Well-known types: what google/protobuf/*.proto declare, as Python classes, imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .any import Any
    from .duration import Duration
    from .empty import Empty
    from .field_mask import FieldMask
    from .struct import JsonValue, ListValue, NullValue, Struct, Value
    from .timestamp import Timestamp
    from .wrappers import (
        BoolValue,
        BytesValue,
        DoubleValue,
        FloatValue,
        Int32Value,
        Int64Value,
        StringValue,
        UInt32Value,
        UInt64Value,
    )

__all__ = [
    "Any",
    "BoolValue",
    "BytesValue",
    "DoubleValue",
    "Duration",
    "Empty",
    "FieldMask",
    "FloatValue",
    "Int32Value",
    "Int64Value",
    "JsonValue",
    "ListValue",
    "NullValue",
    "StringValue",
    "Struct",
    "Timestamp",
    "UInt32Value",
    "UInt64Value",
    "Value",
]

_MODULES = {
    "Any": "any",
    "Duration": "duration",
    "Empty": "empty",
    "FieldMask": "field_mask",
    "JsonValue": "struct",
    "ListValue": "struct",
    "NullValue": "struct",
    "Struct": "struct",
    "Timestamp": "timestamp",
    "Value": "struct",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f".{_MODULES.get(name, 'wrappers')}", __name__)
    value: object = getattr(module, name)
    globals()[name] = value
    return value
