"""Statements folded over several lines as ``ruff format`` folds them, whatever the length of their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from protoc_gen_pds.python.folding.statements import statement as folded
from protoc_gen_pds.python.folding.syntax import Parser, UnknownSyntaxError
from protoc_gen_pds.python.layout import LINE_LENGTH, exploded

__all__ = ["fold", "fold_module"]

_OPENING = ("(", "[", "{")
_CLOSING = (")", "]", "}")
_END_OF_TEXT = re.compile(r'(?:^|[^\\])(?:\\\\)*"""$')
_IMPORT = re.compile(r"( *from \S+ import )(?!\()([^#(]+?)(  #.*)?$")


def fold_module(source: str) -> str:
    """A module whose statements stand on one line each, those that are too long folded.

    Documentation, comments and statements with comments stay as they are.
    """
    lines = source.split("\n")
    if max(map(len, lines)) <= LINE_LENGTH:
        return source
    found: list[str] = []
    at = 0
    while at < len(lines):
        end = _end(lines, at)
        statement = lines[at:end]
        is_documentation = lines[at].lstrip(" ").startswith('"')
        is_commented = any(line.lstrip(" ").startswith("#") for line in statement)
        if max(map(len, statement)) <= LINE_LENGTH or is_documentation or is_commented:
            found += statement
        else:
            found.append(fold("\n".join(statement)))
        at = end
    return "\n".join(found)


def _end(lines: Sequence[str], start: int) -> int:
    """The line behind a statement or documentation; brackets that end a line are closed at the same indentation."""
    at = start
    text = lines[at].lstrip(" ")
    if text.startswith('"""'):
        text = text[3:]
        while not _END_OF_TEXT.search(text):
            at += 1
            text = lines[at]
    while lines[at].endswith(_OPENING) and not text.startswith("#"):
        pad = len(lines[at]) - len(lines[at].lstrip(" "))
        at += 1
        while lines[at][pad : pad + 1] not in _CLOSING or lines[at][:pad].strip(" "):
            at += 1
    return at + 1


def fold(statement: str) -> str:
    """A statement, or the head of a compound one, over as few lines as the formatter would need.

    Items in brackets with a comma behind the last stay on lines of their own. A statement that is not
    understood is returned as it is; chains of method calls, which generated code does not have, are
    folded in brackets only.
    """
    pad = len(statement) - len(statement.lstrip(" "))
    if "\n" not in statement:
        if len(statement) <= LINE_LENGTH:
            return statement
        found = _IMPORT.match(statement)
        if found:
            if found.end(2) <= LINE_LENGTH:
                return statement
            return exploded(f"{found[1]}({found[3] or ''}", found[2].split(", "), ")", indent=pad)
    try:
        parser = Parser(statement)
        lines = folded(parser, pad)
        parser.finish()
    except UnknownSyntaxError:
        return statement
    return "\n".join(lines)
