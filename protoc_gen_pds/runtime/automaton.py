"""Search by finite automaton: linear in the text, whatever the pattern."""

from __future__ import annotations

import re
from bisect import bisect_right


class Automaton:
    """A pattern on which Python's ``re`` could take too long, as a transition table.

    ``search`` answers as ``re.Pattern.search`` does, with a truth value in place of the match. Up to a
    length that ``re`` can take a power of, it is asked for the answer: it is faster there.

    Args:
        bounds: first code point of each range of characters that the pattern tells apart.
        classes: for each range, its column in ``rows``.
        rows: for each state, the next state by column, or -1 where the pattern has matched. The
            first state is where a search begins.
        accepting: states in which the end of the text is a match.
        short: the pattern for ``re``.
        longest: the length of texts up to which it is used.
    """

    __slots__ = ("_accepting", "_bounds", "_classes", "_longest", "_rows", "_short")

    def __init__(
        self,
        bounds: tuple[int, ...],
        classes: tuple[int, ...],
        rows: tuple[tuple[int, ...], ...],
        accepting: tuple[int, ...],
        short: str = "",
        longest: int = -1,
    ) -> None:
        self._bounds = bounds
        self._classes = classes
        self._rows = rows
        self._accepting = frozenset(accepting)
        self._short = re.compile(short).search
        self._longest = longest

    def search(self, text: str) -> bool:
        """Whether the pattern is found anywhere in the text."""
        if len(text) <= self._longest:
            return self._short(text) is not None
        state = 0
        for char in text:
            column = self._classes[bisect_right(self._bounds, ord(char)) - 1]
            state = self._rows[state][column]
            if state < 0:
                return True
        return state in self._accepting
