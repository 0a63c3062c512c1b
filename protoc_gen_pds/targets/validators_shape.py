"""Statements that check the shape of values: what the types of a dataclass promise and nobody enforces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import string
from protoc_gen_pds.python.statements import call
from protoc_gen_pds.schema import Field, Kind, Message, Oneof, Presence
from protoc_gen_pds.targets.codec_encode import elements
from protoc_gen_pds.targets.codec_module import is_plain
from protoc_gen_pds.targets.validators_module import Module


@dataclass(frozen=True, slots=True)
class Shape:
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


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value is: the arguments by which checks name it.

    Attributes:
        field: the name of its field.
        key: variable that holds the index or key of an element, or empty.
    """

    field: str
    key: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Arguments after the value."""
        return ("at", string(self.field), *([self.key] if self.key else []))

    @property
    def place(self) -> statements.Call:
        """The place itself, for the check of a message."""
        return statements.Call("(", ("at", string(self.field), self.key or "None"))


def message_lines(module: Module, message: Message) -> Iterator[list[str]]:
    """Statements for each field and oneof of a message."""
    for element in elements(message):
        if isinstance(element, Oneof):
            yield list(_oneof(module, element))
        else:
            yield list(_field(module, element))


def _field(module: Module, field: Field) -> Iterator[str]:
    v, spot = f"v{field.number}", Spot(field.name)
    yield from statements.assign(v, f"m.{module.names.attribute(field)}", 4)
    if field.is_map:
        yield from when(f"{v}.__class__ is dict", call("c.dict", v, *spot.arguments), 4)
        yield from _entries(module, field, v, 8)
    elif field.repeated:
        yield from when(f"{v}.__class__ is list", call("c.list", v, *spot.arguments), 4)
        yield from _items(module, field, v, 8)
    elif field.presence is Presence.REQUIRED:
        yield f"    if {v} is None:"
        yield from statements.lines(call("c.missing", *spot.arguments), 8)
        yield "    else:"
        yield from value_lines(module, field, v, spot, 8)
    elif field.presence is Presence.EXPLICIT:
        yield f"    if {v} is not None:"
        yield from value_lines(module, field, v, spot, 8)
    else:
        yield from value_lines(module, field, v, spot, 4)


def when(usual: str, check: statements.Call, indent: int) -> list[str]:
    """The head of an ``if`` for what is usual, or what a method of ``Check`` lets pass."""
    return statements.lines(check, indent, f"if {usual} or ", ":")


def _entries(module: Module, field: Field, v: str, indent: int) -> Iterator[str]:
    k, x, pad = f"k{field.number}", f"x{field.number}", " " * indent
    yield f"{pad}for {k}, {x} in {v}.items():"
    shape = SHAPES[field.map_key.kind]
    yield f"{pad}    if {shape.unusual.format(v=k)}:"
    yield from statements.lines(call("c.map_key", string(shape.check), k, *Spot(field.name).arguments), indent + 8)
    yield from value_lines(module, field.map_value, x, Spot(field.name, k), indent + 4)


def _items(module: Module, field: Field, v: str, indent: int) -> Iterator[str]:
    x = f"x{field.number}"
    yield f"{' ' * indent}for i, {x} in enumerate({v}):"
    yield from value_lines(module, field, x, Spot(field.name, "i"), indent + 4)


def _oneof(module: Module, oneof: Oneof) -> Iterator[str]:
    yield f"    match m.{module.names.attribute(oneof)}:"
    yield "        case None:"
    yield "            pass"
    for field in oneof.fields:
        v = f"v{field.number}"
        yield f"        case {module.member(field)}({v}):"
        yield from value_lines(module, field, v, Spot(field.name), 12)
    names = " or ".join(module.names.member_class(field) for field in oneof.fields)
    yield "        case _:"
    value = f"m.{module.names.attribute(oneof)}"
    yield from statements.lines(call("c.not_a_member", value, string(names), *Spot(oneof.name).arguments), 12)


def value_lines(module: Module, field: Field, v: str, spot: Spot, indent: int) -> list[str]:
    """Statements for a single value that is set, in the variable ``v``."""
    kind, message = field.kind, field.message
    if field.enum is not None:
        cls = module.cls(field.enum)
        head = statements.block("if", f"{v}.__class__ is not {cls}", indent)
        return [*head, *statements.lines(call("c.enum", v, cls, *spot.arguments), indent + 4)]
    if message is not None and not is_plain(message):
        return statements.lines(call(module.function(message), v, "c", spot.place), indent)
    if message is not None and message.full_name in _JSON_TYPES:
        check = module.runtime(_JSON_TYPES[message.full_name], "well_known")
        return statements.lines(call(check, v, "c", *spot.arguments), indent)
    if message is not None:
        kind = message.fields[0].kind
    shape = _LOOSE if kind is Kind.STRING and message is None and not field.utf8 else SHAPES[kind]
    head = statements.block("if", shape.unusual.format(v=v), indent)
    return [*head, *statements.lines(call(f"c.{shape.check}", v, *spot.arguments), indent + 4)]
