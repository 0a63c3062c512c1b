"""The protobuf text format: protobuf.dev/reference/protobuf/textformat-spec.

It is for people: configuration, logs, tests. Text is converted to and from wire bytes by the tables
of :mod:`.text_fields`, and the generated codec does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .text_parse import Parser
from .text_print import Printer

if TYPE_CHECKING:
    from .message import Message

M = TypeVar("M", bound="Message")


def to_text(
    message: Message, *, single_line: bool = False, print_unknown_fields: bool = False
) -> str:
    """The message in the text format.

    Args:
        message: the message.
        single_line: whether fields are separated by spaces instead of newlines.
        print_unknown_fields: whether fields that the class does not know appear, by number; such
            text cannot be read again.

    Raises:
        EncodeError: a field has a value of the wrong type or out of range, or a required one has none.
    """
    return Printer(single_line, print_unknown_fields).print(message)


def from_text(cls: type[M], text: str) -> M:
    """Read the text format.

    Raises:
        DecodeError: the text does not parse, or names a field, extension or enum value that is not
            known; the error begins with line and column, both from 1.
    """
    return cls.from_bytes(Parser(text).parse(cls))
