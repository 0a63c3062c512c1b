"""Pieces of Python source as ``ruff format`` leaves them: literals, docstrings, lists, and the order of names."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

LINE_LENGTH = 88


def exploded(head: str, items: Sequence[str], tail: str, *, indent: int = 0) -> str:
    """One bracketed list with an item a line, whatever its length: stable under the formatter."""
    pad, inner = " " * indent, " " * (indent + 4)
    return head + "\n" + "".join(f"{inner}{item},\n" for item in items) + pad + tail


def string(text: str) -> str:
    """A string literal in double quotes where the formatter would choose them; never code."""
    return _quoted(repr(text))


def _quoted(literal: str) -> str:
    """A literal of :func:`repr`, which prefers single quotes, with those that need fewer escapes, else double ones."""
    if literal[0] == '"':
        return literal
    body = literal[1:-1]
    if body.count('"') > body.count("\\'"):
        return literal
    escaped = body.replace("\\'", "'").replace('"', '\\"')
    return f'"{escaped}"'


def double(value: float) -> str:
    """A finite double as a literal."""
    return repr(value).replace("e+", "e")


def bytes_literal(data: bytes) -> str:
    """A bytes literal, quoted as :func:`string` quotes."""
    return f"b{_quoted(repr(data)[1:])}"


def docstring(text: str, *, indent: int) -> str:
    """A docstring of any text: quotes and backslashes escaped, control characters made visible.

    Lines that are too long are wrapped, except in indented blocks, where breaks have a meaning. The
    first line is returned without its indentation; the result is never empty.
    """
    pad = " " * indent
    lines: list[str] = []
    for line in _paragraphs(text):
        width = LINE_LENGTH - indent - (0 if lines else 3)
        lines += _wrapped(_escaped(line), width, is_first=not lines)
    # The formatter takes away indentation that all lines but the first share.
    lines[1:] = textwrap.dedent("\n".join(lines[1:])).split("\n") if lines[1:] else []
    if lines[0].startswith('"'):
        lines[0] = f" {lines[0]}"
    if len(lines) > 1:
        body = "\n".join([lines[0], *(f"{pad}{line}" if line else "" for line in lines[1:])])
        return f'"""{body}\n{pad}"""'
    line = lines[0]
    if line.endswith('"') and not line.endswith('\\"\\"\\"'):
        line = f'{line[:-1]}\\"'
    if indent + len(line) + 6 <= LINE_LENGTH or " " not in line.strip():
        return f'"""{line}"""'
    start, _, last = line.rpartition(" ")
    return f'"""{start}\n{pad}{last}\n{pad}"""'


def _paragraphs(text: str) -> list[str]:
    """The lines of a docstring; those after the first without the indentation that they share."""
    lines = [_printable(line).rstrip() for line in text.splitlines()]
    first, _, rest = "\n".join(lines).strip().partition("\n")
    return [first, *textwrap.dedent(rest).split("\n")] if rest else [first]


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _wrapped(line: str, width: int, *, is_first: bool) -> list[str]:
    margin = line[: len(line) - len(line.lstrip())]
    if len(line) <= width or len(margin) >= 4:
        return [line]
    bullet = re.match(r"\s*(?:[-*+]|[0-9]+[.)])\s+", line)
    hanging = " " * len(bullet[0]) if bullet else margin
    words = line.split()
    lines, current, limit = [], margin + words[0], width
    for word in words[1:]:
        if len(current) + 1 + len(word) > limit:
            lines.append(current)
            current, limit = hanging + word, width + (3 if is_first else 0)
        else:
            current += f" {word}"
    return [*lines, current]


def comment_text(text: str) -> str:
    """A .proto comment as prose: common indentation, ``*`` borders and linter directives removed."""
    if "(--" in text:
        text = re.sub(r"\(--.*?--\)", "", text, flags=re.DOTALL)
    elif "\n" not in text.rstrip("\n"):
        return text.strip()
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and lines[0].strip() in ("", "*"):
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and all(not line or re.match(r"\s*\*", line) for line in lines[1:]) and len(lines) > 1:
        lines = [re.sub(r"^\s*\*\s?", "", line) for line in lines]
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    cut = min(indents, default=0)
    return "\n".join(line[cut:] for line in lines)


def _printable(line: str) -> str:
    """Tabs as spaces, control characters as escapes, other invisible ones (bidi marks) as spaces."""
    line = line.expandtabs(4)
    if line.isprintable():
        return line
    return "".join(
        c if c.isprintable() else f"\\x{ord(c):02x}" if unicodedata.category(c) == "Cc" else " " for c in line
    )


def natural_order(names: Iterable[str]) -> list[str]:
    """Names sorted as the linter wants ``__slots__``: runs of digits count as numbers."""
    return sorted(names, key=natural_key)


def member_order(names: Iterable[str]) -> list[str]:
    """Names sorted as the linter wants ``__all__``: constants, classes and the rest."""
    return sorted(names, key=lambda name: (member_rank(name), natural_key(name)))


def member_rank(name: str) -> int:
    """0 for the name of a constant, 1 for a class and 2 for the rest, as isort and ruff see them."""
    return 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key of a name in natural order, as isort and ruff have it."""
    if not any(c in name for c in "0123456789"):
        return [(ord(c), 0, "") for c in name]
    key: list[tuple[int, int, str]] = []
    for run in re.findall(r"[0-9]+|[^0-9]", name):
        if not run[0].isdigit():
            key.append((ord(run), 0, ""))
        elif run[0] == "0":
            # A leading zero makes a run a fraction: it is compared digit by digit from the left.
            key.append((48, 0, run))
        else:
            key.append((48, len(run), run))
    return key
