"""One Python statement as brackets, operators and what is between them: as much syntax as folding needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_TOKEN = re.compile(
    r"""(?P<gap>\s*)(?:
    (?P<string>[rbfRBF]{0,2}(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))
    |(?P<number>\.?[0-9][\w.]*(?:(?<=[eE])[-+][0-9]+)?)
    |(?P<name>\.?[^\W0-9][\w.]*)
    |(?P<operator>\.\.\.|\*\*=?|//=?|->|:=|[-+*/%&|^~<>=!@]=|<<|>>|[-+*/%&|^~<>=:,@.()\[\]{}])
    )""",
    re.VERBOSE,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}

COMPREHENSION, CONDITIONAL, OR, AND, NOT, COMPARISON, BIT_OR = range(-1, 6)
_OPERATORS = (
    ("if",),
    ("or",),
    ("and",),
    (),
    ("in", "not", "is", "<", ">", "==", "!=", "<=", ">="),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "//", "%", "@"),
)
_LEVELS = {operator: level for level, operators in enumerate(_OPERATORS) for operator in operators}
_LOOSEST = -1
_DEEPEST = 100
"""Expressions within one another beyond which a statement is left as it is, for the sake of the stack."""


class Node:
    """A part of a statement.

    Attributes:
        flat: the part on one line.
        broken: whether it must not stand on one line, for a trailing comma that asks for lines of their own.
    """

    __slots__ = ("broken", "flat")

    def __init__(self, flat: str, *, broken: bool = False) -> None:
        self.flat = flat
        self.broken = broken


class Group(Node):
    """Items in brackets: of kind ``call``, ``index``, ``literal`` or, around a single expression, ``parentheses``."""

    __slots__ = ("comma", "items", "kind")

    def __init__(self, brackets: str, items: Sequence[Node], kind: str, *, comma: bool, broken: bool) -> None:
        text = ", ".join([item.flat for item in items])
        one_tuple = "," if comma and len(items) == 1 and kind == "literal" and brackets == "()" else ""
        super().__init__(
            f"{brackets[0]}{text}{one_tuple}{brackets[1]}", broken=broken or any(item.broken for item in items)
        )
        self.items = items
        self.kind = kind
        self.comma = bool(one_tuple) or broken


class Chain(Node):
    """Parts one after the other: a name with calls and subscripts, a keyword with its value.

    ``kind`` is ``postfix``, ``prefix`` (an operator before its operand) or ``item`` (a keyword, key or parameter).
    """

    __slots__ = ("kind", "parts")

    def __init__(self, parts: Sequence[Node], kind: str) -> None:
        super().__init__("".join([part.flat for part in parts]), broken=any(part.broken for part in parts))
        self.parts = parts
        self.kind = kind


class Operation(Node):
    """Operands and the operators between them, all of one precedence; a conditional expression too."""

    __slots__ = ("level", "operands", "operators")

    def __init__(self, operands: Sequence[Node], operators: Sequence[str], level: int) -> None:
        words = [operands[0].flat]
        for operator, operand in zip(operators, operands[1:], strict=True):
            words += (operator, operand.flat)
        super().__init__(" ".join(words), broken=any(operand.broken for operand in operands))
        self.operands = operands
        self.operators = operators
        self.level = level


class UnknownSyntaxError(Exception):
    """A statement has something that generated code does not have."""


class Parser:
    """Reads statements that are known to be Python.

    Raises:
        UnknownSyntaxError: at what generated code does not have.
    """

    def __init__(self, text: str) -> None:
        self.kinds: list[str] = []
        self.texts: list[str] = []
        self.gaps: list[str] = []
        end = len(text.rstrip())
        at = 0
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None:
                raise UnknownSyntaxError
            kind = found.lastgroup or ""
            self.kinds.append(kind)
            self.texts.append(found[kind])
            self.gaps.append(found["gap"])
            at = found.end()
        self.at = 0
        self._depth = 0

    def peek(self) -> str:
        """The next token, or nothing at the end."""
        return self.texts[self.at] if self.at < len(self.texts) else ""

    def after(self) -> str:
        """The token behind the next one, or nothing."""
        return self.texts[self.at + 1] if self.at + 1 < len(self.texts) else ""

    def take(self) -> str:
        """The next token, which is passed."""
        if self.at == len(self.texts):
            raise UnknownSyntaxError
        self.at += 1
        return self.texts[self.at - 1]

    def taken(self, text: str) -> bool:
        """Pass the next token if it is this one."""
        if self.peek() != text:
            return False
        self.at += 1
        return True

    def expect(self, text: str) -> None:
        """Pass the next token, which must be this one."""
        if not self.taken(text):
            raise UnknownSyntaxError

    def finish(self) -> None:
        """There must be no further token."""
        if self.at < len(self.texts):
            raise UnknownSyntaxError

    def head(self) -> Node:
        """The last expression in the head of a compound statement."""
        found = self.expression()
        self.expect(":")
        return found

    def items(self, level: int = CONDITIONAL) -> Node:
        """An expression, or several with commas between them, which are a tuple without parentheses."""
        items = [self.expression(level)]
        while self.taken(","):
            items.append(self.expression(level))
        return items[0] if len(items) == 1 else Group("()", items, "literal", comma=True, broken=False)

    def expression(self, level: int = CONDITIONAL) -> Node:
        """An expression whose operators bind at least as closely as those of a level."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnknownSyntaxError
        found = self._unary()
        while True:
            current = _LEVELS.get(self.peek(), _LOOSEST)
            if current < level:
                self._depth -= 1
                return found
            found = self._operation(found, current)

    def _operation(self, first: Node, level: int) -> Operation:
        """Operands of one level, of which the first has been read."""
        operands, operators = [first], list[str]()
        while _LEVELS.get(self.peek(), _LOOSEST) == level:
            operators.append(self._operator())
            operands.append(self.expression(level + 1))
            if level == CONDITIONAL:
                self.expect("else")
                operators.append("else")
                operands.append(self.expression(OR))
        return Operation(operands, operators, level)

    def _operator(self) -> str:
        word = self.take()
        if (word == "not" and self.taken("in")) or (word == "is" and self.taken("not")):
            return "not in" if word == "not" else "is not"
        return word

    def _unary(self) -> Node:
        word = self.peek()
        if word == "not":
            self.at += 1
            return Chain((Node("not "), self.expression(NOT)), "prefix")
        if word == "lambda":
            return self._lambda()
        if word in ("-", "+", "~"):
            self.at += 1
            return Chain((Node(word), self._unary()), "prefix")
        if word == "await":
            self.at += 1
            return Chain((Node("await "), self._unary()), "prefix")
        base = self._postfix()
        if self.peek() == "**":
            space = " " if self.gaps[self.at] else ""
            self.at += 1
            return Node(f"{base.flat}{space}**{space}{self._unary().flat}")
        return base

    def _lambda(self) -> Node:
        text = self.take()
        while self.peek() != ":":
            text += f"{' ' if text == 'lambda' or text.endswith(',') else ''}{self.take()}"
        self.take()
        return Chain((Node(f"{text}: "), self.expression()), "lambda")

    def _postfix(self) -> Node:
        parts = [self._primary()]
        while self.peek()[:1] in ("(", "[", "."):
            word = self.peek()
            if word in ("(", "["):
                parts.append(self.group("call" if word == "(" else "index"))
            else:
                parts.append(Node(self.take()))
        return Chain(parts, "postfix") if len(parts) > 1 else parts[0]

    def _primary(self) -> Node:
        if self.peek() in _CLOSING:
            return self.group("literal")
        text = self.take()
        kind = self.kinds[self.at - 1]
        if kind == "operator" and text != "...":
            raise UnknownSyntaxError
        if kind == "string" and self.at < len(self.kinds) and self.kinds[self.at] == "string":
            raise UnknownSyntaxError
        return Node(text)

    def group(self, kind: str, item: Callable[[], Node] | None = None) -> Group:
        """Brackets and what is in them."""
        opening = self.take()
        closing = _CLOSING[opening]
        items: list[Node] = []
        comma = False
        while self.peek() != closing:
            items.append((item or self.item)())
            comma = self.taken(",")
            if not comma and self.peek() != closing:
                raise UnknownSyntaxError
        self.take()
        # The comma of a tuple of one asks for nothing.
        broken = comma and not (kind == "literal" and opening == "(" and len(items) == 1)
        if kind == "literal" and opening == "(" and len(items) == 1 and not comma:
            kind = "parentheses"
        return Group(opening + closing, items, kind, comma=comma, broken=broken)

    def item(self) -> Node:
        """An item in brackets: an argument, a key with its value, a parameter, a slice, a comprehension."""
        word = self.peek()
        if word in ("*", "**"):
            self.at += 1
            if self.peek() in (",", ")"):
                return Node(word)
            first: Node = Chain((Node(word), self.expression()), "item")
        elif word == ":":
            return self._slice("")
        elif word == "/":
            return Node(self.take())
        else:
            first = self.expression()
        word = self.peek()
        if word == ":=":
            self.at += 1
            return Chain((Node(f"{first.flat} := "), self.expression()), "item")
        if word == "=":
            self.at += 1
            return Chain((Node(f"{first.flat}="), self.expression()), "item")
        if word == ":":
            if self.gaps[self.at]:
                return self._slice(first.flat)
            if self.at + 1 < len(self.texts) and not self.gaps[self.at + 1]:
                return self._slice(first.flat)
            self.at += 1
            parts = [first, Node(": "), self.expression()]
            if self.taken("="):
                parts += [Node(" = "), self.expression()]
            first = Chain(parts, "item")
        if self.peek() == "for":
            operands, operators = [first], list[str]()
            while self.peek() in ("for", "if"):
                operators.append(self.take())
                operands.append(self.expression(OR) if operators[-1] == "if" else self._targets())
            return Operation(operands, operators, COMPREHENSION)
        return first

    def _targets(self) -> Node:
        targets = [self.expression(BIT_OR).flat]
        while self.taken(","):
            targets.append(self.expression(BIT_OR).flat)
        self.expect("in")
        return Chain((Node(f"{', '.join(targets)} in "), self.expression(OR)), "item")

    def _slice(self, start: str) -> Node:
        text = start
        while self.peek() not in (",", "]"):
            if self.peek() == ":":
                text += f"{' ' if self.gaps[self.at] else ''}:"
                self.at += 1
                text += " " if self.gaps[self.at] and self.peek() != "]" else ""
            else:
                text += self.expression().flat
        return Node(text)
