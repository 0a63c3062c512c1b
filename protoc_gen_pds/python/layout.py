"""Laying out Python source as ``ruff format`` would: the few shapes that templates cannot fold themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

LINE_LENGTH = 88


def fold(head: str, items: Sequence[str], tail: str, *, indent: int = 0) -> str:
    """One bracketed list, folded as the formatter folds it.

    ``head`` ends with the opening bracket and ``tail`` begins with the closing one, so that
    ``fold("f(", ["a", "b"], ")")`` is ``f(a, b)`` where that fits in a line; else the items stand on a
    line of their own, else on one line each with a trailing comma. ``indent`` is the number of spaces
    before the statement; the first line is returned without them.
    """
    one = f"{head}{', '.join(items)}{tail}"
    if indent + len(one) <= LINE_LENGTH or not items:
        return one
    pad, inner = " " * indent, " " * (indent + 4)
    joined = ", ".join(items)
    bare_star = any(item in ("*", "/") for item in items)
    if len(inner) + len(joined) <= LINE_LENGTH and not (len(items) == 1 and bare_star):
        return f"{head}\n{inner}{joined}\n{pad}{tail}"
    return head + "\n" + "".join(f"{inner}{item},\n" for item in items) + pad + tail


def exploded(head: str, items: Sequence[str], tail: str, *, indent: int = 0) -> str:
    """One bracketed list with an item a line, whatever its length: stable under the formatter."""
    pad, inner = " " * indent, " " * (indent + 4)
    return head + "\n" + "".join(f"{inner}{item},\n" for item in items) + pad + tail


def string(text: str) -> str:
    """A string literal in double quotes where the formatter would choose them; never code."""
    literal = repr(text)
    if literal[0] == "'" and '"' not in text:
        return f'"{literal[1:-1]}"'
    return literal


def bytes_literal(data: bytes) -> str:
    """A bytes literal, quoted as :func:`string` quotes."""
    literal = repr(data)
    if literal[1] == "'" and b'"' not in data:
        return f'b"{literal[2:-1]}"'
    return literal


def docstring(text: str, *, indent: int) -> str:
    """A docstring of any text: quotes and backslashes escaped, control characters made visible.

    The first line is returned without its indentation; the result is never empty.
    """
    pad = " " * indent
    lines = [_printable(line.rstrip()) for line in text.strip().splitlines()] or [""]
    escaped = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines]
    if len(escaped) == 1:
        line = escaped[0]
        if line.startswith('"'):
            line = f" {line}"
        if line.endswith('"'):
            line = f'{line[:-1]}\\"'
        if indent + len(line) + 6 <= LINE_LENGTH or " " not in line:
            return f'"""{line}"""'
        return f'"""{line}\n{pad}"""'
    if escaped[0].startswith('"'):
        escaped[0] = f" {escaped[0]}"
    body = "\n".join([escaped[0], *(f"{pad}{line}" if line else "" for line in escaped[1:])])
    return f'"""{body}\n{pad}"""'


def comment_text(text: str) -> str:
    """A .proto comment as prose: common indentation, ``*`` borders and linter directives removed."""
    text = re.sub(r"\(--.*?--\)", "", text, flags=re.DOTALL)
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and all(not line or re.match(r"\s*\*", line) for line in lines[1:]) and len(lines) > 1:
        lines = [re.sub(r"^\s*\*\s?", "", line) for line in lines]
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    cut = min(indents, default=0)
    return "\n".join(line[cut:] for line in lines)


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" if ord(c) < 256 else " " for c in line)
