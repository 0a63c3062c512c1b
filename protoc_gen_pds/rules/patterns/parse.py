"""RE2's syntax (github.com/google/re2/wiki/Syntax) to a tree; what RE2 refuses is refused here too."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from protoc_gen_pds.rules.patterns.folding import fold
from protoc_gen_pds.rules.patterns.tree import (
    MAX_CODE_POINT,
    Alternatives,
    Assertion,
    Chars,
    Node,
    Ranges,
    Repeat,
    Sequence,
    Where,
    complement,
    normalize,
)


class PatternError(ValueError):
    """A pattern that cannot be used; the text says why and what to do."""


MAX_REPEAT = 1000
MAX_DEPTH = 100

_PERL: dict[str, Ranges] = {
    "d": ((0x30, 0x39),),
    "s": ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
}
_POSIX: dict[str, Ranges] = {
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "ascii": ((0x00, 0x7F),),
    "blank": ((0x09, 0x09), (0x20, 0x20)),
    "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
    "digit": _PERL["d"],
    "graph": ((0x21, 0x7E),),
    "lower": ((0x61, 0x7A),),
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": ((0x09, 0x0D), (0x20, 0x20)),
    "upper": ((0x41, 0x5A),),
    "word": _PERL["w"],
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}
_CONTROL = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_ANCHORS = {"A": Where.TEXT_START, "z": Where.TEXT_END, "b": Where.WORD_BOUNDARY, "B": Where.NO_WORD_BOUNDARY}
_GROUP = re.compile(r"\(\?P?<([^>]*)>")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:(-)([imsU]+))?([:)])")
_COUNT = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}")
_HEX = re.compile(r"x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_POSIX_CLASS = re.compile(r"\[:(\^?)([a-z]*):\]")


@dataclass(frozen=True, slots=True)
class _Flags:
    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


def parse(pattern: str) -> Node:
    """The tree of a pattern.

    Raises:
        PatternError: RE2 would refuse it, or it has a Unicode class (``\\pL``).
    """
    parser = _Parser(pattern)
    node = parser.alternatives(_Flags(), 0)
    if parser.at < len(pattern):
        raise PatternError("unmatched )")
    if _repeats(node) > MAX_REPEAT:
        raise PatternError(f"repetitions multiply to more than {MAX_REPEAT}")
    return node


def _repeats(node: Node) -> int:
    """How many copies of one item the counted repetitions ask for, as RE2 bounds them."""
    if isinstance(node, Repeat):
        counted = node.most if node.most is not None else node.least
        return max(counted, 1) * _repeats(node.item)
    if isinstance(node, (Sequence, Alternatives)):
        return max(map(_repeats, node.items), default=1)
    return 1


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.names: set[str] = set()

    def alternatives(self, flags: _Flags, depth: int) -> Node:
        """Everything up to the end of the group, whose flags may change on the way."""
        if depth > MAX_DEPTH:
            raise PatternError(f"groups are nested more than {MAX_DEPTH} deep")
        branches: list[Node] = []
        items: list[Node] = []
        repeatable = False
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            if char == ")":
                break
            if char == "|":
                self.at += 1
                branches.append(_sequence(items))
                items, repeatable = [], False
            elif char in "*+?" or (char == "{" and _COUNT.match(self.pattern, self.at)):
                if not repeatable:
                    raise PatternError(f"nothing to repeat before {char}")
                items[-1] = self._repetition(items[-1])
                repeatable = False
                self._refuse_double_repetition()
            elif change := self._flag_change(flags):
                flags, repeatable = change, False
            else:
                new = self._items(char, flags, depth)
                items += new
                repeatable = bool(new)
        branches.append(_sequence(items))
        return branches[0] if len(branches) == 1 else Alternatives(tuple(branches))

    def _repetition(self, item: Node) -> Repeat:
        match = _COUNT.match(self.pattern, self.at)
        if match:
            self.at = match.end()
            least = int(match[1])
            most = None if match[2] and not match[3] else int(match[3] or match[1])
            if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
                raise PatternError(f"bad repetition {match[0]}; counts go up to {MAX_REPEAT}")
        else:
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[self.pattern[self.at]]
            self.at += 1
        if self.pattern.startswith("?", self.at):
            self.at += 1
        return Repeat(item, least, most)

    def _refuse_double_repetition(self) -> None:
        rest = self.pattern[self.at : self.at + 1]
        if rest and (rest in "*+?" or _COUNT.match(self.pattern, self.at)):
            raise PatternError("a repetition of a repetition; put a group around the inner one")

    def _flag_change(self, flags: _Flags) -> _Flags | None:
        """``(?i)``: flags from here to the end of the group."""
        match = _FLAGS.match(self.pattern, self.at)
        if not match or match[4] == ":":
            return None
        self.at = match.end()
        return _changed(flags, match)

    def _items(self, char: str, flags: _Flags, depth: int) -> list[Node]:
        if char == "(":
            return [self._group(flags, depth)]
        if char == "\\":
            return self._escape(flags)
        self.at += 1
        if char == "[":
            return [Chars(self._class(flags))]
        if char == ".":
            return [Chars(((0, MAX_CODE_POINT),) if flags.s else complement(((10, 10),)))]
        if char == "^":
            return [Assertion(Where.LINE_START if flags.m else Where.TEXT_START)]
        if char == "$":
            return [Assertion(Where.LINE_END if flags.m else Where.TEXT_END)]
        return [_literal(ord(char), flags)]

    def _group(self, flags: _Flags, depth: int) -> Node:
        if match := _GROUP.match(self.pattern, self.at):
            name = match[1]
            if not re.fullmatch(r"[A-Za-z0-9_]+", name) or name in self.names:
                raise PatternError(f'bad or repeated group name "{name}"')
            self.names.add(name)
            self.at = match.end()
        elif match := _FLAGS.match(self.pattern, self.at):
            flags = _changed(flags, match)
            self.at = match.end()
        elif self.pattern.startswith("(?", self.at):
            raise PatternError(f"RE2 has no group {self.pattern[self.at : self.at + 3]}")
        else:
            self.at += 1
        node = self.alternatives(flags, depth + 1)
        if not self.pattern.startswith(")", self.at):
            raise PatternError("missing )")
        self.at += 1
        # A group is one item, to which a repetition applies as a whole.
        return node if isinstance(node, (Chars, Assertion)) else Sequence((node,))

    def _escape(self, flags: _Flags) -> list[Node]:
        char = self.pattern[self.at + 1 : self.at + 2]
        if char == "Q":
            end = self.pattern.find("\\E", self.at + 2)
            end = len(self.pattern) if end < 0 else end
            literals: list[Node] = [_literal(ord(c), flags) for c in self.pattern[self.at + 2 : end]]
            self.at = min(end + 2, len(self.pattern))
            return literals
        if char in _ANCHORS and char:
            self.at += 2
            return [Assertion(_ANCHORS[char])]
        if perl := self._perl_class(flags):
            return [Chars(perl)]
        return [_literal(self._escaped_char(), flags)]

    def _perl_class(self, flags: _Flags) -> Ranges | None:
        """``\\d`` and its like; they are ASCII in RE2."""
        char = self.pattern[self.at + 1 : self.at + 2]
        if char in ("p", "P"):
            raise PatternError("Unicode classes (\\p) are not supported; write the ranges of characters")
        ranges = _PERL.get(char.lower()) if char else None
        if ranges is None:
            return None
        self.at += 2
        folded = fold(ranges) if flags.i else ranges
        return folded if char.islower() else complement(folded)

    def _escaped_char(self) -> int:
        start = self.at + 1
        char = self.pattern[start : start + 1]
        if match := _HEX.match(self.pattern, start):
            self.at = match.end()
            code = int(match[1] or match[2], 16)
            if code > MAX_CODE_POINT:
                raise PatternError(f"\\x{{{match[1]}}} is not a code point")
            return code
        if match := _OCTAL.match(self.pattern, start):
            self.at = match.end()
            return int(match[0], 8)
        if char in _CONTROL:
            self.at += 2
            return _CONTROL[char]
        if not char or char.isalnum() or char == "_" or ord(char) > 127:
            raise PatternError(f"RE2 has no escape \\{char}" if char else "trailing \\")
        self.at += 2
        return ord(char)

    def _class(self, flags: _Flags) -> Ranges:
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self.pattern.startswith("]", self.at):
            if self.at >= len(self.pattern):
                raise PatternError("missing ]")
            first = False
            ranges += self._class_item(flags)
        self.at += 1
        result = normalize(ranges)
        return complement(result) if negated else result

    def _class_item(self, flags: _Flags) -> Ranges:
        if match := _POSIX_CLASS.match(self.pattern, self.at):
            if match[2] not in _POSIX:
                raise PatternError(f"unknown class {match[0]}")
            self.at = match.end()
            posix = fold(_POSIX[match[2]]) if flags.i else _POSIX[match[2]]
            return complement(posix) if match[1] else posix
        if self.pattern.startswith("\\", self.at) and (perl := self._perl_class(flags)):
            return perl
        low = high = self._class_char()
        if self.pattern.startswith("-", self.at) and self.pattern[self.at + 1 : self.at + 2] not in ("", "]"):
            self.at += 1
            high = self._class_char()
            if high < low:
                raise PatternError(f"bad range {chr(low)}-{chr(high)}")
        return fold(((low, high),)) if flags.i else ((low, high),)

    def _class_char(self) -> int:
        if self.at >= len(self.pattern):
            raise PatternError("missing ]")
        char = self.pattern[self.at]
        if char == "\\":
            return self._escaped_char()
        self.at += 1
        return ord(char)


def _changed(flags: _Flags, match: re.Match[str]) -> _Flags:
    on = dict.fromkeys(match[1], True)
    off = dict.fromkeys(match[3] or "", False)
    return replace(flags, **on, **{name: value for name, value in off.items() if name not in on})


def _literal(code: int, flags: _Flags) -> Chars:
    ranges = ((code, code),)
    return Chars(fold(ranges) if flags.i else ranges)


def _sequence(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Sequence(tuple(items))
