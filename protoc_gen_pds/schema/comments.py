"""Comments and positions of a file, indexed once: looking each one up by scanning is quadratic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protoc_gen_pds.errors import Position

if TYPE_CHECKING:
    from google.protobuf import descriptor_pb2 as pb


@dataclass(frozen=True, slots=True)
class Comments:
    """Comments of an element, as protoc delivers them: markers stripped, white space kept."""

    leading: str = ""
    trailing: str = ""
    detached: tuple[str, ...] = ()


NO_COMMENTS = Comments()


def _text(comment: str | bytes) -> str:
    """Protobuf hands out bytes where a .proto is not UTF-8; compilers do not look into comments."""
    return comment if isinstance(comment, str) else comment.decode("utf-8", "replace")


class SourceIndex:
    """``SourceCodeInfo`` of one file by path."""

    def __init__(self, file: pb.FileDescriptorProto) -> None:
        self._file = file.name
        self._locations: dict[tuple[int, ...], pb.SourceCodeInfo.Location] = {}
        for location in file.source_code_info.location:
            self._locations.setdefault(tuple(location.path), location)

    def comments(self, path: tuple[int, ...]) -> Comments:
        """The comments of the element at a path."""
        location = self._locations.get(path)
        if location is None or not (
            location.leading_comments or location.trailing_comments or location.leading_detached_comments
        ):
            return NO_COMMENTS
        return Comments(
            _text(location.leading_comments),
            _text(location.trailing_comments),
            tuple(map(_text, location.leading_detached_comments)),
        )

    def position(self, path: tuple[int, ...]) -> Position:
        """Where the element at a path starts; of its nearest ancestor where it has no location."""
        while path:
            location = self._locations.get(path)
            if location is not None and location.span:
                return Position(self._file, location.span[0] + 1, location.span[1] + 1)
            path = path[:-1]
        return Position(self._file)
