"""The one way in which the generator refuses input."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MAX_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a .proto file.

    Attributes:
        file: the file's name as protoc knows it, relative to the import path.
        line: counted from 1, or 0 where only the file is known.
        column: counted from 1, or 0 where only the line is known.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        if not self.column:
            return f"{self.file}:{self.line}"
        return f"{self.file}:{self.line}:{self.column}"


class GenerationError(Exception):
    """Input that cannot be generated from: one line that says where, what is wrong and what to do.

    Raised anywhere in the generator; the plugin turns it into ``CodeGeneratorResponse.error`` and the
    command line into a line on stderr and exit status 2.
    """

    def __init__(self, message: str, position: Position | None = None) -> None:
        self.message = _brief(" ".join(message.split()))
        self.position = position
        super().__init__(f"{_one_line(position)}: {self.message}" if position else self.message)


def _brief(message: str) -> str:
    """A message without the middle of what it quotes at length: it begins with what is wrong and ends with advice."""
    half = MAX_LENGTH // 2
    return message if len(message) <= MAX_LENGTH else f"{message[:half]} ... {message[-half:]}"


def _one_line(position: Position) -> str:
    """A file may be called anything; an error stays one line."""
    return "".join(character if character.isprintable() else "?" for character in str(position))


def did_you_mean(
    given: str, known: Iterable[str], otherwise: str = "", *, cutoff: float = 0.5, quote: str = '"'
) -> str:
    """A question for whoever gave a name that is not known; ``otherwise`` where none is near.

    Args:
        given: the name.
        known: the names that there are.
        otherwise: what to say instead.
        cutoff: how near a name must be, from 0 to 1.
        quote: what stands around it.
    """
    close = difflib.get_close_matches(given, list(known), n=1, cutoff=cutoff)
    return f"did you mean {quote}{close[0]}{quote}?" if close else otherwise
