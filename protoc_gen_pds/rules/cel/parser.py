"""Parser of CEL expressions (cel-spec, langdef.md, Syntax), by precedence climbing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from protoc_gen_pds.rules.cel.lexer import CelSyntaxError, Token, tokens
from protoc_gen_pds.rules.cel.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    Identifier,
    Index,
    ListLiteral,
    Literal,
    MapLiteral,
    MessageLiteral,
    Select,
    Unary,
)

MAX_DEPTH = 60
"""An implementation must support 12 to 32 levels, by kind; each takes ten frames of Python's stack."""

MAX_CHAIN = 250

RESERVED = frozenset(
    (
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "namespace",
        "package",
        "return",
        "var",
        "void",
        "while",
    )
)
_LEVELS = (
    ("||",),
    ("&&",),
    ("==", "!=", "<", "<=", ">", ">=", "in"),
    ("+", "-"),
    ("*", "/", "%"),
)
T = TypeVar("T")


@functools.lru_cache(1024)
def parse(source: str) -> Expression:
    """The syntax tree of an expression; kept, for the expressions of the standard rules come again and again.

    Raises:
        CelSyntaxError: it is not CEL, or nested too deeply.
    """
    parser = _Parser(list(tokens(source)))
    expression = parser.expression()
    parser.expect("end")
    return expression


class _Parser:
    def __init__(self, stream: list[Token]) -> None:
        self._stream = stream
        self._next = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        return self._stream[self._next]

    def take(self, *kinds: str) -> Token | None:
        """The next token, consumed, if it is of one of some kinds."""
        token = self.token
        if token.kind not in kinds:
            return None
        self._next += 1
        return token

    def expect(self, kind: str) -> Token:
        token = self.take(kind)
        if token is None:
            found = "the end" if self.token.kind == "end" else f'"{self.token.value!s}"'
            raise CelSyntaxError(f"expected {kind}, found {found}", self.token.at)
        return token

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CelSyntaxError(f"nested more than {MAX_DEPTH} deep", self.token.at)
        condition = self._binary(0)
        if question := self.take("?"):
            then = self._binary(0)
            self.expect(":")
            condition = Conditional(condition, then, self.expression(), question.at)
        self._depth -= 1
        return condition

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        length = 0
        while operator := self.take(*_LEVELS[level]):
            length += 1
            if length > MAX_CHAIN:
                raise CelSyntaxError(f"more than {MAX_CHAIN} operators in a row", operator.at)
            left = Binary(operator.kind, left, self._binary(level + 1), operator.at)
        return left

    def _unary(self) -> Expression:
        operators: list[Token] = []
        while operator := self.take("!", "-"):
            if operators and operators[-1].kind != operator.kind:
                raise CelSyntaxError(f'"{operators[-1].kind}{operator.kind}" needs parentheses', operator.at)
            operators.append(operator)
        if len(operators) > MAX_DEPTH:
            raise CelSyntaxError(f"nested more than {MAX_DEPTH} deep", operators[0].at)
        negative = bool(operators) and operators[-1].kind == "-"
        literal = self.token
        largest = (1 << 63) - (not negative)
        if literal.type == "int" and isinstance(literal.value, int) and literal.value > largest:
            raise CelSyntaxError(f"{literal.value} is out of range", literal.at)
        operand = self._member(self._primary(), negative and literal.type in ("int", "double"), operators)
        for operator in reversed(operators):
            operand = Unary(operator.kind, operand, operator.at)
        return operand

    def _member(self, operand: Expression, negative: bool, operators: list[Token]) -> Expression:
        if negative and isinstance(operand, Literal) and isinstance(operand.value, (int, float)):
            # The sign belongs to the literal: -1.abs() would else be read as -(1.abs()).
            operand = Literal(-operand.value, operand.type, operators.pop().at)
        length = 0
        while token := self.take(".", "["):
            length += 1
            if length > MAX_CHAIN:
                raise CelSyntaxError(f"more than {MAX_CHAIN} selections in a row", token.at)
            if token.kind == "[":
                operand = Index(operand, self.expression(), token.at)
                self.expect("]")
                continue
            name = self.take("name", "quoted", "in") or self.expect("name")
            if name.kind == "name" and self.take("("):
                operand = Call(str(name.value), operand, self._list(self.expression, ")"), name.at)
            else:
                operand = Select(operand, str(name.value), name.at)
            if self.token.kind == "{":
                operand = self._message(operand)
        return operand

    def _primary(self) -> Expression:
        if token := self.take("literal"):
            return Literal(token.value, token.type, token.at)
        if self.take("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if token := self.take("["):
            return ListLiteral(self._list(self.expression, "]"), token.at)
        if token := self.take("{"):
            return MapLiteral(self._list(self._entry, "}"), token.at)
        dot = self.take(".")
        name = self.expect("name")
        text = str(name.value)
        if text in RESERVED:
            raise CelSyntaxError(f'"{text}" is a reserved word', name.at)
        if self.take("("):
            return Call(("." if dot else "") + text, None, self._list(self.expression, ")"), name.at)
        identifier = Identifier(text, name.at, rooted=dot is not None)
        return self._message(identifier) if self.token.kind == "{" else identifier

    def _message(self, name: Expression) -> Expression:
        brace = self.expect("{")
        return MessageLiteral(_qualified(name, brace.at), self._list(self._field, "}"), brace.at)

    def _entry(self) -> tuple[Expression, Expression]:
        key = self.expression()
        self.expect(":")
        return key, self.expression()

    def _field(self) -> tuple[str, Expression]:
        name = self.take("name", "quoted") or self.expect("name")
        self.expect(":")
        return str(name.value), self.expression()

    def _list(self, item: Callable[[], T], closing: str) -> tuple[T, ...]:
        items: list[T] = []
        while not self.take(closing):
            items.append(item())
            if self.take(closing):
                break
            self.expect(",")
            if closing == ")" and self.token.kind == ")":
                raise CelSyntaxError("a comma behind the last argument", self.token.at)
        return tuple(items)


def _qualified(expression: Expression, at: int) -> str:
    match expression:
        case Identifier(name, _, rooted):
            return f".{name}" if rooted else name
        case Select(operand, field):
            return f"{_qualified(operand, at)}.{field}"
        case _:
            raise CelSyntaxError("{ behind something that is no type name", at)
