"""Default values of fields as Python expressions."""

from __future__ import annotations

import math

from protoc_gen_pds.python import layout
from protoc_gen_pds.python.types import Types, scalar
from protoc_gen_pds.schema import Field, Kind

_ZEROS = {"float": "0.0", "bool": "False", "str": '""', "bytes": 'b""', "int": "0"}


def zero_literal(field: Field) -> str:
    """The zero value of a scalar field."""
    return _ZEROS[scalar(field.kind)]


def default_literal(field: Field, types: Types) -> str:
    """The default that a field declares; the field must have one."""
    text = field.default
    assert text is not None
    if field.enum is not None:
        value = next(value for value in field.enum.values if value.name == text)
        return f"{types.reference(field.enum)}.{types.names.enum_value(value)}"
    match field.kind:
        case Kind.STRING:
            return layout.string(text)
        case Kind.BYTES:
            return layout.bytes_literal(unescape(text))
        case Kind.BOOL:
            return "True" if text == "true" else "False"
        case Kind.DOUBLE | Kind.FLOAT:
            number = float(text)
            if math.isfinite(number):
                return layout.double(number)
            return f'{types.scope.builtin("float")}("{number}")'
        case _:
            return text


def unescape(text: str) -> bytes:
    """The bytes that a descriptor spells with C escapes: the default of a bytes field."""
    from google.protobuf.text_encoding import CUnescape

    return bytes(CUnescape(text))
