"""Expressions over as few lines as fit: where ``ruff format`` opens brackets, breaks at operators, adds parentheses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protoc_gen_pds.python.folding.syntax import Chain, Group, Node, Operation
from protoc_gen_pds.python.layout import LINE_LENGTH


class Layout:
    """Lays expressions out in lines of a width; with one of 0, every bracket is opened."""

    def __init__(self, width: int) -> None:
        self._width = width

    def fits(self, before: str, node: Node, after: str) -> bool:
        """Whether an expression can stand in one line with what is around it."""
        return not node.broken and len(before) + len(node.flat) + len(after) <= self._width

    def put(self, node: Node, pad: int, before: str, after: str, *, inside: bool) -> list[str]:
        """The lines of an expression.

        Args:
            node: the expression.
            pad: the indentation of the lines after the first.
            before: what stands before it in its first line, which is part of the result.
            after: what will stand behind it in its last line, which is not.
            inside: whether there are brackets around it, so that lines may break at operators.
        """
        if self.fits(before, node, after):
            return [before + node.flat]
        if isinstance(node, Group) and node.items:
            return self.group(node, pad, before)
        if isinstance(node, Chain) and node.kind == "lambda":
            return self._lambda(node, pad, before, after)
        if isinstance(node, Chain):
            return self._sequence(node.parts, pad, before, after, inside=inside)
        if isinstance(node, Operation):
            if not inside:
                return self._sequence(_pieces(node), pad, before, after, inside=False)
            lines = self.put(node.operands[0], pad, before, "", inside=True)
            for operator, operand in zip(node.operators, node.operands[1:], strict=True):
                last = operand is node.operands[-1]
                lines += self.put(operand, pad, f"{' ' * pad}{operator} ", after if last else "", inside=True)
            return lines
        return [before + node.flat]

    def _lambda(self, node: Chain, pad: int, before: str, after: str) -> list[str]:
        start, body = node.parts
        rest, breaks = lead(node.parts, inside=False)
        breaks &= isinstance(body, Group) or (isinstance(body, Chain) and isinstance(body.parts[-1], Group))
        has_operators = isinstance(body, Operation) or (isinstance(body, Chain) and body.kind == "prefix")
        if has_operators or not breaks or len(before) + len(rest) > self._width:
            inner = self.put(body, pad + 4, " " * (pad + 4), "", inside=True)
            return [f"{before}{start.flat}(", *inner, f"{' ' * pad})"]
        return self._sequence(node.parts, pad, before, after, inside=False)

    def group(self, node: Group, pad: int, before: str) -> list[str]:
        """Brackets opened: their items in one line, or in one each."""
        opening, closing, inner = before + node.flat[0], " " * pad + node.flat[-1], " " * (pad + 4)
        if node.kind == "parentheses":
            return [opening, *self.put(node.items[0], pad + 4, inner, "", inside=True), closing]
        joined = ", ".join([item.flat for item in node.items])
        is_row = node.kind in ("call", "index") and not node.broken and not node.comma
        if is_row and len(inner) + len(joined) <= self._width:
            return [opening, inner + joined, closing]
        comma = "," if len(node.items) > 1 or node.comma else ""
        lines = [opening]
        for item in node.items:
            lines += self.put(item, pad + 4, inner, comma, inside=True)
            lines[-1] += comma
        return [*lines, closing]

    def _sequence(self, parts: Sequence[Node], pad: int, before: str, after: str, *, inside: bool) -> list[str]:
        lines = [before]
        for i, part in enumerate(parts):
            rest, breaks = lead(parts[i + 1 :], inside=inside)
            lines[-1:] = self.put(part, pad, lines[-1], rest if breaks else rest + after, inside=inside)
        return lines


NORMAL, _OPENED = Layout(LINE_LENGTH), Layout(0)


def _pieces(node: Operation) -> list[Node]:
    found = [node.operands[0]]
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        found += (Node(f" {operator} "), operand)
    return found


def lead(parts: Iterable[Node], *, inside: bool) -> tuple[str, bool]:
    """What must stand in one line at the beginning of some parts, and whether a line can break behind it."""
    text = ""
    for part in parts:
        if isinstance(part, Group):
            if part.items:
                return text + part.flat[0], True
            more, breaks = part.flat, False
        elif isinstance(part, Chain):
            more, breaks = lead(part.parts, inside=inside)
        elif isinstance(part, Operation):
            more, breaks = lead([part.operands[0]] if inside else _pieces(part), inside=inside)
            breaks = breaks or inside
        else:
            more, breaks = part.flat, False
        text += more
        if breaks:
            return text, True
    return text, False


def needs(node: Node) -> str:
    """Where a value that is too long can break: at its ``operators``, in its ``brackets``, or at ``nothing``."""
    if isinstance(node, Operation):
        return "operators"
    if isinstance(node, Chain) and node.kind != "postfix":
        return needs(node.parts[1])
    if isinstance(node, Chain):
        return "brackets" if any(isinstance(part, Group) and part.items for part in node.parts) else "nothing"
    return "brackets" if isinstance(node, Group) else "nothing"


def unwrapped(node: Node) -> Node:
    """The expression in parentheses, which the formatter takes away where they are of no use."""
    while isinstance(node, Group) and node.kind == "parentheses":
        node = node.items[0]
    return node


def value(node: Node, pad: int, before: str, after: str) -> list[str]:
    """A value behind a keyword or an operator, ``after`` included."""
    node = unwrapped(node)
    if NORMAL.fits(before, node, after):
        return [before + node.flat + after]
    breaks_at = needs(node)
    if breaks_at == "nothing":
        helps = len(before) < LINE_LENGTH and pad + 4 + len(node.flat) <= LINE_LENGTH
        return parenthesized(node, pad, before, after) if helps else [before + node.flat + after]
    if breaks_at == "operators" and not (can_do_without(node) and fits_opened(node, pad, before, after)):
        return parenthesized(node, pad, before, after)
    lines = bare(node, pad, before, after)
    if breaks_at == "brackets" and len(lines[0]) > LINE_LENGTH and len(lines) > 1:
        other = parenthesized(node, pad, before, after)
        if max(map(len, other)) <= LINE_LENGTH:
            return other
    return lines


def bare(node: Node, pad: int, before: str, after: str) -> list[str]:
    """A value without parentheses, ``after`` included."""
    lines = NORMAL.put(node, pad, before, after, inside=False)
    lines[-1] += after
    return lines


def parenthesized(node: Node, pad: int, before: str, after: str) -> list[str]:
    """A value in parentheses, ``after`` included."""
    inner = NORMAL.put(node, pad + 4, " " * (pad + 4), "", inside=True)
    return [f"{before}(", *inner, f"{' ' * pad}){after}"]


def fits_opened(node: Node, pad: int, before: str, after: str) -> bool:
    """Whether the lines outside of all brackets fit when those are opened."""
    lines = _OPENED.put(node, pad, before, after, inside=False)
    lines[-1] += after
    outside = (line for line in lines[1:] if not line.startswith(" " * (pad + 1)))
    return max(map(len, (lines[0], *outside))) <= LINE_LENGTH


class _Operators:
    """The operators of an expression outside of its brackets."""

    def __init__(self, node: Node) -> None:
        self.level: int = 100
        self.count = 0
        self.brackets = False
        self._visit(node)

    def _visit(self, node: Node) -> None:
        if isinstance(node, Operation):
            self._operator(node.level, len(node.operators))
            for operand in node.operands:
                self._visit(operand)
        elif isinstance(node, Group):
            self.brackets = True
        elif isinstance(node, Chain):
            for part in node.parts:
                self._visit(part)

    def _operator(self, level: int, count: int) -> None:
        if level < self.level:
            self.level, self.count = level, count
        elif level == self.level:
            self.count += count


def can_do_without(node: Node) -> bool:
    """Whether opening brackets of an expression with operators may do instead of parentheses around it."""
    operators = _Operators(node)
    if not operators.brackets or operators.count > 1:
        return False
    return _ends_in_brackets(node) or _starts_with_brackets(node)


def _ends_in_brackets(node: Node) -> bool:
    if isinstance(node, Operation):
        return _ends_in_brackets(node.operands[-1])
    if isinstance(node, Chain):
        return _ends_in_brackets(node.parts[-1])
    return isinstance(node, Group) and node.kind != "index" and bool(node.items)


def _starts_with_brackets(node: Node) -> bool:
    if isinstance(node, Operation):
        return _starts_with_brackets(node.operands[0])
    if isinstance(node, Chain):
        return node.kind == "postfix" and isinstance(node.parts[0], Group)
    return isinstance(node, Group) and bool(node.items)
