"""descriptors.py: the files that describe a package's services, for server reflection."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import NamedTuple

from google.protobuf import descriptor_pb2 as pb

from protoc_gen_pds.python import layout
from protoc_gen_pds.schema import File
from protoc_gen_pds.targets import services
from protoc_gen_pds.targets.base import Context, OutputFile

_IN_RUNTIME = frozenset(
    f"google/protobuf/{name}.proto"
    for name in (
        "any",
        "api",
        "descriptor",
        "duration",
        "empty",
        "field_mask",
        "source_context",
        "struct",
        "timestamp",
        "type",
        "wrappers",
    )
)
"""What the runtime's own ``well_known_files`` holds."""

_CHARACTERS = 72
"""Base64 characters on a line; a multiple of four."""


class FileView(NamedTuple):
    """One serialized descriptor."""

    name: str
    decoded: str


def descriptors(context: Context) -> Iterator[OutputFile]:
    """The descriptors of every file that has services."""
    if not context.options.emits("server"):
        return
    for file in services.files_with_services(context):
        doc = f"Serialized descriptors of {services.subject(file)} and of its imports, for reflection."
        view = {
            "header": context.header(file),
            "doc": layout.docstring(doc, indent=0),
            "files": tuple(_view(each) for each in _closure(file)),
        }
        content = context.module("descriptors", view)
        yield OutputFile(context.path(file, "descriptors.py"), content, file.name)


def _closure(file: File) -> list[File]:
    """The file and its imports, each once, importers first; without those of the runtime."""
    found: dict[str, File] = {}
    pending = [file]
    while pending:
        current = pending.pop()
        if current.name not in found and current.name not in _IN_RUNTIME:
            found[current.name] = current
            pending.extend(reversed(current.dependencies))
    return list(found.values())


def _view(file: File) -> FileView:
    proto = pb.FileDescriptorProto()
    proto.CopyFrom(file.proto)
    proto.ClearField("source_code_info")
    data = base64.b64encode(file.schema.serialize(proto)).decode()
    lines = [f'b"{data[start : start + _CHARACTERS]}"' for start in range(0, len(data), _CHARACTERS)]
    if len(lines) == 1 and len(lines[0]) + 16 <= layout.LINE_LENGTH:
        decoded = f"b64decode({lines[0]}),"
    else:
        decoded = "\n".join(("b64decode(", *(f"        {line}" for line in lines), "    ),"))
    return FileView(" ".join(file.name.split()), decoded)
