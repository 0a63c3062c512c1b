"""What can go wrong between a message and its bytes, JSON or text."""

from __future__ import annotations

MAX_REASON = 500
MAX_PATH = 2000
"""Errors repeat the input in part at most: it may be megabytes of somebody else's."""


def clipped(text: str, size: int) -> str:
    """A text, or the beginning of a longer one."""
    return text if len(text) <= size else f"{text[:size]}... ({len(text)} characters)"


class CodecError(ValueError):
    """Base class of :class:`DecodeError` and :class:`EncodeError`.

    Attributes:
        reason: what is wrong, without the place.
        path: the field, as attributes and indexes from the outermost message (``status.phase``,
            ``labels["a"]``); empty where it is the message itself or is not known.
        message_name: full name of the outermost message; empty where it is not known.
    """

    def __init__(self, reason: str, *, path: str = "", message_name: str = "") -> None:
        self.reason = reason = clipped(reason, MAX_REASON)
        self.path = clipped(path, MAX_PATH)
        self.message_name = message_name
        super().__init__(reason)

    def __str__(self) -> str:
        place = ".".join(part for part in (self.message_name, self.path) if part)
        return f"{place}: {self.reason}" if place else self.reason


class DecodeError(CodecError):
    """Input that is not a message of the expected type.

    Attributes:
        offset: position of the fault in the input, in bytes from its start, or None where the
            input is JSON or text.
    """

    def __init__(
        self,
        reason: str,
        *,
        path: str = "",
        message_name: str = "",
        offset: int | None = None,
    ) -> None:
        self.offset = offset
        super().__init__(reason, path=path, message_name=message_name)

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.offset is None else f"{text} (at byte {self.offset})"


class EncodeError(CodecError):
    """A message with a value that its field cannot hold, or without a required field."""
