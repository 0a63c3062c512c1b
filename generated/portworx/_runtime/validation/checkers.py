"""The generated check of each class of messages: where modules of validators leave it, and how it is found."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ..message import Message

if TYPE_CHECKING:
    from .check import Check
    from .paths import Place

M = TypeVar("M", bound=Message)
Checker: TypeAlias = "Callable[[Any, Check, Place], None]"

CHECKERS: dict[type[Message], Checker] = {}
_OUTPUT_ONLY: dict[type[Message], tuple[str, ...]] = {}


def bind(
    message: type[M],
    checker: Callable[[M, Check, Place], None],
    *,
    output_only: tuple[str, ...] = (),
) -> None:
    """Make the generated check of a class known; done by its module of validators.

    ``output_only`` names the fields that only servers set, of code that is made with
    ``field_behavior=enforce``.
    """
    CHECKERS[message] = checker
    if output_only:
        _OUTPUT_ONLY[message] = output_only


def output_only(message: type[Message]) -> tuple[str, ...]:
    """The names of the fields that only servers set, by ``field_behavior=enforce``."""
    return _OUTPUT_ONLY.get(message, ())


def checker_of(message: type[Message]) -> Checker:
    """The check of a class; its module is imported when the first message of a file needs it.

    Raises:
        TypeError: the class is no message, or the package was generated without validators.
    """
    found = CHECKERS.get(message)
    if found is not None:
        return found
    home = next(
        (cls for cls in getattr(message, "__mro__", ()) if "_full_name" in vars(cls)),
        None,
    )
    if home is None:
        raise TypeError(
            f"expected a message, got {getattr(message, '__qualname__', message)}"
        )
    if home._full_name.startswith("google.protobuf."):
        name = f"{__package__}.well_known"
    else:
        name = f"{home.__module__.rpartition('.')[0]}.validators"
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise TypeError(
            f"{name.rpartition('.')[0]} has no validators; generate them with emit=validators"
        ) from error
    found = CHECKERS.get(home)
    if found is None:
        raise TypeError(f"{name} does not know {home.__qualname__}")
    return CHECKERS.setdefault(message, found)
