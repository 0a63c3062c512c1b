"""Search by finite automaton: linear in the text, whatever the pattern."""

from __future__ import annotations

from bisect import bisect_right


class Automaton:
    """A pattern on which Python's ``re`` could take exponential time, as a transition table.

    ``search`` answers as ``re.Pattern.search`` does, with a truth value in place of the match.

    Args:
        bounds: first code point of each range of characters that the pattern tells apart.
        classes: for each range, its column in ``rows``.
        rows: for each state, the next state by column, or -1 where the pattern has matched. The
            first state is where a search begins.
        accepting: states in which the end of the text is a match.
    """

    __slots__ = ("_accepting", "_bounds", "_classes", "_rows")

    def __init__(
        self,
        bounds: tuple[int, ...],
        classes: tuple[int, ...],
        rows: tuple[tuple[int, ...], ...],
        accepting: tuple[int, ...],
    ) -> None:
        self._bounds = bounds
        self._classes = classes
        self._rows = rows
        self._accepting = frozenset(accepting)

    def search(self, text: str) -> bool:
        """Whether the pattern is found anywhere in the text."""
        state = 0
        for char in text:
            column = self._classes[bisect_right(self._bounds, ord(char)) - 1]
            state = self._rows[state][column]
            if state < 0:
                return True
        return state in self._accepting
