"""Statements on one line each, of expressions that are put together from parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


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
    """An expression as a statement, or as part of one."""
    return [f"{' ' * indent}{before}{flat(expr)}{after}"]


def assign(target: str, expr: Expr, indent: int) -> list[str]:
    """``target = expr``."""
    return [f"{' ' * indent}{target} = {flat(expr)}"]


def block(keyword: str, condition: str, indent: int) -> list[str]:
    """The head of an ``if`` or ``elif``."""
    return [f"{' ' * indent}{keyword} {condition}:"]


def loop(targets: Sequence[str], iterable: str, indent: int) -> list[str]:
    """The head of a ``for``."""
    return [f"{' ' * indent}for {', '.join(targets)} in {iterable}:"]


def signature(name: str, parameters: Sequence[Expr], result: str) -> str:
    """The head of a function."""
    return f"def {name}({', '.join(map(flat, parameters))}) -> {result}:"
