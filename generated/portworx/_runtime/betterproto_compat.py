"""Optional: makes the package's messages pass for those of betterproto 1.2.5 and 2.0.0b7.

After ``register()``, ``isinstance(message, betterproto.Message)`` is true, a message can be the value of a
message field of a betterproto message, and ``betterproto.which_one_of`` and ``serialized_on_wire`` take it.
Nothing else of the package imports this module, or betterproto.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from .message import Message

_ORIGINAL_TO_DICT = Message.to_dict
_ORIGINAL_FROM_DICT: Any = Message.__dict__["from_dict"]


def register() -> None:
    """Register :class:`Message` with betterproto; calling it again does nothing more.

    Raises:
        ModuleNotFoundError: betterproto is not installed.
    """
    betterproto: Any = importlib.import_module("betterproto")
    betterproto.Message.register(Message)
    surface = {
        "_serialized_on_wire": property(_is_filled, _ignore),
        "_group_map": property(_Oneofs),
        "_group_current": property(_OneofNames),
        "to_dict": _to_dict,
        "from_dict": _FromDict(),
    }
    for name, value in surface.items():
        setattr(Message, name, value)


def _is_filled(message: Message) -> bool:
    """Whether betterproto should write the message: whether there is anything to write."""
    return bool(message.to_bytes())


def _ignore(message: Message, value: bool) -> None:
    """betterproto sets the mark after reading; our messages know by themselves."""


class _Chosen:
    """The member that a oneof holds, as betterproto asks for it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class _Oneofs:
    """The oneofs of a message by name, as betterproto 1 asks for them."""

    __slots__ = ("_message",)

    def __init__(self, message: Message) -> None:
        self._message = message

    def get(self, oneof: str) -> _Chosen | None:
        """The member that is set; None for an empty oneof."""
        name, _ = self._message.which_one_of(oneof)
        return _Chosen(name) if name else None


class _OneofNames:
    """Names of members of the oneofs of a message, as betterproto 2 asks for them."""

    __slots__ = ("_message",)

    def __init__(self, message: Message) -> None:
        self._message = message

    def get(self, oneof: str) -> str | None:
        """The name of the member that is set; None for an empty oneof."""
        return self._message.which_one_of(oneof)[0] or None


def _to_dict(
    self: Message,
    casing: Callable[[str], str] | None = None,
    include_default_values: bool = False,
    *,
    emit_defaults: bool = False,
    proto_names: bool = False,
) -> dict[str, Any]:
    """:meth:`Message.to_dict` with betterproto's positional arguments besides."""
    return _ORIGINAL_TO_DICT(
        self,
        emit_defaults=emit_defaults or include_default_values,
        proto_names=proto_names
        or (casing is not None and casing("two_words") == "two_words"),
    )


class _FromDict:
    """:meth:`Message.from_dict`; called on a message, as betterproto does, it merges into that message."""

    def __get__(self, message: Message | None, cls: type[Message]) -> Any:
        read = _ORIGINAL_FROM_DICT.__get__(None, cls)
        if message is None:
            return read

        def merge(value: dict[str, Any], **options: bool) -> Message:
            return message.parse(read(value, **options).to_bytes())

        return merge
