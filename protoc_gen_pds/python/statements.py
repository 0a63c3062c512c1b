"""Statements on one line each, of expressions that are put together from parts."""

from __future__ import annotations

from collections.abc import Sequence


def call(function: str, *arguments: str) -> str:
    """A call of a function."""
    return f"{function}({', '.join(arguments)})"


def row(items: Sequence[str]) -> str:
    """A tuple; one of a single item keeps its comma."""
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def lines(expression: str, indent: int, before: str = "", after: str = "") -> list[str]:
    """An expression as a statement, or as part of one."""
    return [f"{' ' * indent}{before}{expression}{after}"]


def assign(target: str, expression: str, indent: int) -> list[str]:
    """``target = expression``."""
    return [f"{' ' * indent}{target} = {expression}"]


def block(keyword: str, condition: str, indent: int) -> list[str]:
    """The head of an ``if`` or ``elif``."""
    return [f"{' ' * indent}{keyword} {condition}:"]


def loop(targets: Sequence[str], iterable: str, indent: int) -> list[str]:
    """The head of a ``for``."""
    return [f"{' ' * indent}for {', '.join(targets)} in {iterable}:"]


def signature(name: str, parameters: Sequence[str], result: str) -> str:
    """The head of a function."""
    return f"def {name}({', '.join(parameters)}) -> {result}:"
