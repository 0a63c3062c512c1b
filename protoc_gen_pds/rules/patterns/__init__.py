"""RE2 patterns, as protovalidate and CEL have them, for Python: translated, and never slower than linear.

Python's ``re`` backtracks. A pattern in which a loop can match the same text in two ways (``(a+)+b``)
takes it exponential time, so such a pattern becomes a finite automaton instead; one whose automaton
would be too large is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from protoc_gen_pds.rules.patterns.ambiguity import is_ambiguous
from protoc_gen_pds.rules.patterns.automaton import Table, determinize
from protoc_gen_pds.rules.patterns.emit import to_python
from protoc_gen_pds.rules.patterns.parse import PatternError, parse

__all__ = ["PatternError", "Prepared", "Table", "prepare", "translate"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pattern that generated code can search with.

    Attributes:
        source: the equivalent pattern of Python's ``re``, for ``re.compile(source).search(text)``.
        table: arguments of the runtime's ``Automaton``, to be used instead of ``source`` where that
            could take exponential time; None for the ordinary pattern.
    """

    source: str
    table: Table | None = None


def prepare(pattern: str) -> Prepared:
    """Translate a pattern.

    Raises:
        PatternError: it is not an RE2 pattern, uses Unicode classes, or is ambiguous and too large
            for an automaton.
    """
    tree = parse(pattern)
    source = to_python(tree)
    return Prepared(source, determinize(tree) if is_ambiguous(tree) else None)


def translate(pattern: str) -> str:
    """The pattern for Python's ``re``, whatever time it may take; errors as :func:`prepare`."""
    return to_python(parse(pattern))
