"""Statements laid out as ``ruff format`` would, for expressions whose length depends on names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from protoc_gen_pds.python.layout import LINE_LENGTH


@dataclass(frozen=True, slots=True)
class Call:
    """A call, or anything else in brackets: ``head`` ends with the opening one, ``tail`` begins with the other."""

    head: str
    items: tuple[Expr, ...]
    tail: str = ")"


Expr: TypeAlias = str | Call


def call(function: str, *arguments: Expr) -> Call:
    """A call of a function."""
    return Call(f"{function}(", arguments)


def flat(expr: Expr) -> str:
    """An expression on one line."""
    if isinstance(expr, str):
        return expr
    return f"{expr.head}{', '.join(map(flat, expr.items))}{expr.tail}"


def lines(expr: Expr, indent: int, before: str = "", after: str = "") -> list[str]:
    """An expression as a statement, or as part of one, over as few lines as fit."""
    pad = " " * indent
    one = f"{before}{flat(expr)}{after}"
    if indent + len(one) <= LINE_LENGTH or isinstance(expr, str) or not expr.items:
        return [pad + one]
    joined = ", ".join(map(flat, expr.items))
    head, tail = f"{pad}{before}{expr.head}", f"{pad}{expr.tail}{after}"
    if indent + 4 + len(joined) <= LINE_LENGTH:
        return [head, f"{pad}    {joined}", tail]
    if len(expr.items) == 1:
        return [head, *lines(expr.items[0], indent + 4), tail]
    return [head, *(line for item in expr.items for line in lines(item, indent + 4, after=",")), tail]


def assign(target: str, expr: Expr, indent: int) -> list[str]:
    """``target = expr``; in parentheses where the formatter would put them."""
    before = f"{target} = "
    if indent + len(before) + len(flat(expr)) <= LINE_LENGTH:
        return [f"{' ' * indent}{before}{flat(expr)}"]
    opening = before if isinstance(expr, str) else before + expr.head
    if isinstance(expr, Call) and expr.items and indent + len(opening) <= LINE_LENGTH:
        return lines(expr, indent, before)
    pad = " " * indent
    return [f"{pad}{before}(", *lines(expr, indent + 4), f"{pad})"]


def block(keyword: str, condition: str, indent: int) -> list[str]:
    """The head of an ``if``, ``elif`` or ``for ... in``, in parentheses where it is too long."""
    pad = " " * indent
    one = f"{pad}{keyword} {condition}:"
    if len(one) <= LINE_LENGTH:
        return [one]
    return [f"{pad}{keyword} (", f"{pad}    {condition}", f"{pad}):"]


def signature(name: str, parameters: Sequence[str], result: str) -> str:
    """The head of a function; unlike a call, one with a single parameter gets a trailing comma."""
    head = Call(f"def {name}(", tuple(parameters))
    found = lines(head, 0, after=f" -> {result}:")
    if len(parameters) == 1 and len(found) > 1:
        found[1] += ","
    return "\n".join(found)


def nested(statements: Sequence[str], levels: int = 1) -> list[str]:
    """Lines, further in."""
    return [" " * (4 * levels) + line if line else line for line in statements]
