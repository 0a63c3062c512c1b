"""Where the document of a file is: what writes it and what links to it must agree."""

from __future__ import annotations

from protoc_gen_pds.schema import File


def document_path(file: File) -> str:
    """Path of a file's own document: beside the .proto, whatever the Python package is called."""
    return f"{file.name.removesuffix('.proto')}.pb.md"
