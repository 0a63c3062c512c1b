"""google.protobuf.Empty."""

from __future__ import annotations

from ..message import dataclass
from .base import WellKnown


@dataclass
class Empty(WellKnown, full_name="google.protobuf.Empty"):
    """A message without fields: the request or response of an rpc that has none."""

    __slots__ = ()

    def __init__(self) -> None:
        self._unknown = b""
