"""Where a checked value is: how generated checks name it."""

from __future__ import annotations

from typing import NamedTuple

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import string


class Spot(NamedTuple):
    """Where a value is: the arguments by which checks name it.

    Attributes:
        field: the name of its field.
        key: variable that holds the index or key of an element, or empty.
    """

    field: str
    key: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Arguments after the value."""
        return ("at", string(self.field), *([self.key] if self.key else []))

    @property
    def place(self) -> str:
        """The place itself, for the check of a message."""
        return statements.row(("at", string(self.field), self.key or "None"))
