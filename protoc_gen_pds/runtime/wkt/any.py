"""google.protobuf.Any: a message of any type, with the name of its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, overload

from ..message import Message, dataclass
from ..registry import find_message
from .base import WellKnown

if TYPE_CHECKING:
    from typing import Self

M = TypeVar("M", bound=Message)


@dataclass
class Any(WellKnown, full_name="google.protobuf.Any"):
    """A serialized message with the URL of its type.

    ``Any.pack(backup)`` makes one; ``any.unpack(Backup)``, or ``any.unpack()`` by the package's
    registry of imported messages, reads it.
    """

    __slots__ = ("type_url", "value")

    type_url: str
    """``type.googleapis.com/`` and the full name of the message."""
    value: bytes
    """The message in the wire format."""

    def __init__(self, *, type_url: str = "", value: bytes = b"") -> None:
        self.type_url = type_url
        self.value = value
        self._unknown = b""

    @classmethod
    def pack(cls, message: Message, *, prefix: str = "type.googleapis.com/") -> Self:
        """Hold a message; errors as :meth:`Message.to_bytes`."""
        return cls(type_url=prefix + message._full_name, value=message.to_bytes())

    @property
    def type_name(self) -> str:
        """Full name of the message that is held; empty where there is none."""
        return self.type_url.rpartition("/")[2]

    def holds(self, message: type[Message]) -> bool:
        """Whether the message that is held is of this class."""
        return self.type_name == message._full_name

    @overload
    def unpack(self, message: type[M]) -> M: ...
    @overload
    def unpack(self) -> Message: ...
    def unpack(self, message: type[Message] | None = None) -> Message:
        """The message that is held.

        Args:
            message: the class to expect; without it, the class is looked up by name.

        Raises:
            TypeError: a message of another type is held.
            LookupError: no class of that name has been imported.
            DecodeError: the bytes are not such a message.
        """
        if message is None:
            message = find_message(self.type_name)
            if message is None:
                raise LookupError(
                    f"no message class {self.type_name!r} has been imported; import its models module"
                )
        elif not self.holds(message):
            raise TypeError(
                f"expected {message._full_name}, got {self.type_name or 'an empty Any'}"
            )
        return message.from_bytes(self.value)
