"""Tokens of the protobuf text format, and the values of its literals."""

from __future__ import annotations

import math
import re
from typing import NoReturn

from .errors import DecodeError

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\n\r\v\f]+|\#[^\n]*)+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<float>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?|(?:0|[1-9][0-9]*)(?:[eE][+-]?[0-9]+[fF]?|[fF]))
    |(?P<int>0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)
    |(?P<string>"(?:[^"\\\n\0]|\\[^\n])*"|'(?:[^'\\\n\0]|\\[^\n])*')
    |(?P<symbol>[{}<>\[\]:,;-])""",
    re.VERBOSE,
)
_AFTER_NUMBER = re.compile(r"[A-Za-z0-9_.]")
_SPACE = re.compile(r"(?:[ \t\n\r\v\f]+|#[^\n]*)*")
_BRACKETED = re.compile(r"[A-Za-z0-9_.~!$&()*+,;=/-]+|%[0-9A-Fa-f]{2}")
_FULL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_ESCAPE = re.compile(
    r"""[^\\]+
    |\\(?:(?P<one>[abfnrtv?\\'"])
    |(?P<octal>[0-7]{1,3})
    |[xX](?P<hex>[0-9a-fA-F]{1,2})
    |u(?P<unicode>[0-9a-fA-F]{4})
    |U(?P<wide>[0-9a-fA-F]{8}))""",
    re.VERBOSE,
)
_ONE = {
    "a": b"\a",
    "b": b"\b",
    "f": b"\f",
    "n": b"\n",
    "r": b"\r",
    "t": b"\t",
    "v": b"\v",
}
_FLOATS = {
    "inf": math.inf,
    "infinity": math.inf,
    "nan": math.nan,
}


class Scanner:
    """Reads tokens one after the other; white space and comments are passed over.

    Attributes:
        kind: ``name``, ``int``, ``float``, ``string``, ``symbol``, or ``end`` after the last token.
        token: text of the token.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = self._next = 0
        self.kind = self.token = ""
        self.advance()

    @property
    def position(self) -> int:
        """Index of the token in the text."""
        return self._start

    def error(self, reason: str, position: int | None = None) -> DecodeError:
        """An error at the token, or at another position, with line and column."""
        at = self._start if position is None else position
        line = self._text.count("\n", 0, at) + 1
        column = at - self._text.rfind("\n", 0, at)
        return DecodeError(f"{line}:{column}: {reason}")

    def unexpected(self, wanted: str) -> NoReturn:
        """Refuse the token because something else is wanted here."""
        found = "the end" if self.kind == "end" else f"{self.token!r}"
        raise self.error(f"expected {wanted}, found {found}")

    def advance(self) -> None:
        """Go to the next token."""
        text, at = self._text, self._next
        while True:
            if at == len(text):
                self._start, self.kind, self.token = at, "end", ""
                return
            match = _TOKEN.match(text, at)
            if match is None:
                self._start = at
                raise self._no_token()
            self._start, self._next = match.span()
            kind = match.lastgroup
            assert kind is not None
            if kind != "space":
                break
            at = self._next
        self.kind, self.token = kind, match[0]
        if kind in ("int", "float") and _AFTER_NUMBER.match(text, self._next):
            raise self.error("a number ends in a letter, a digit or a point")

    def _no_token(self) -> DecodeError:
        if self._text[self._start] in "\"'":
            return self.error("a string does not end on its line")
        return self.error(f"{self._text[self._start]!r} begins no token")

    def at(self, symbol: str) -> bool:
        """Whether the token is this symbol."""
        return self.kind == "symbol" and self.token == symbol

    def take(self, symbol: str) -> bool:
        """Pass over a symbol if it is there."""
        if not self.at(symbol):
            return False
        self.advance()
        return True

    def expect(self, symbol: str) -> None:
        """Pass over a symbol that must be there."""
        if not self.take(symbol):
            self.unexpected(f"{symbol!r}")

    def bracketed(self) -> tuple[str, str]:
        """Domain, with its slash, and name of the ``[domain/name]`` that begins at the token.

        White space and comments may stand anywhere; without a domain it is the name of an extension.
        """
        text, at = self._text, self._next
        parts: list[str] = []
        while True:
            space = _SPACE.match(text, at)
            assert space is not None
            at = space.end()
            if text[at : at + 1] == "]":
                break
            match = _BRACKETED.match(text, at)
            if match is None:
                raise self.error("expected the name of an extension or of a type", at)
            parts.append(match[0])
            at = match.end()
        prefix, slash, name = "".join(parts).rpartition("/")
        if (slash and not prefix) or not _FULL_NAME.fullmatch(name):
            raise self.error("expected the name of an extension or of a type")
        self._next = at + 1
        self.advance()
        return prefix + slash, name

    def name(self, wanted: str) -> str:
        """A name."""
        if self.kind != "name":
            self.unexpected(wanted)
        name = self.token
        self.advance()
        return name

    def integer(self) -> int:
        """An integer with or without a minus sign: decimal, octal or hexadecimal."""
        negative = self.take("-")
        if self.kind != "int":
            self.unexpected("an integer")
        token = self.token
        if token[:2] in ("0x", "0X"):
            value = _digits(token[2:], 16)
        else:
            value = _digits(token, 8 if token[0] == "0" else 10)
        self.advance()
        return -value if negative else value

    def number(self) -> float:
        """A float, with or without a minus sign; ``inf`` and ``nan`` in any case."""
        negative = self.take("-")
        token = self.token
        if self.kind == "float":
            value = float(token.rstrip("fF"))
        elif self.kind == "int" and (token == "0" or token[0] != "0"):
            value = float(token)
        elif self.kind == "name" and token.lower() in _FLOATS:
            value = _FLOATS[token.lower()]
        else:
            self.unexpected("a number")
        self.advance()
        return -value if negative else value

    def string(self) -> bytes:
        """One or more string literals, which are joined."""
        if self.kind != "string":
            self.unexpected("a string")
        parts: list[bytes] = []
        while self.kind == "string":
            parts.append(self._unescaped())
            self.advance()
        return b"".join(parts)

    def _unescaped(self) -> bytes:
        body, out, at = self.token[1:-1], bytearray(), 0
        while at < len(body):
            match = _ESCAPE.match(body, at)
            if match is None:
                raise self._bad_escape(at)
            if match["one"]:
                out += _ONE.get(match["one"]) or match["one"].encode()
            elif match["octal"] or match["hex"]:
                byte = (
                    int(match["octal"], 8) if match["octal"] else int(match["hex"], 16)
                )
                if byte > 255:
                    raise self._bad_escape(at)
                out.append(byte)
            else:
                digits = match["unicode"] or match["wide"]
                try:
                    # Surrogates have no UTF-8, neither as escapes nor as they are.
                    out += (chr(int(digits, 16)) if digits else match[0]).encode()
                except (ValueError, OverflowError):
                    raise self._bad_escape(at) from None
            at = match.end()
        return bytes(out)

    def _bad_escape(self, at: int) -> DecodeError:
        return self.error("no valid escape sequence or character", self._start + 1 + at)


def _digits(token: str, base: int) -> int:
    # Python refuses to convert thousands of digits, or to show such a number; no field holds more than 22.
    digits = token.lstrip("0") or "0"
    return int(digits, base) if len(digits) < 30 else 10**30
