"""Conditions and calls that check the shape of one value: what a dataclass's types promise and nobody enforces."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.statements import call
from protoc_gen_pds.schema import Field, Kind
from protoc_gen_pds.targets.codec.module import is_plain
from protoc_gen_pds.targets.validators.module import Module
from protoc_gen_pds.targets.validators.spot import Spot


class Shape(NamedTuple):
    """How the values of a scalar kind are checked.

    Attributes:
        usual: condition that nearly every good value of the name ``{v}`` fulfils.
        unusual: its negation.
        check: method of ``Check`` that judges the others.
    """

    usual: str
    unusual: str
    check: str


def _class(name: str, check: str) -> Shape:
    return Shape(f"{{v}}.__class__ is {name}", f"{{v}}.__class__ is not {name}", check)


def _range(low: str, high: str, check: str) -> Shape:
    within = f"{low} <= {{v}} < {high}"
    return Shape(f"({{v}}.__class__ is int and {within})", f"{{v}}.__class__ is not int or not {within}", check)


_TEXT = ("({v}.__class__ is str and {v}.isascii())", "{v}.__class__ is not str or not {v}.isascii()")
_INT32 = _range("-(2**31)", "2**31", "int32")
_INT64 = _range("-(2**63)", "2**63", "int64")
_UINT32 = _range("0", "2**32", "uint32")
_UINT64 = _range("0", "2**64", "uint64")

SHAPES: dict[Kind, Shape] = {
    Kind.STRING: Shape(*_TEXT, "string"),
    Kind.BYTES: _class("bytes", "bytes"),
    Kind.BOOL: _class("bool", "boolean"),
    Kind.DOUBLE: _class("float", "double"),
    Kind.FLOAT: Shape(
        "({v}.__class__ is float and -3.4e38 < {v} < 3.4e38)",
        "{v}.__class__ is not float or not -3.4e38 < {v} < 3.4e38",
        "float",
    ),
    Kind.INT32: _INT32,
    Kind.SINT32: _INT32,
    Kind.SFIXED32: _INT32,
    Kind.INT64: _INT64,
    Kind.SINT64: _INT64,
    Kind.SFIXED64: _INT64,
    Kind.UINT32: _UINT32,
    Kind.FIXED32: _UINT32,
    Kind.UINT64: _UINT64,
    Kind.FIXED64: _UINT64,
}
_LOOSE = Shape(*_TEXT, "loose_string")

_JSON_TYPES = {
    "google.protobuf.Struct": "check_struct",
    "google.protobuf.ListValue": "check_list_value",
    "google.protobuf.Value": "check_value",
}


Body = Callable[[int], list[str]]
"""Statements for a value with the shape of its field, at an indentation."""

UNSCATHED = "if c.faults == faults:"
"""The guard of rules that look into messages: they are for those without a fault."""


def nothing(indent: int) -> list[str]:
    """No statements."""
    return []


def guarded(body: Body, indent: int) -> list[str]:
    """Statements that need a message without faults."""
    lines = body(indent + 4)
    return [f"{' ' * indent}{UNSCATHED}", *lines] if lines else []


def when(usual: str, check: str, indent: int) -> list[str]:
    """The head of an ``if`` for what is usual, or what a method of ``Check`` lets pass."""
    return statements.lines(check, indent, f"if {usual} or ", ":")


def value_lines(
    module: Module, field: Field, v: str, spot: Spot, indent: int, body: Body = nothing, *, ignored: bool = False
) -> list[str]:
    """Statements for a single value that is set, in the variable ``v``.

    ``body`` gives the statements of its rules. With ``ignored``, the content of a message is left alone.
    """
    message = field.message
    if field.enum is not None:
        cls = module.cls(field.enum)
        check = call("c.enum", v, cls, *spot.arguments)
        return _either(f"{v}.__class__ is {cls}", f"{v}.__class__ is not {cls}", check, indent, body)
    if message is not None and not is_plain(message):
        if ignored:
            cls = module.cls(message)
            return statements.lines(call("c.wrong_class", v, cls, spot.place), indent)
        lines = statements.lines(call(module.function(message), v, "c", spot.place), indent)
        return [*lines, *guarded(body, indent)]
    if message is not None and message.full_name in _JSON_TYPES:
        check = call(module.runtime(_JSON_TYPES[message.full_name], "well_known"), v, "c", *spot.arguments)
        return [*statements.lines(check, indent), *guarded(body, indent)]
    shape = shape_of(field if message is None else message.fields[0])
    check = call(f"c.{shape.check}", v, *spot.arguments)
    return _either(shape.usual.format(v=v), shape.unusual.format(v=v), check, indent, body)


def shape_of(field: Field) -> Shape:
    """How the values of a scalar field are checked."""
    return _LOOSE if field.kind is Kind.STRING and not field.utf8 else SHAPES[field.kind]


def _either(usual: str, unusual: str, check: str, indent: int, body: Body) -> list[str]:
    lines = body(indent + 4)
    if lines:
        return [*when(usual, check, indent), *lines]
    return [*statements.block("if", unusual, indent), *statements.lines(check, indent + 4)]
