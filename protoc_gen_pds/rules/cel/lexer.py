"""CEL's tokens (cel-spec, langdef.md, Syntax)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_pds.rules.cel.syntax import Constant

MAX_DIGITS = 100
"""Any number of leading zeros is CEL; Python reads decimals in the square of their length."""


class CelSyntaxError(ValueError):
    """An expression that does not parse; ``at`` is the offset of the fault in characters, from 0."""

    def __init__(self, message: str, at: int) -> None:
        self.at = at
        super().__init__(f"{message} at character {at + 1}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token: ``kind`` is the operator or bracket itself, or ``name``, ``quoted``, ``literal``, ``end``."""

    kind: str
    value: Constant
    at: int
    type: str = ""
    """CEL's type of a literal."""


_TOKEN = re.compile(
    r"""
    (?P<space>(?:[\t\n\f\r\ ]|//[^\n]*)+)
  | (?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<int>(?:0[xX][0-9a-fA-F]+|[0-9]+)[uU]?)
  | (?P<text>(?:[bB][rR]?|[rR][bB]?)?(?:\"\"\"|'''|"|'))
  | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
  | (?P<quoted>`[a-zA-Z0-9_.\-/\ ]+`)
  | (?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_SIMPLE = {
    "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "?": 63, '"': 34, "'": 39, "`": 96,
}  # fmt: skip
_ESCAPE = re.compile(r"[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})")
_CONSTANTS: dict[str, tuple[Constant, str]] = {
    "true": (True, "bool"),
    "false": (False, "bool"),
    "null": (None, "null_type"),
}


def tokens(source: str) -> Iterator[Token]:
    """The tokens of an expression, the last of kind ``end``.

    Raises:
        CelSyntaxError: a character, number, string or escape is not CEL.
    """
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise CelSyntaxError(f"{source[at]!r} is not part of CEL", at)
        text, end = match.group(), match.end()
        match match.lastgroup:
            case "int":
                yield _integer(text, at)
            case "float":
                yield Token("literal", float(text), at, "double")
            case "text":
                token, end = _string(source, text, at, end)
                yield token
            case "name" if text in _CONSTANTS:
                value, kind = _CONSTANTS[text]
                yield Token("literal", value, at, kind)
            case "name":
                yield Token("in" if text == "in" else "name", text, at)
            case "quoted":
                yield Token("quoted", text[1:-1], at)
            case "operator":
                yield Token(text, text, at)
        at = end
    yield Token("end", None, len(source))


def _integer(text: str, at: int) -> Token:
    digits = text.rstrip("uU")
    if len(digits) > MAX_DIGITS:
        raise CelSyntaxError(f"a number of more than {MAX_DIGITS} digits", at)
    value = int(digits, 16 if digits[:2].lower() == "0x" else 10)
    # The smallest int64 is written as a minus and 2**63: the parser judges the range of signed ones.
    if value >= 1 << 64:
        raise CelSyntaxError(f"{text} is out of range", at)
    return Token("literal", value, at, "uint" if digits != text else "int")


def _string(source: str, opening: str, at: int, start: int) -> tuple[Token, int]:
    prefix = opening.rstrip("\"'").lower()
    quote = opening[len(prefix) :]
    end = start
    while not source.startswith(quote, end):
        if end >= len(source) or (len(quote) == 1 and source[end] in "\r\n"):
            raise CelSyntaxError("string without an end", at)
        end += 2 if source[end] == "\\" and "r" not in prefix else 1
    body = source[start:end]
    is_bytes = "b" in prefix
    value: Constant
    if "r" in prefix:
        value = body.encode() if is_bytes else body
    else:
        pieces = _unescape(body, start, is_bytes)
        value = (
            b"".join(p.encode() if isinstance(p, str) else p for p in pieces) if is_bytes else "".join(map(str, pieces))
        )
    return Token("literal", value, at, "bytes" if is_bytes else "string"), end + len(quote)


def _unescape(body: str, offset: int, is_bytes: bool) -> Iterator[str | bytes]:
    """Stretches of text and escaped characters; in bytes literals, escapes of two or three digits are bytes."""
    at = 0
    while at < len(body):
        escape = body.find("\\", at)
        if escape < 0:
            yield body[at:]
            return
        yield body[at:escape]
        char = body[escape + 1 : escape + 2]
        if char in _SIMPLE:
            yield chr(_SIMPLE[char])
            at = escape + 2
            continue
        match = _ESCAPE.match(body, escape + 1)
        if match is None:
            raise CelSyntaxError(f"unknown escape \\{char}", offset + escape)
        at = match.end()
        unicode = match[2] or match[3]
        code = int(unicode or match[1], 16) if unicode or match[1] else int(match[4], 8)
        if unicode and (is_bytes or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF):
            raise CelSyntaxError(f"\\{match.group()} is not allowed here", offset + escape)
        yield bytes((code,)) if is_bytes else chr(code)
