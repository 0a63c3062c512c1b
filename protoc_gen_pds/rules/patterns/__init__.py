"""RE2 patterns, as protovalidate and CEL have them, for Python: translated, and safe from texts that take for ever.

Python's ``re`` backtracks. A pattern in which a loop can match the same text in two ways (``(a+)+b``)
takes it exponential time, so such a pattern becomes a finite automaton instead; one whose automaton
would be too large is refused. Loops in a row that can share a text (``a*a*a*a*b``) take a power of its
length: four or more become an automaton as well, unless it would be too large.
"""

from __future__ import annotations

from dataclasses import dataclass

from protoc_gen_pds.rules.patterns.ambiguity import chain_of_loops, is_ambiguous
from protoc_gen_pds.rules.patterns.automaton import Table, determinize
from protoc_gen_pds.rules.patterns.emit import to_python
from protoc_gen_pds.rules.patterns.parse import PatternError, parse

__all__ = ["PatternError", "Prepared", "Table", "prepare", "translate"]


MANY_LOOPS = 4
"""So many loops that share a text take the fourth power of its length: seconds for some hundred characters."""


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
    if is_ambiguous(tree):
        return Prepared(source, determinize(tree))
    if chain_of_loops(tree) >= MANY_LOOPS:
        try:
            return Prepared(source, determinize(tree))
        except PatternError:
            pass
    return Prepared(source)


def translate(pattern: str) -> str:
    """The pattern for Python's ``re``, whatever time it may take; errors as :func:`prepare`."""
    return to_python(parse(pattern))
