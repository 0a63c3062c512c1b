"""Case folding of character sets, for ``(?i)``."""

from __future__ import annotations

import functools
import sys

from protoc_gen_pds.rules.patterns.tree import Ranges, normalize

_ASCII_EXTRA = {"k": "\u212a", "s": "\u017f"}
"""Characters outside of ASCII that fold to an ASCII letter: KELVIN SIGN and LONG S."""


def fold(ranges: Ranges) -> Ranges:
    """The set with every character's other cases added."""
    result = list(ranges)
    for low, high in ranges:
        if high < 128:
            result += ((ord(c), ord(c)) for code in range(low, high + 1) for c in _ascii_cases(chr(code)))
        else:
            orbits = _orbits()
            touched = orbits if high - low > len(orbits) else range(low, high + 1)
            result += ((c, c) for code in touched if low <= code <= high for c in orbits.get(code, ()))
    return normalize(result)


def _ascii_cases(char: str) -> str:
    if not char.isalpha():
        return char
    return char.lower() + char.upper() + _ASCII_EXTRA.get(char.lower(), "")


@functools.cache
def _orbits() -> dict[int, frozenset[int]]:
    """Every character that has other cases, with all of them; made only where a pattern needs it."""
    orbits: dict[int, set[int]] = {}
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        cases = {code} | {ord(c) for c in (char.lower(), char.upper()) if len(c) == 1}
        if len(cases) > 1:
            union = cases.union(*(orbits.get(c, ()) for c in cases))
            for member in union:
                orbits[member] = union
    return {code: frozenset(orbit) for code, orbit in orbits.items()}
