"""google.protobuf.FieldMask."""

from __future__ import annotations

from ..message import dataclass
from .base import WellKnown


@dataclass
class FieldMask(WellKnown, full_name="google.protobuf.FieldMask"):
    """A set of field paths, in .proto names joined by dots: ``FieldMask(paths=["meta.labels"])``."""

    __slots__ = ("paths",)

    paths: list[str]

    def __init__(self, *, paths: list[str] | None = None) -> None:
        self.paths = [] if paths is None else paths
        self._unknown = b""
