"""A tree as a pattern of Python's ``re``, exact and without flags."""

from __future__ import annotations

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
)

_ASSERTIONS = {
    Where.TEXT_START: "^",
    Where.TEXT_END: r"\Z",
    Where.LINE_START: "(?m:^)",
    Where.LINE_END: "(?m:$)",
    Where.WORD_BOUNDARY: r"(?a:\b)",
    # Python's \B does not match the empty text before 3.14; RE2's does.
    Where.NO_WORD_BOUNDARY: r"(?a:(?!\b))",
}
_COUNTS = {(0, None): "*", (1, None): "+", (0, 1): "?"}
_SPECIAL = frozenset(r"\.^$*+?{}[]|()")
_SPECIAL_IN_CLASS = frozenset(r"\[]^-&|~")
_NAMED = {9: r"\t", 10: r"\n", 11: r"\v", 12: r"\f", 13: r"\r"}


def to_python(node: Node) -> str:
    """The source for ``re.compile``; its ``search`` says what RE2's would."""
    match node:
        case Chars(ranges):
            return _chars(ranges)
        case Assertion(where):
            return _ASSERTIONS[where]
        case Alternatives(items):
            return "|".join(map(to_python, items))
        case Sequence(items):
            return "".join(f"(?:{to_python(i)})" if isinstance(i, Alternatives) else to_python(i) for i in items)
        case Repeat(item, least, most):
            return _atom(item) + _count(least, most)


def _atom(node: Node) -> str:
    source = to_python(node)
    if isinstance(node, Sequence) and len(node.items) == 1 and isinstance(node.items[0], Alternatives):
        return source
    return source if isinstance(node, Chars) and node.ranges else f"(?:{source})"


def _count(least: int, most: int | None) -> str:
    short = _COUNTS.get((least, most))
    if short:
        return short
    if least == most:
        return f"{{{least}}}"
    return f"{{{least},{'' if most is None else most}}}"


def _chars(ranges: Ranges) -> str:
    if not ranges:
        return "(?!)"
    if ranges == ((0, MAX_CODE_POINT),):
        return "(?s:.)"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _char(ranges[0][0], _SPECIAL)
    if ranges[-1][1] == MAX_CODE_POINT:
        return f"[^{_ranges(complement(ranges))}]"
    return f"[{_ranges(ranges)}]"


def _ranges(ranges: Ranges) -> str:
    return "".join(
        _char(low, _SPECIAL_IN_CLASS)
        + ("" if low == high else ("-" if high > low + 1 else "") + _char(high, _SPECIAL_IN_CLASS))
        for low, high in ranges
    )


def _char(code: int, special: frozenset[str]) -> str:
    if code in _NAMED:
        return _NAMED[code]
    if 32 <= code < 127:
        return f"\\{chr(code)}" if chr(code) in special else chr(code)
    if code < 256:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
