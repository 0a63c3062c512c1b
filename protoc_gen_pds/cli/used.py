"""Imported files that the generated code itself imports: their types are used, or they are passed on."""

from __future__ import annotations

from collections.abc import Iterator

from protoc_gen_pds.python.types import is_emitted, is_well_known
from protoc_gen_pds.schema import File, Schema


def imports_of_code(schema: Schema) -> list[str]:
    """Names of the .proto files that a run leaves out and the code of its files needs, sorted.

    Imports that only declare options (``google/api/annotations.proto``) are not among them.
    """
    found = {file.name for file in schema.to_generate}
    pending = [*schema.to_generate]
    while pending:
        for file in _used_by(pending.pop()):
            if file.name not in found and not is_well_known(file):
                found.add(file.name)
                pending.append(file)
    return sorted(found - {file.name for file in schema.to_generate})


def _used_by(file: File) -> Iterator[File]:
    """Files whose models a file's code imports; a file may come several times."""
    fields = [field for message in file.walk_messages() for field in message.fields]
    extensions = [extension for extension in file.walk_extensions() if is_emitted(extension)]
    methods = [method for service in file.services for method in service.methods]
    for field in (*fields, *extensions):
        yield from (element.file for element in (field.message, field.enum, field.extendee) if element is not None)
    for method in methods:
        yield from (method.input.file, method.output.file)
    yield from (file.schema.files[file.proto.dependency[index]] for index in file.proto.public_dependency)
