"""Marks for what a .proto calls deprecated, seen by type checkers and at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

__all__ = ["Deprecated", "deprecated"]

T = TypeVar("T")

Deprecated = Annotated[T, "deprecated"]
"""Type of a deprecated field: ``T``, with a mark for tools that read annotations."""

if TYPE_CHECKING:
    from typing_extensions import deprecated
else:

    def deprecated(message):
        """Mark a class or function as deprecated (PEP 702): its ``__deprecated__`` is the message.

        Calling it does not warn: the decoder makes messages of deprecated types as their senders do.
        """

        def mark(element):
            element.__deprecated__ = message
            return element

        return mark
