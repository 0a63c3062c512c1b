"""Streams of messages, each after its length as a varint, as ``writeDelimitedTo`` of other languages has them."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, TypeVar

from .errors import DecodeError
from .message import Message
from .wire import varint

M = TypeVar("M", bound=Message)

MAX_SIZE = 0x7FFFFFFF
"""Largest size of a message in the wire format, in bytes."""


def write_delimited(stream: BinaryIO, message: Message) -> None:
    """Write the length of a message and the message.

    Args:
        stream: a binary file or socket file, open for writing.
        message: any message.

    Raises:
        EncodeError: as :meth:`Message.to_bytes`.
    """
    data = message.to_bytes()
    stream.write(varint(len(data)) + data)


def read_delimited(
    stream: BinaryIO, message: type[M], *, max_size: int = MAX_SIZE
) -> M | None:
    """Read one message, or None where the stream ends.

    Args:
        stream: a binary file or socket file, open for reading.
        message: the class of the message.
        max_size: largest size that is accepted, in bytes.

    Raises:
        DecodeError: the stream ends within a message, the size is beyond ``max_size``, or the bytes
            are no such message.
    """
    size = shift = 0
    while True:
        byte = stream.read(1)
        if not byte:
            if not shift:
                return None
            raise DecodeError(
                "the stream ends within a size", message_name=message._full_name
            )
        size |= (byte[0] & 127) << shift
        shift += 7
        if byte[0] < 128:
            break
        if shift > 28:
            raise DecodeError("not a size", message_name=message._full_name)
    if size > max_size:
        raise DecodeError(
            f"a message of {size} bytes; up to {max_size} are accepted",
            message_name=message._full_name,
        )
    parts: list[bytes] = []
    missing = size
    while missing:
        part = stream.read(min(missing, 1 << 20))
        if not part:
            raise DecodeError(
                "the stream ends within a message", message_name=message._full_name
            )
        parts.append(part)
        missing -= len(part)
    return message.from_bytes(b"".join(parts))


def iter_delimited(
    stream: BinaryIO, message: type[M], *, max_size: int = MAX_SIZE
) -> Iterator[M]:
    """All messages of a stream, one after the other; arguments and errors as :func:`read_delimited`."""
    while (found := read_delimited(stream, message, max_size=max_size)) is not None:
        yield found
