"""Extension fields: typed keys that read and write a message's unknown fields.

A message does not know who extends it, so its decoder leaves the bytes of extensions among the unknown
fields. An :class:`Extension` is made in the models of the file that declares it and decodes those bytes
when asked: ``priority.get(task)``, ``priority.set(task, 3)``.

What a value looks like in bytes is the codec's business. The codec of the declaring file attaches it with
``bind_extension(models.priority, ExtensionCodec(decode, encode, ...))``, where

* ``decode(data)`` takes all the fields of the extension's number that the message holds, tags
  included, one after the other, and returns their merged value (for a repeated extension, the list);
* ``encode(value)`` gives such fields for a value, tags included.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .errors import DecodeError
from .registry import find_extension_by_number, register_extension

if TYPE_CHECKING:
    from .message import Message

M = TypeVar("M", bound="Message")
T = TypeVar("T")


class ExtensionCodec(Generic[T]):
    """The generated functions for one extension.

    Attributes:
        decode: from fields in the wire format to a value.
        encode: from a value to fields in the wire format.
        to_json: a value as JSON; further arguments are the codec's business.
        from_json: a value from JSON.
        field: what table-driven code (text format) needs to know, or None.
    """

    __slots__ = ("decode", "encode", "field", "from_json", "to_json")

    def __init__(
        self,
        decode: Callable[[bytes], T],
        encode: Callable[[T], bytes],
        to_json: Callable[..., Any] | None = None,
        from_json: Callable[..., T] | None = None,
        field: Any = None,
    ) -> None:
        self.decode = decode
        self.encode = encode
        self.to_json = to_json
        self.from_json = from_json
        self.field = field


class AnyExtension(Generic[M, T]):
    """What both kinds of extension share; ``T`` is the type of a whole value."""

    __slots__ = ("_codec", "_module", "extendee", "full_name", "number")

    def __init__(
        self, extendee: str, full_name: str, number: int, *, module: str
    ) -> None:
        """Make the key of an extension and register it.

        Args:
            extendee: full name of the message that is extended.
            full_name: full name of the extension field.
            number: its field number.
            module: ``__name__`` of the models module that declares it.
        """
        self.extendee = extendee
        self.full_name = full_name
        self.number = number
        self._module = module
        self._codec: ExtensionCodec[T] | None = None
        register_extension(self)

    @property
    def codec(self) -> ExtensionCodec[T]:
        """The extension's codec; its module is imported when it is first needed."""
        if self._codec is None:
            importlib.import_module(".codec", self._module.rpartition(".")[0])
            assert self._codec is not None, f"{self.full_name}: no codec is bound"
        return self._codec

    def has(self, message: M) -> bool:
        """Whether a message carries the extension."""
        self._check(message)
        return any(number == self.number for number, _, _ in _fields(message._unknown))

    def clear(self, message: M) -> None:
        """Remove the extension from a message."""
        self._check(message)
        data = message._unknown
        message._unknown = b"".join(
            data[start:end]
            for number, start, end in _fields(data)
            if number != self.number
        )

    def set(self, message: M, value: T) -> None:
        """Give a message a value of the extension.

        Raises:
            TypeError, ValueError: the value is of the wrong type or out of range.
        """
        encoded = self.codec.encode(value)
        self.clear(message)
        message._unknown += encoded

    def _find(self, message: M) -> T | None:
        self._check(message)
        data = message._unknown
        found = b"".join(
            data[start:end]
            for number, start, end in _fields(data)
            if number == self.number
        )
        return self.codec.decode(found) if found else None

    def _check(self, message: M) -> None:
        if message._full_name != self.extendee:
            raise TypeError(
                f"{self.full_name} extends {self.extendee}, not {message._full_name}"
            )

    def __repr__(self) -> str:
        return f"<extension {self.full_name} = {self.number} of {self.extendee}>"


class Extension(AnyExtension[M, T]):
    """A singular extension of message ``M`` with values of type ``T``."""

    __slots__ = ()

    def get(self, message: M) -> T | None:
        """The value, or None where a message does not carry the extension.

        A message that is returned is a copy: :meth:`set` it again after changing it.

        Raises:
            DecodeError: the bytes are no value of the extension's type.
        """
        return self._find(message)


class RepeatedExtension(AnyExtension[M, "list[T]"], Generic[M, T]):
    """A repeated extension of message ``M`` with elements of type ``T``."""

    __slots__ = ()

    def get(self, message: M) -> list[T]:
        """The elements, none where a message does not carry the extension.

        The list is a copy: :meth:`set` it again after changing it.

        Raises:
            DecodeError: the bytes are no values of the extension's type.
        """
        return self._find(message) or []


def bind_extension(extension: AnyExtension[Any, T], codec: ExtensionCodec[T]) -> None:
    """Attach its codec to an extension."""
    extension._codec = codec


def same_fields(message_name: str, one: bytes, other: bytes) -> bool:
    """Whether two messages have equal unknown fields, in whatever order of numbers.

    Known extensions are compared by value, since one value has several forms: packed or not, and in parts.
    """
    ours, theirs = _by_number(one), _by_number(other)
    if ours.keys() != theirs.keys():
        return False
    for number, data in ours.items():
        if data == theirs[number]:
            continue
        extension = find_extension_by_number(message_name, number)
        if extension is None:
            return False
        decode = extension.codec.decode
        try:
            if decode(data) != decode(theirs[number]):
                return False
        except DecodeError:
            return False
    return True


def _by_number(data: bytes) -> dict[int, bytes]:
    parts: dict[int, list[bytes]] = {}
    for number, start, end in _fields(data):
        parts.setdefault(number, []).append(data[start:end])
    return {number: b"".join(fields) for number, fields in parts.items()}


def _fields(data: bytes) -> list[tuple[int, int, int]]:
    """Number, start and end of each field in a message's unknown bytes."""
    if not data:
        return []
    from .wire import MAX_DEPTH, read_varint, skip_field

    found: list[tuple[int, int, int]] = []
    p, end = 0, len(data)
    while p < end:
        tag, _ = read_varint(data, p)
        start, p = p, skip_field(data, p, end, MAX_DEPTH)
        found.append((tag >> 3, start, p))
    return found
