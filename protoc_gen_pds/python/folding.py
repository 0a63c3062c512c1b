"""Folding of statements that hold types, as ``ruff format`` folds them."""

from __future__ import annotations

from collections.abc import Sequence

from protoc_gen_pds.python.layout import LINE_LENGTH


def bracketed(text: str, *, indent: int, before: int, after: int = 0) -> str:
    """A type or call, its outer brackets opened where it does not fit in the line.

    ``before`` columns stand in the line before it, its indentation included, and ``after`` behind it.
    """
    opening = min((i for i in (text.find("["), text.find("(")) if i >= 0), default=-1)
    if before + len(text) + after <= LINE_LENGTH or opening < 0:
        return text
    head, body, closing = text[: opening + 1], text[opening + 1 : -1], text[-1]
    pad, inner = " " * indent, " " * (indent + 4)
    items = split(body, ",")
    if len(inner) + len(body) <= LINE_LENGTH:
        return f"{head}\n{inner}{body}\n{pad}{closing}"
    comma = "," if len(items) > 1 else ""
    opened = (bracketed(item, indent=indent + 4, before=indent + 4, after=len(comma)) for item in items)
    return f"{head}\n" + "".join(f"{inner}{item}{comma}\n" for item in opened) + pad + closing


def split(text: str, separator: str) -> list[str]:
    """The parts of a type or list of arguments at a separator that is outside of any bracket."""
    parts, depth, start, quoted = [], 0, 0, False
    for i, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in "[(":
            depth += 1
        elif character in "])":
            depth -= 1
        elif character == separator and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()]


def declaration(name: str, annotation: str, *, indent: int) -> str:
    """``name: annotation`` in the body of a class."""
    return _typed(f"{name}: ", annotation, "", indent)


def union(name: str, members: Sequence[str], *, indent: int) -> str:
    """``name = A | B``: an alias of a union."""
    one = f"{name} = {' | '.join(members)}"
    if indent + len(one) <= LINE_LENGTH:
        return one
    return f"{name} = {_parenthesized(members, indent)}"


def _typed(head: str, annotation: str, tail: str, indent: int) -> str:
    if indent + len(head) + len(annotation) + len(tail) <= LINE_LENGTH:
        return f"{head}{annotation}{tail}"
    parts = split(annotation, "|")
    if len(parts) == 1 and "[" not in annotation and not tail:
        return (
            f"{head}{_parenthesized(parts, indent)}"
            if indent + 4 + len(annotation) <= LINE_LENGTH
            else head + annotation
        )
    if len(parts) == 1:
        return head + bracketed(annotation, indent=indent, before=indent + len(head), after=len(tail)) + tail
    return f"{head}{_parenthesized(parts, indent)}{tail}"


def _parenthesized(parts: Sequence[str], indent: int) -> str:
    pad, inner = " " * indent, " " * (indent + 4)
    one = " | ".join(parts)
    if len(inner) + len(one) <= LINE_LENGTH:
        return f"(\n{inner}{one}\n{pad})"
    lines = (
        f"{inner}{'| ' if i else ''}{bracketed(part, indent=indent + 4, before=indent + (6 if i else 4))}\n"
        for i, part in enumerate(parts)
    )
    return f"(\n{''.join(lines)}{pad})"


def parameter(name: str, annotation: str, default: str = "", *, indent: int) -> str:
    """``name: annotation = default,`` on a line of its own, the comma not included."""
    head, tail = f"{name}: ", f" = {default}" if default else ""
    if indent + len(head) + len(annotation) + len(tail) + 1 <= LINE_LENGTH:
        return f"{head}{annotation}{tail}"
    parts = split(annotation, "|")
    pad, last = " " * indent, len(parts) - 1
    lines = []
    for i, part in enumerate(parts):
        before, after = indent + (2 if i else len(head)), len(tail) + 1 if i == last else 0
        lines.append(bracketed(part, indent=indent, before=before, after=after))
    return head + f"\n{pad}| ".join(lines) + tail


def subclass(name: str, base: str, *, indent: int) -> str:
    """``class name(base):``, the base on lines of its own where it does not fit."""
    one = f"class {name}({base}):"
    if indent + len(one) <= LINE_LENGTH:
        return one
    pad, inner = " " * indent, indent + 4
    return f"class {name}(\n{' ' * inner}{bracketed(base, indent=inner, before=inner)}\n{pad}):"


def getter(name: str, this: str, returned: str, *, indent: int) -> str:
    """``def name(self) -> returned:``, the first line of a property."""
    one = f"def {name}({this}) -> {returned}:"
    if indent + len(one) <= LINE_LENGTH:
        return one
    pad = " " * indent
    return f"def {name}(\n{pad}    {this},\n{pad}" + _typed(") -> ", returned, ":", indent)


def conditional(head: str, value: str, condition: str, otherwise: str, *, indent: int) -> str:
    """``head value if condition else otherwise``, parenthesized where it does not fit in the line."""
    one = f"{value} if {condition} else {otherwise}"
    if indent + len(head) + len(one) <= LINE_LENGTH:
        return head + one
    pad, inner = " " * indent, " " * (indent + 4)
    if len(inner) + len(one) <= LINE_LENGTH:
        return f"{head}(\n{inner}{one}\n{pad})"
    if len(inner) + 3 + len(condition) > LINE_LENGTH:
        left, operator, right = condition.partition(" is ")
        condition = (
            f"{left}\n{inner}{operator.lstrip()}{right}"
            if operator
            else bracketed(condition, indent=indent + 4, before=indent + 7)
        )
    return f"{head}(\n{inner}{value}\n{inner}if {condition}\n{inner}else {otherwise}\n{pad})"


def assignment(target: str, value: str, *, indent: int) -> str:
    """``target = value`` where the value has no brackets or operators of its own."""
    one = f"{target} = {value}"
    fits = indent + len(target) + 4 <= LINE_LENGTH and indent + 4 + len(value) <= LINE_LENGTH
    if indent + len(one) <= LINE_LENGTH or not fits:
        return one
    pad = " " * indent
    return f"{target} = (\n{pad}    {value}\n{pad})"


def constant(name: str, annotation: str, value: str, *, indent: int) -> str:
    """``name: annotation = value``: the value is parenthesized first, then the annotation opened."""
    one = f"{name}: {annotation} = {value}"
    if indent + len(one) <= LINE_LENGTH:
        return one
    head, pad = f"{name}: {annotation} = (", " " * indent
    if indent + len(head) <= LINE_LENGTH and "(" not in value:
        return f"{head}\n{pad}    {value}\n{pad})"
    before = indent + len(name) + 2
    return f"{name}: {bracketed(annotation, indent=indent, before=before, after=LINE_LENGTH)} = {value}"
