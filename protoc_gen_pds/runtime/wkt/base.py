"""What the well-known types share: their codec is the runtime's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..message import Message

if TYPE_CHECKING:
    from typing import Self


class WellKnown(Message):
    """Base class of the well-known types."""

    __slots__ = ()
    _codec_module = "..wkt_codec"


class Immutable(WellKnown):
    """Base class of those that never change."""

    __slots__ = ()

    def copy(self) -> Self:
        """The message itself: it never changes."""
        return self

    def __replace__(self, **changes: int) -> Self:
        """Another one with other values: ``copy.replace(timestamp, nanos=0)``, from Python 3.13."""
        cls: Any = type(self)
        twin: Self = cls(**{n: getattr(self, n) for n in self._fields} | changes)
        twin._unknown = self._unknown
        return twin
