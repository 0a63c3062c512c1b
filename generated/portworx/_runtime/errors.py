"""What can go wrong between a message and its bytes, JSON or text."""

from __future__ import annotations


class CodecError(ValueError):
    """Base class of :class:`DecodeError` and :class:`EncodeError`.

    Attributes:
        reason: what is wrong, without the place.
        path: the field, as attributes and indexes from the outermost message (``status.phase``,
            ``labels["a"]``); empty where it is the message itself or is not known.
        message_name: full name of the outermost message; empty where it is not known.
    """

    def __init__(self, reason: str, *, path: str = "", message_name: str = "") -> None:
        self.reason = reason
        self.path = path
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
