"""Statements, and the heads of compound ones, over as few lines as fit."""

from __future__ import annotations

from protoc_gen_pds.python.folding.expressions import (
    NORMAL,
    bare,
    can_do_without,
    fits_opened,
    lead,
    needs,
    parenthesized,
    unwrapped,
    value,
)
from protoc_gen_pds.python.folding.syntax import COMPARISON, Chain, Group, Node, Operation, Parser, UnknownSyntaxError
from protoc_gen_pds.python.layout import LINE_LENGTH


def statement(parser: Parser, pad: int) -> list[str]:
    """The lines of a statement at an indentation."""
    word, before = parser.peek(), " " * pad
    if word in ("match", "case") and parser.after() in (":", "="):
        # A field may be called so.
        return _assignment(parser, pad)
    if word == "async":
        parser.take()
        before += "async "
        word = parser.peek()
    if word in ("def", "class", "for", "@", "if", "elif", "while", "match", "case", "return", "raise", "await"):
        parser.take()
        before += word if word == "@" else f"{word} "
    match word:
        case "def":
            return _function(parser, pad, before)
        case "class" | "case":
            return bare(parser.head(), pad, before, ":")
        case "for":
            return _for(parser, pad, before)
        case "if" | "elif" | "while" | "match":
            return value(parser.head(), pad, before, ":")
        case "@" | "return" | "await":
            return value(parser.expression(), pad, before, "")
        case "raise":
            return bare(parser.expression(), pad, before, "")
        case _:
            return _assignment(parser, pad)


def _function(parser: Parser, pad: int, before: str) -> list[str]:
    before += parser.take()
    parameters = parser.group("call")
    parameters.comma |= len(parameters.items) == 1
    parser.expect("->")
    returned = unwrapped(parser.head())
    if parameters.items:
        whole = Chain((parameters, Node(" -> "), returned), "item")
        if NORMAL.fits(before, whole, ":"):
            return [f"{before}{whole.flat}:"]
        lines = NORMAL.group(parameters, pad, before)
        return [*lines[:-1], *value(returned, pad, f"{lines[-1]} -> ", ":")]
    before += "() -> "
    if NORMAL.fits(before, returned, ":"):
        return [f"{before}{returned.flat}:"]
    if isinstance(returned, Operation):
        return value(returned, pad, before, ":")
    if needs(returned) == "brackets" and fits_opened(returned, pad, before, ":"):
        return bare(returned, pad, before, ":")
    return parenthesized(returned, pad, before, ":")


def _for(parser: Parser, pad: int, before: str) -> list[str]:
    target = unwrapped(parser.items(COMPARISON + 1))
    parser.expect("in")
    iterable = unwrapped(parser.head())
    flat = f"{before}{_bare_tuple(target)} in "
    rest, breaks = lead([iterable], inside=False)
    rest += "" if breaks else ":"
    lines = [flat]
    if len(flat) + len(rest) > LINE_LENGTH:
        if isinstance(target, Group):
            lines = NORMAL.group(target, pad, before)
            lines[-1] += " in "
        else:
            other = parenthesized(target, pad, before, " in ")
            if max(*map(len, other), len(other[-1]) + len(rest)) <= LINE_LENGTH:
                lines = other
    return [*lines[:-1], *value(iterable, pad, lines[-1], ":")]


def _bare_tuple(node: Node) -> str:
    return ", ".join([item.flat for item in node.items]) if isinstance(node, Group) else node.flat


def _assignment(parser: Parser, pad: int) -> list[str]:
    before = " " * pad
    target = parser.items()
    operator = parser.peek()
    if not operator:
        return bare(target, pad, before, "")
    parser.take()
    if operator.endswith("="):
        return _assigned(target, None, f" {operator} ", parser.expression(), pad)
    if operator != ":":
        raise UnknownSyntaxError
    annotation = parser.expression()
    if not parser.peek():
        return value(annotation, pad, f"{before}{target.flat}: ", "")
    parser.expect("=")
    return _assigned(target, annotation, " = ", parser.expression(), pad)


def _assigned(target: Node, annotation: Node | None, operator: str, assigned: Node, pad: int) -> list[str]:
    """An assignment: the brackets of the value are opened first, and last those of what stands before it."""
    assigned = unwrapped(assigned)
    start = " " * pad
    if annotation is not None:
        start, target = f"{start}{target.flat}: ", unwrapped(annotation)
    before = start + _bare_tuple(target) + operator if annotation is None else start + target.flat + operator
    if NORMAL.fits(before, assigned, ""):
        return [before + assigned.flat]
    is_union = isinstance(target, Operation)
    if not is_union and not lead([target], inside=False)[1]:
        return value(assigned, pad, before, "")
    breaks_at = needs(assigned)
    rest, breaks = lead([assigned], inside=False)
    if breaks_at == "operators" and not can_do_without(assigned):
        rest, breaks = "(", True
    if breaks_at != "nothing" and breaks and len(before) + len(rest) <= LINE_LENGTH:
        return value(assigned, pad, before, "")
    is_prefixed = isinstance(assigned, Chain) and assigned.kind == "prefix"
    if len(before) < LINE_LENGTH and not isinstance(assigned, Group) and not is_prefixed:
        return parenthesized(assigned, pad, before, "")
    if is_union:
        lines = parenthesized(target, pad, start, "")
    else:
        lines = NORMAL.put(target, pad, start, operator + rest, inside=False)
    return [*lines[:-1], *value(assigned, pad, lines[-1] + operator, "")]
