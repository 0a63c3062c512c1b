"""Folding of statements: what the formatter itself makes of them, whatever the length of their names."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable

import pytest
from invocation import tool

from protoc_gen_pds.python.folding import fold, fold_module

STATEMENTS = 300
"""Random statements of each kind."""


class Author:
    """Writes random statements of the kinds that generated code has, each on one line."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def of(self, *makers: Callable[[], str]) -> str:
        return self._random.choice(makers)()

    def word(self, first: str = "n") -> str:
        length = self._random.choice((1, 3, 8, 20, self._random.randrange(1, 60), self._random.randrange(1, 100)))
        return first + self._random.choice("abcdexyz") * length

    def name(self) -> str:
        return self.of(self.word, self.word, lambda: f"{self.word('a')}.{self.word('b')}")

    def string(self) -> str:
        return f'"{self.word("s")}"'

    def items(self, item: Callable[[], str], *counts: int) -> str:
        return ", ".join(item() for _ in range(self._random.choice(counts)))

    def type(self, depth: int = 0) -> str:
        if depth > 2:
            return self.name()
        return self.of(
            self.name,
            self.string,
            lambda: f"list[{self.type(depth + 1)}]",
            lambda: f"dict[str, {self.type(depth + 1)}]",
            lambda: f"{self.name()} | None",
            lambda: f"list[{self.type(depth + 1)}] | None",
        )

    def call(self, depth: int = 0) -> str:
        def argument() -> str:
            return self.of(self.name, self.string, lambda: self.expression(depth + 1))

        arguments = self.items(argument, 0, 1, 1, 2, 2, 3, 4)
        if self._random.random() < 0.2:
            arguments = ", ".join(filter(None, (arguments, f"{self.word('k')}={argument()}")))
        function = self.of(self.name, self.name, lambda: 'b"".join')
        return f"{function}({arguments})"

    def subscript(self) -> str:
        return f"{self.name()}[{self.of(self.string, self.name, lambda: 'p + 1 : q')}]"

    def expression(self, depth: int = 0) -> str:
        if depth > 2:
            return self.of(self.name, self.string, self.subscript)

        def deeper() -> str:
            return self.expression(depth + 1)

        return self.of(
            self.name,
            lambda: self.call(depth),
            lambda: self.call(depth),
            self.subscript,
            lambda: f"{self.subscript()}.{self.word()}()",
            lambda: f"{self.call(depth + 1)}.{self.word()}",
            lambda: f"({deeper()}, {deeper()})",
            lambda: f"[{self.items(deeper, 0, 1, 2)}]",
            lambda: f"[{self.name()} for x in {self.name()}]",
            lambda: (
                f"{{k: {deeper()} for k, x in {self.of(self.name, lambda: self.call(2))}.items() if {self.name()}}}"
            ),
            lambda: f"cel.any({self.name()}, lambda x: {self.condition()})",
            lambda: f"{self.name()}({self.name()})({self.name()})",
        )

    def condition(self) -> str:
        def side() -> str:
            return self.of(self.name, self.name, lambda: self.call(1), self.subscript)

        operator = self._random.choice(("is", "is not", "==", "!=", "in", "not in", "<"))
        one = f"{side()} {operator} {self.of(side, lambda: 'None')}"
        return self.of(
            lambda: one,
            lambda: one,
            lambda: f"{one} and {self.call(1)}",
            lambda: f"{one} or {self.name()} or {self.call(1)}",
            lambda: f"{one} and not {self.name()}",
            lambda: f"({one} and {self.name()}) or {self.call(1)}",
            lambda: f"not {self.call(1)}",
            lambda: f"not ({one} and {self.call(2)})",
            lambda: self.expression(1),
        )

    def value(self) -> str:
        return self.of(
            self.expression,
            self.expression,
            lambda: f"{self.expression(1)} if {self.condition()} else {self.name()}",
            lambda: f"{self.name()} if {self.condition()} else {self.name()} if {self.condition()} else None",
            lambda: f"{self.expression(1)} + {self.expression(1)}",
            lambda: f"await {self.call()}",
            self.condition,
            lambda: "{}",
            lambda: f"{{{self.string()}: {self.string()}}}",
            lambda: f"({self.string()},)",
        )

    def parameter(self) -> str:
        return f"{self.word()}: {self.type()}"

    def target(self) -> str:
        return self.of(
            self.word,
            lambda: f"self.{self.word()}",
            lambda: f"o[{self.string()}]",
            lambda: f"{self.word()}, {self.word('p')}",
        )

    def statement(self, kind: str) -> str:
        """A statement at any indentation that generated code has."""
        pad = self._random.choice((4, 8, 12) if kind == "case" else (0, 4, 8, 12))
        return " " * pad + KINDS[kind](self)


