"""Message classes of the package by their full protobuf names: how Any finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .message import Message

_MESSAGES: dict[str, type[Message]] = {}


def register(full_name: str, message: type[Message]) -> None:
    """Make a class known by its full name; done by the class statement of every message."""
    _MESSAGES[full_name] = message


def find_message(full_name: str) -> type[Message] | None:
    """The class of a full name (``google.protobuf.Empty``), or None where its module is not imported."""
    found = _MESSAGES.get(full_name)
    if found is None and full_name.startswith("google.protobuf."):
        from . import wkt

        # Reading the attribute imports the module, which registers the class.
        candidate: Any = getattr(wkt, full_name.removeprefix("google.protobuf."), None)
        return _MESSAGES.get(full_name) if candidate is not None else None
    return found
