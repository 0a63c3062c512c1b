"""Documents: one Markdown file for each .proto file, or one for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protoc_gen_pds.schema import File
from protoc_gen_pds.targets.base import Context, OutputFile


def documents(context: Context) -> Iterator[OutputFile]:
    """One document for each file to generate, or the one that ``docs_file`` names, in the caller's order."""
    if not context.options.emits("docs"):
        return
    files = context.schema.to_generate
    if context.options.docs_file:
        if files:
            yield _document(context, context.options.docs_file, files)
        return
    for file in files:
        yield _document(context, document_path(file), (file,))


def document_path(file: File) -> str:
    """Path of a file's own document: beside the .proto, whatever the Python package is called."""
    return f"{file.name.removesuffix('.proto')}.pb.md"


def _document(context: Context, path: str, files: Sequence[File]) -> OutputFile:
    if context.options.docs == "rich":
        from protoc_gen_pds.targets import docs_rich

        view = docs_rich.view(path, files)
    else:
        from protoc_gen_pds.targets import docs_exact

        view = docs_exact.view(files)
    template = f"docs/{context.options.docs}.md.j2"
    return OutputFile(path, context.renderer.render(template, view), files[0].name)
