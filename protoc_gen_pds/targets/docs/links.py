"""Where a type's description stands: anchors within a document and links between documents."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from protoc_gen_pds.python.names import snake_case
from protoc_gen_pds.schema import Enum, File, Kind, Message, Method, Service
from protoc_gen_pds.targets.docs.exact import anchor
from protoc_gen_pds.targets.docs.paths import document_path

Described = Service | Method | Message | Enum
"""What has a heading."""

SCALARS = frozenset(Kind) - {Kind.ENUM, Kind.MESSAGE, Kind.GROUP}
"""Types that every document describes in its last table."""

_WELL_KNOWN = "https://protobuf.dev/reference/protobuf/google.protobuf/"
_PROTOBUF_SOURCE = "https://github.com/protocolbuffers/protobuf/blob/main/src/"
_GOOGLEAPIS_SOURCE = "https://github.com/googleapis/googleapis/blob/master/"
_NOT_ON_THE_REFERENCE_PAGE = frozenset({"descriptor.proto", "cpp_features.proto", "java_features.proto"})


def sorted_services(file: File) -> list[Service]:
    """Services in the order of the document."""
    return sorted(file.services, key=lambda service: service.name)


def sorted_messages(file: File) -> list[Message]:
    """Messages in the order of the document; maps have no entry messages for a reader."""
    messages = (message for message in file.walk_messages() if not message.is_map_entry)
    return sorted(messages, key=lambda message: message.long_name)


def sorted_enums(file: File) -> list[Enum]:
    """Enums in the order of the document."""
    return sorted(file.walk_enums(), key=lambda enum: enum.long_name)


class Anchors:
    """Anchors of one document: those of the house format, with a number where one is taken already."""

    def __init__(self, files: Iterable[File]) -> None:
        self._taken = {kind.value: 1 for kind in SCALARS}
        self._by_element: dict[Described, str] = {}
        for file in files:
            for element in _described(file):
                self._by_element[element] = self._unique(_wanted(element))

    def __getitem__(self, element: Described) -> str:
        return self._by_element[element]

    def _unique(self, wanted: str) -> str:
        # A hyphen never occurs in a name, so a numbered anchor cannot meet another element's.
        count = self._taken.get(wanted, 0)
        self._taken[wanted] = count + 1
        return f"{wanted}-{count}" if count else wanted


def _described(file: File) -> Iterator[Described]:
    for service in sorted_services(file):
        yield service
        yield from service.methods
    yield from sorted_messages(file)
    yield from sorted_enums(file)


def _wanted(element: Described) -> str:
    if isinstance(element, Service):
        return anchor("service", element.file.package, element.name)
    if isinstance(element, Method):
        return anchor("method", element.file.package, element.service.name, element.name)
    return anchor(element.long_name)


class Library:
    """The documents of a run: the anchors of each file's own document, worked out once."""

    def __init__(self) -> None:
        self._anchors: dict[File, Anchors] = {}

    def anchors(self, file: File) -> Anchors:
        """Anchors of the document that holds one file alone."""
        found = self._anchors.get(file)
        if found is None:
            found = self._anchors[file] = Anchors((file,))
        return found


class Links:
    """Links from one document."""

    def __init__(self, path: str, files: Sequence[File], library: Library) -> None:
        self._directory = posixpath.dirname(path)
        self._files = frozenset(files)
        self._library = library
        self._foreign_to_google = not all(file.name.startswith("google/") for file in files)
        self.anchors = library.anchors(files[0]) if len(files) == 1 else Anchors(files)

    def href(self, element: Message | Enum) -> str:
        """Target of a link to a type; it depends on the two files alone, not on what else is generated."""
        file = element.file
        if file in self._files:
            return f"#{self.anchors[element]}"
        if self._foreign_to_google and file.name.startswith("google/"):
            return _google(element)
        path = posixpath.relpath(document_path(file), self._directory or ".")
        return f"{quote(path)}#{self._library.anchors(file)[element]}"


def _google(element: Message | Enum) -> str:
    """Google's own types are documented elsewhere."""
    name = element.file.name
    if not name.startswith("google/protobuf/"):
        return _GOOGLEAPIS_SOURCE + quote(name)
    if element.file.package != "google.protobuf" or posixpath.basename(name) in _NOT_ON_THE_REFERENCE_PAGE:
        return _PROTOBUF_SOURCE + quote(name)
    words = snake_case(element.long_name.replace("UInt", "Uint"))
    return f"{_WELL_KNOWN}#{words.replace('_', '-').replace('.', '-')}"