KINDS: dict[str, Callable[[Author], str]] = {
    "if": lambda author: f"if {author.condition()}:",
    "call": lambda author: author.call(),
    "await": lambda author: f"await {author.call()}",
    "assign": lambda author: f"{author.target()} = {author.value()}",
    "declare": lambda author: f"{author.word()}: {author.type()}",
    "declare and assign": lambda author: f"{author.word()}: {author.type()} = {author.value()}",
    "return": lambda author: f"return {author.value()}",
    "raise": lambda author: f"raise {author.call()}",
    "for": lambda author: f"for {author.items(author.word, 1, 1, 2, 3)} in {author.expression(1)}:",
    "class": lambda author: f"class {author.word('C')}({author.type(1)}, full_name={author.string()}):",
    "decorator": lambda author: f"@{author.call()}",
    "def": lambda author: (
        f"{author.of(lambda: 'def', lambda: 'async def')} {author.word()}"
        f"({author.items(author.parameter, 0, 1, 2, 3)}) -> {author.type()}:"
    ),
    "match": lambda author: f"match {author.name()}:",
    "case": lambda author: f"case {author.name()}({author.of(author.word, lambda: f'value={author.word()}')}):",
    "import": lambda author: f"from .{author.name()} import {author.items(author.word, 1, 2, 3)}",
}

BODIES = {"decorator": "def f() -> None: ...", "match": "    case _: pass"}


def in_context(statement: str, kind: str) -> str:
    """Source in which a statement of any indentation may stand, after a mark that tells it from what is around it."""
    pad = len(statement) - len(statement.lstrip())
    lines = [f"{' ' * level}if x:" for level in range(0, pad, 4)]
    if kind == "case":
        lines[-1] = lines[-1].replace("if", "match")
    body = BODIES.get(kind, "    pass" if statement.endswith(":") else "")
    lines += [f"{' ' * pad}# statement", statement, " " * pad + body]
    return "\n".join(lines)


@pytest.mark.parametrize("kind", KINDS)
def test_statements_are_folded_as_the_formatter_folds_them(kind: str) -> None:
    author = Author(len(kind))
    folded = [fold(author.statement(kind)) for _ in range(STATEMENTS)]
    formatted = formatter("\n\n".join(f"# {i}\n{in_context(each, kind)}" for i, each in enumerate(folded)))
    parts = re.split(r"^# \d+\n", formatted, flags=re.MULTILINE)[1:]
    assert len(parts) == STATEMENTS
    for each, part in zip(folded, parts, strict=True):
        assert f"# statement\n{each}\n" in part


def formatter(source: str) -> str:
    """What the formatter makes of a module."""
    command = [tool("ruff"), "format", "--isolated", "--stdin-filename", "x.py", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


LONG = "x" * 90


def test_what_is_folded_stays_as_it_is() -> None:
    author = Author(0)
    for kind in KINDS:
        for _ in range(STATEMENTS):
            folded = fold(author.statement(kind))
            assert fold(folded) == folded


def test_a_comma_behind_the_last_item_keeps_items_on_their_lines() -> None:
    assert fold(f"f(\n    a,\n    g({LONG}),\n)") == f"f(\n    a,\n    g(\n        {LONG}\n    ),\n)"


@pytest.mark.parametrize("name", ["match", "case", "type"])
def test_soft_keywords_are_names(name: str) -> None:
    value = "a" * 40
    assert fold(f"{name}: Key[int] = Key({value}, {value})") == f"{name}: Key[int] = Key(\n    {value}, {value}\n)"
    assert fold(f"{name} = Key({value}, {value})") == f"{name} = Key(\n    {value}, {value}\n)"


def test_a_statement_that_is_not_understood_is_left_alone() -> None:
    for statement in (f"with {LONG} as y:", f"x = {LONG} y", f"x = ({LONG}", f"x = {'(' * 300}{LONG}{')' * 300}"):
        assert fold(statement) == statement


def test_documentation_and_comments_are_left_alone() -> None:
    source = f'"""f({LONG})\n\n    f({LONG}\n"""\n# f({LONG})\nx = (\n    # f({LONG})\n    1,\n)\n'
    assert fold_module(source) == source
    assert fold_module(f'def f() -> int:\n    """{LONG}\\\\"""\n    return f({LONG})\n').endswith(
        f"    return f(\n        {LONG}\n    )\n"
    )


def test_imports_keep_the_comment_for_linters() -> None:
    assert fold(f"from . import a, {LONG}  # noqa: F401") == f"from . import (  # noqa: F401\n    a,\n    {LONG},\n)"
    short = f"from . import {'a' * 70}  # noqa: F401"
    assert fold(short) == short
