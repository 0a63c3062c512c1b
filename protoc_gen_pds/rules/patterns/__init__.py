"""RE2 patterns, as protovalidate and CEL have them, for Python: translated, and safe from texts that take for ever.

Python's ``re`` backtracks. A pattern in which a loop can match the same text in two ways (``(a+)+b``)
takes it exponential time, so such a pattern becomes a finite automaton instead; one whose automaton
would be too large is refused. Loops in a row that can share a text (``a*a*a*a*b``) take a power of its
length, and a search that may begin anywhere is a loop too: two or three become an automaton for long
texts, more for all, unless it would be too large.
"""

from __future__ import annotations

from dataclasses import dataclass

from protoc_gen_pds.rules.patterns.ambiguity import is_ambiguous, power_of_search
from protoc_gen_pds.rules.patterns.automaton import Table, determinize
from protoc_gen_pds.rules.patterns.emit import to_python
from protoc_gen_pds.rules.patterns.parse import PatternError, parse

__all__ = ["PatternError", "Prepared", "Table", "prepare", "translate"]


LONGEST = {2: 2_000, 3: 200}
"""Characters of a text on which ``re`` may take that power of them: some milliseconds."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pattern that generated code can search with.

    Attributes:
        source: the equivalent pattern of Python's ``re``, for ``re.compile(source).search(text)``.
        table: arguments of the runtime's ``Automaton``, to be used instead of ``source`` where that
            could take too long; None for the ordinary pattern.
        longest: characters up to which ``source`` is the better choice all the same.
    """

    source: str
    table: Table | None = None
    longest: int = 0


def prepare(pattern: str) -> Prepared:
    """Translate a pattern.

    Raises:
        PatternError: it is not an RE2 pattern, uses Unicode classes, is too large to be judged, or is
            ambiguous and too large for an automaton.
    """
    tree = parse(pattern)
    source = to_python(tree)
    if is_ambiguous(tree):
        return Prepared(source, determinize(tree))
    power = power_of_search(tree)
    if power < 2:
        return Prepared(source)
    try:
        return Prepared(source, determinize(tree), LONGEST.get(power, 0))
    except PatternError:
        return Prepared(source)


def translate(pattern: str) -> str:
    """The pattern for Python's ``re``, whatever time it may take; errors as :func:`prepare`."""
    return to_python(parse(pattern))
