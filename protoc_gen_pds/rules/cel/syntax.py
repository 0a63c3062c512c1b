"""The syntax tree of CEL. Macros (``all``, ``has``, ...) are ordinary calls in it."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass

Constant = bool | int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal; ``type`` is CEL's name of its type (``int``, ``uint``, ``null_type``, ...)."""

    value: Constant
    type: str
    at: int


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name; one with a leading dot is looked up from the root."""

    name: str
    at: int
    rooted: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """``operand.field``."""

    operand: Expression
    field: str
    at: int


@dataclass(frozen=True, slots=True)
class Index:
    """``operand[index]``."""

    operand: Expression
    index: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function, method or macro; ``target`` is None for a function."""

    name: str
    target: Expression | None
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Unary:
    """``!x`` or ``-x``."""

    operator: str
    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two operands, ``&&``, ``||`` and ``in`` among them."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? then : otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression
    at: int


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """``[a, b]``."""

    items: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class MapLiteral:
    """``{key: value}``."""

    entries: tuple[tuple[Expression, Expression], ...]
    at: int


@dataclass(frozen=True, slots=True)
class MessageLiteral:
    """``pkg.Type{field: value}``; a leading dot is part of the name."""

    name: str
    fields: tuple[tuple[str, Expression], ...]
    at: int


Expression = (
    Literal
    | Identifier
    | Select
    | Index
    | Call
    | Unary
    | Binary
    | Conditional
    | ListLiteral
    | MapLiteral
    | MessageLiteral
)


def operands(expression: Binary) -> list[Expression]:
    """The operands of a chain of one operator, from left to right."""
    found: list[Expression] = []
    operand: Expression = expression
    while isinstance(operand, Binary) and operand.operator == expression.operator:
        found.append(operand.right)
        operand = operand.left
    return [operand, *reversed(found)]


def calls(part: object, name: str) -> bool:
    """Whether a part of an expression calls a function or method of a name."""
    if isinstance(part, tuple):
        return any(calls(item, name) for item in part)
    if isinstance(part, Call) and part.name == name:
        return True
    return is_dataclass(part) and any(calls(getattr(part, f.name), name) for f in fields(part))
