"""How values of each scalar kind are read and written: expressions of generated codecs."""

from __future__ import annotations

from typing import NamedTuple

from protoc_gen_pds.schema import Kind

VARINT, FIXED64, LEN, GROUP, FIXED32 = 0, 1, 2, 3, 5
"""Wire types (protobuf.dev/programming-guides/encoding)."""


class Scalar(NamedTuple):
    """A scalar kind that is a number.

    Attributes:
        wire_type: as in the tag.
        read: expression for a varint ``n``; for fixed width, the reader function.
        read_helper: runtime name that ``read`` uses, or empty.
        convert: function from a varint to a value, for packed ones; a builtin or a runtime name.
        write: runtime function from a value to bytes.
        code: :mod:`struct` code of fixed width kinds.
        zero: literal of the default.
        json: suffix of the functions that convert to and from JSON.
    """

    wire_type: int
    read: str
    read_helper: str
    convert: str
    write: str
    code: str
    zero: str
    json: str


NUMBERS: dict[Kind, Scalar] = {
    Kind.INT32: Scalar(VARINT, "n if n < 1 << 31 else signed32(n)", "signed32", "signed32", "int32", "", "0", "int32"),
    Kind.INT64: Scalar(VARINT, "n if n < 1 << 60 else signed64(n)", "signed64", "signed64", "int64", "", "0", "int64"),
    Kind.UINT32: Scalar(VARINT, "n & 0xFFFFFFFF", "", "unsigned32", "uint32", "", "0", "uint32"),
    Kind.UINT64: Scalar(VARINT, "n", "", "int", "uint64", "", "0", "uint64"),
    Kind.SINT32: Scalar(VARINT, "zigzag32(n)", "zigzag32", "zigzag32", "sint32", "", "0", "int32"),
    Kind.SINT64: Scalar(VARINT, "zigzag64(n)", "zigzag64", "zigzag64", "sint64", "", "0", "int64"),
    Kind.BOOL: Scalar(VARINT, "n != 0", "", "bool", "boolean", "", "False", "bool"),
    Kind.FIXED32: Scalar(FIXED32, "unpack_fixed32", "unpack_fixed32", "", "pack_fixed32", "I", "0", "uint32"),
    Kind.FIXED64: Scalar(FIXED64, "unpack_fixed64", "unpack_fixed64", "", "pack_fixed64", "Q", "0", "uint64"),
    Kind.SFIXED32: Scalar(FIXED32, "unpack_sfixed32", "unpack_sfixed32", "", "pack_sfixed32", "i", "0", "int32"),
    Kind.SFIXED64: Scalar(FIXED64, "unpack_sfixed64", "unpack_sfixed64", "", "pack_sfixed64", "q", "0", "int64"),
    Kind.FLOAT: Scalar(FIXED32, "unpack_float", "unpack_float", "", "pack_float", "f", "0.0", "float"),
    Kind.DOUBLE: Scalar(FIXED64, "unpack_double", "unpack_double", "", "pack_double", "d", "0.0", "double"),
}


def wire_type(kind: Kind) -> int:
    """Wire type of a single value of a kind."""
    if kind in NUMBERS:
        return NUMBERS[kind].wire_type
    if kind is Kind.ENUM:
        return VARINT
    return GROUP if kind is Kind.GROUP else LEN
