"""The time that a pattern may take while code is generated: judging one can take a power of its length."""

from __future__ import annotations

from protoc_gen_pds.rules.patterns.parse import PatternError

MAX_STEPS = 1_000_000


class Effort:
    """Counts steps, each of which takes about a microsecond."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Take some steps.

        Raises:
            PatternError: there were too many.
        """
        self._left -= steps
        if self._left < 0:
            raise PatternError("it is too large to be made safe; split it, or list the texts that are possible")
