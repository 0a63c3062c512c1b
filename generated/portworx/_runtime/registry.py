"""Messages and extensions of the package by their full protobuf names: how Any, JSON and text find them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .extensions import AnyExtension
    from .message import Message

_MESSAGES: dict[str, type[Message]] = {}
_EXTENSIONS: dict[str, AnyExtension[Any, Any]] = {}
_EXTENSIONS_BY_NUMBER: dict[tuple[str, int], AnyExtension[Any, Any]] = {}


def register(full_name: str, message: type[Message]) -> None:
    """Make a class known by its full name; done by the class statement of every message."""
    _MESSAGES[full_name] = message


def find_message(full_name: str) -> type[Message] | None:
    """The class of a full name (``google.protobuf.Empty``), or None where its module is not imported."""
    found = _MESSAGES.get(full_name)
    if found is None and full_name.startswith("google.protobuf."):
        from . import wkt

        # Reading the attribute imports the module, which registers the class.
        getattr(wkt, full_name.removeprefix("google.protobuf."), None)
        found = _MESSAGES.get(full_name)
    return found


def register_extension(extension: AnyExtension[Any, Any]) -> None:
    """Make an extension known; done when its key is made."""
    _EXTENSIONS[extension.full_name] = extension
    _EXTENSIONS_BY_NUMBER[extension.extendee, extension.number] = extension


def find_extension(full_name: str) -> AnyExtension[Any, Any] | None:
    """The extension of a full name, or None where its module is not imported."""
    return _EXTENSIONS.get(full_name)


def find_extension_by_number(
    extendee: str, number: int
) -> AnyExtension[Any, Any] | None:
    """The extension of a message's full name and a field number, or None."""
    return _EXTENSIONS_BY_NUMBER.get((extendee, number))
