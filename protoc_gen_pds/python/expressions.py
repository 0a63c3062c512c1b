"""Python expressions in their shortest form, from any text."""

from __future__ import annotations

import ast
import re

from protoc_gen_pds.python import layout

_MARK = re.compile(r"_C(\d+)_")
_BRACKET = re.compile(r"""(?P<open>[(\[{])|[)\]}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
MAX_NESTING = 150
"""Levels of brackets in an expression; Python reads 200, and statements around it have some."""


class _Literals(ast.NodeTransformer):
    """Takes out of an expression what :func:`ast.unparse` writes otherwise than we do.

    Literals, for their quotes, and generators that are the only argument of a call, for their parentheses.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []

    def text(self, node: ast.expr) -> str:
        """The source of an expression that this has visited."""
        return _MARK.sub(lambda mark: self.texts[int(mark[1])], ast.unparse(node))

    def _mark(self, text: str) -> ast.expr:
        self.texts.append(text)
        return ast.Name(f"_C{len(self.texts) - 1}_", ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
            node.args = [self._mark(self.text(node.args[0])[1:-1])]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        return ast.BoolOp(node.op, _joined(node))

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str):
            text = layout.string(node.value)
        elif isinstance(node.value, bytes):
            text = layout.bytes_literal(node.value)
        elif isinstance(node.value, float):
            text = layout.double(node.value)
        else:
            return node
        return self._mark(text)


class Expression:
    """One expression, without needless parentheses."""

    def __init__(self, code: str) -> None:
        self._literals = _Literals()
        self._tree: ast.expr = self._literals.visit(_simplified(ast.parse(code, mode="eval").body))

    def __str__(self) -> str:
        return self._text(self._tree)

    def _text(self, node: ast.expr) -> str:
        return self._literals.text(node)

    def header(self, keyword: str, indent: int, tail: str = ":") -> list[str]:
        """``keyword expression:``."""
        return [f"{' ' * indent}{keyword} {self}{tail}"]


def nesting(code: str) -> int:
    """How deep the brackets of an expression are nested."""
    depth = deepest = 0
    for found in _BRACKET.finditer(code):
        if found["open"]:
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in ")]}":
            depth -= 1
    return deepest


def _simplified(node: ast.expr) -> ast.expr:
    """The condition without what only keeps its type: ``not bool(x)`` is ``not x``."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _simplified(node.operand)
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not):
            return inner.operand
        if isinstance(inner, ast.Compare) and len(inner.ops) == 1 and type(inner.ops[0]) in _OPPOSITES:
            return ast.Compare(inner.left, [_OPPOSITES[type(inner.ops[0])]()], inner.comparators)
        return ast.UnaryOp(ast.Not(), inner)
    if isinstance(node, ast.BoolOp):
        return ast.BoolOp(node.op, [_simplified(value) for value in node.values])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bool":
        return _simplified(node.args[0])
    return node


def _joined(node: ast.BoolOp) -> list[ast.expr]:
    """The operands, with those of operands that are the same operation."""
    found: list[ast.expr] = []
    for value in node.values:
        found += value.values if isinstance(value, ast.BoolOp) and type(value.op) is type(node.op) else [value]
    return found


_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
"""Orderings are missing on purpose: ``not a < b`` and ``a >= b`` differ for NaN."""
