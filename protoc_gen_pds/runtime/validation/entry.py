"""Where validation begins: ``validate`` and ``violations`` of every generated module."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from ..message import Message, codec_of
from .check import Check, Enough
from .checkers import CHECKERS, checker_of, output_only
from .violation import ValidationError, Violation

if TYPE_CHECKING:
    from ..wkt import FieldMask, Timestamp


def clear_output_only(message: Message) -> None:
    """Clear every OUTPUT_ONLY field of a message and of those in it, as servers do with requests (AIP-203).

    It needs code that was generated with ``field_behavior=enforce``.

    Raises:
        TypeError: the argument is no message.
    """
    checker_of(message.__class__)
    table = codec_of(message.__class__).fields
    cleared = output_only(message.__class__)
    empty = message.__class__()
    for field in table() if table is not None else ():
        if field.name in cleared:
            if field.member is None or field.get(message) is not None:
                setattr(message, field.attribute, getattr(empty, field.attribute))
        elif field.kind in ("message", "group"):
            value: Any = field.get(message)
            items: list[Any] = [value]
            if isinstance(value, dict):
                items = list(cast("dict[object, object]", value).values())
            elif isinstance(value, list):
                items = cast("list[object]", value)
            for item in items:
                if isinstance(item, Message):
                    clear_output_only(item)


def violations(
    message: Message,
    *,
    fail_fast: bool = False,
    only: FieldMask | None = None,
    now: Timestamp | int | None = None,
) -> list[Violation]:
    """What is wrong with a message; an empty list for a valid one.

    Args:
        message: any generated message.
        fail_fast: whether to stop at the first violation.
        only: fields to report about, in .proto names; rules that concern a whole message that is
            larger than them are left out.
        now: the present for rules about time, as a Timestamp or in nanoseconds since 1970; the
            system's clock by default.

    Raises:
        RuleError: a rule cannot be evaluated on this message.
        TypeError: the argument is no message.
    """
    checker = CHECKERS.get(message.__class__) or checker_of(message.__class__)
    check = Check(message.__class__)
    if not fail_fast and only is None and now is None:
        checker(message, check, None)
        return check.found
    check.configure(fail_fast, only, now)
    with suppress(Enough):
        checker(message, check, None)
    return check.found


def validate(message: Message) -> None:
    """Check a message: its shape and its rules.

    Raises:
        ValidationError: with every violation.
        RuleError: a rule cannot be evaluated on this message.
        TypeError: the argument is no message.
    """
    checker = CHECKERS.get(message.__class__) or checker_of(message.__class__)
    check = Check(message.__class__)
    checker(message, check, None)
    if check.found:
        raise ValidationError(check.found)
