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
    pad, before = " " * indent, f"{target} = "
    if indent + len(before) + len(flat(expr)) <= LINE_LENGTH:
        return [f"{pad}{before}{flat(expr)}"]
    head = expr if isinstance(expr, str) else expr.head
    if isinstance(expr, Call) and expr.items and indent + len(before) + len(head) <= LINE_LENGTH:
        return lines(expr, indent, before)
    if head.startswith("b["):
        subscript, _, rest = flat(expr)[2:].partition("]")
        return [f"{pad}{before}b[", f"{pad}    {subscript}", f"{pad}]{rest}"]
    if target.startswith("(") and indent + len(before) >= LINE_LENGTH:
        return [f"{pad}(", f"{pad}    {target[1:-1]}", *lines(expr, indent, ") = ")]
    parenthesized = [f"{pad}{before}(", *lines(expr, indent + 4), f"{pad})"]
    if max(map(len, parenthesized)) <= LINE_LENGTH:
        return parenthesized
    # Parentheses are of no use where something in them is too long all the same.
    return lines(expr, indent, before)


def block(keyword: str, condition: str, indent: int) -> list[str]:
    """The head of an ``if`` or ``elif``, in parentheses where it is too long; one comparison at most."""
    pad = " " * indent
    one = f"{pad}{keyword} {condition}:"
    if len(one) <= LINE_LENGTH:
        return [one]
    if indent + 4 + len(condition) <= LINE_LENGTH:
        return [f"{pad}{keyword} (", f"{pad}    {condition}", f"{pad}):"]
    for operator in (" is ", " != "):
        left, found, right = condition.partition(operator)
        if found:
            return [f"{pad}{keyword} (", f"{pad}    {left}", f"{pad}    {found[1:]}{right}", f"{pad}):"]
    return [one]


def loop(targets: Sequence[str], iterable: str, indent: int) -> list[str]:
    """The head of a ``for``; its targets in parentheses where it is too long."""
    pad = " " * indent
    one = f"{pad}for {', '.join(targets)} in {iterable}:"
    if len(one) <= LINE_LENGTH:
        return [one]
    comma = "," if len(targets) > 1 else ""
    return [f"{pad}for (", *(f"{pad}    {target}{comma}" for target in targets), f"{pad}) in {iterable}:"]


def signature(name: str, parameters: Sequence[Expr], result: str) -> str:
    """The head of a function; unlike a call, one with a single parameter gets a trailing comma."""
    head = Call(f"def {name}(", tuple(parameters))
    found = lines(head, 0, after=f" -> {result}:")
    if len(parameters) == 1 and len(found) > 1:
        found[1] += ","
    return "\n".join(found)


def nested(statements: Sequence[str], levels: int = 1) -> list[str]:
    """Lines, further in."""
    return [" " * (4 * levels) + line if line else line for line in statements]
