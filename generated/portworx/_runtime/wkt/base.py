"""What the well-known types share: their codec is the runtime's own."""

from __future__ import annotations

from ..message import Message


class WellKnown(Message):
    """Base class of the well-known types."""

    __slots__ = ()
    _codec_module = "..wkt_codec"
