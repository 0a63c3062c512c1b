"""Documents: one Markdown file for each .proto file, or one for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.schema import File
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.docs.paths import document_path

_View = Callable[[str, Sequence[File]], Mapping[str, Any]]
"""Makes the template's view of the document at a path."""


def documents(context: Context) -> Iterator[OutputFile]:
    """One document for each file to generate, or the one that ``docs_file`` names, in the caller's order."""
    if not context.options.emits("docs"):
        return
    view = _rich() if context.options.docs == "rich" else _exact()
    template = f"docs/{context.options.docs}.md.j2"
    for path, files in _division(context):
        yield OutputFile(path, context.renderer.render(template, view(path, files)), files[0].name)


def _division(context: Context) -> Iterator[tuple[str, Sequence[File]]]:
    files, name = context.schema.to_generate, context.options.docs_file
    if not name:
        yield from ((document_path(file), (file,)) for file in files)
        return
    if not set(name.split("/")).isdisjoint(("", ".", "..")):
        raise GenerationError(f'option docs_file: "{name}" is not a plain path inside of the output directory')
    if files:
        yield name, files


def _exact() -> _View:
    from protoc_gen_pds.targets.docs import exact

    return lambda _, files: exact.view(files)


def _rich() -> _View:
    from protoc_gen_pds.targets.docs import links, rich

    library = links.Library()
    return lambda path, files: rich.view(path, files, library)
