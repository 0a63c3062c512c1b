"""CEL's functions of strings (cel-go, ext/strings); positions count code points from 0."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .validation.violation import RuleError

MAX_SIZE = 1 << 26
"""Characters of a text that is computed: sixteen times what gRPC admits in a message by default."""
_LOWER = {code: code + 32 for code in range(65, 91)}
_UPPER = {code + 32: code for code in range(65, 91)}
_QUOTED = {
    7: "\\a",
    8: "\\b",
    12: "\\f",
    10: "\\n",
    13: "\\r",
    9: "\\t",
    11: "\\v",
    92: "\\\\",
    34: '\\"',
}
_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))


def lower_ascii(text: str) -> str:
    """The text with A to Z in lower case, and nothing else changed."""
    return text.translate(_LOWER)


def upper_ascii(text: str) -> str:
    """The text with a to z in upper case, and nothing else changed."""
    return text.translate(_UPPER)


def quote(text: str) -> str:
    """The text as a literal in double quotes."""
    return f'"{text.translate(_QUOTED)}"'


def char_at(text: str, index: int) -> str:
    """The character at an index; empty at the end."""
    _check(index, len(text))
    return text[index : index + 1]


def index_of(text: str, part: str, start: int) -> int:
    """Where a part first stands at or behind a start, or -1."""
    _check(start, len(text))
    return text.find(part, start)


def last_index_of(text: str, part: str, last: int) -> int:
    """Where a part last stands at or before an index, or -1."""
    _check(last, len(text))
    return text.rfind(part, 0, last + len(part))


def substring(text: str, start: int, end: int | None = None) -> str:
    """The text from a start to before an end."""
    if end is None:
        end = len(text)
    _check(start, len(text))
    _check(end, len(text))
    if end < start:
        raise RuleError(
            f"invalid substring range: start {start} is greater than end {end}"
        )
    return text[start:end]


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """The parts of a text, at most so many unless the limit is negative; without a separator, its characters."""
    if limit == 0:
        return []
    if separator:
        return text.split(separator, limit - 1 if limit > 0 else -1)
    if 0 < limit < len(text):
        return [*text[: limit - 1], text[limit - 1 :]]
    return list(text)


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    """The text with one part in place of another."""
    count = text.count(old) if limit < 0 else min(limit, text.count(old))
    _check_size(len(text) + count * (len(new) - len(old)))
    return text.replace(old, new, limit)


def join(texts: Sequence[Any], separator: str) -> str:
    """Texts in a row."""
    if not all(isinstance(text, str) for text in texts):
        raise RuleError("no such overload: join() of other values than strings")
    _check_size(sum(map(len, texts)) + len(texts) * len(separator))
    return separator.join(texts)


def _check_size(size: int) -> None:
    """Two texts of a message can multiply to one that no memory holds."""
    if size > MAX_SIZE:
        raise RuleError(f"a text of more than {MAX_SIZE} characters")


def _check(index: int, length: int) -> None:
    if not 0 <= index <= length:
        raise RuleError(f"index out of range: {index}")


# -- conversions -----------------------------------------------------------------------------------


def parse_bool(text: str) -> bool:
    """A bool from its text."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise RuleError(f"type conversion error: {text!r} is no bool")


def parse_int(text: str) -> int:
    """An int from its decimal digits."""
    if re.fullmatch(r"[-+]?[0-9]{1,19}", text) and -(1 << 63) <= int(text) < 1 << 63:
        return int(text)
    raise RuleError(f"type conversion error: {text!r} is no int")


def parse_uint(text: str) -> int:
    """A uint from its decimal digits."""
    if re.fullmatch(r"[0-9]{1,20}", text) and int(text) < 1 << 64:
        return int(text)
    raise RuleError(f"type conversion error: {text!r} is no uint")


def parse_double(text: str) -> float:
    """A double from its text."""
    try:
        if "_" not in text and text == text.strip():
            return float(text)
    except ValueError:
        pass
    raise RuleError(f"type conversion error: {text!r} is no double")
