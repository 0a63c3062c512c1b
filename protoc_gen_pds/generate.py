"""Schema and options to files: what the plugin and the command line share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from protoc_gen_pds.errors import GenerationError, Position
from protoc_gen_pds.options import Options
from protoc_gen_pds.schema import Schema
from protoc_gen_pds.targets import TARGETS
from protoc_gen_pds.targets.base import Context, OutputFile


def generate(
    schema: Schema, options: Options, progress: Callable[[str], object] = lambda text: None
) -> list[OutputFile]:
    """Make every file that the options ask for, sorted by path; ``progress`` hears what has been done so far.

    Raises:
        GenerationError: the input cannot be generated from, or two outputs have the same path.
    """
    context = Context(schema, options)
    files: dict[str, OutputFile] = {}
    for target in TARGETS:
        for output in target(context):
            # File systems that ignore case would overwrite one with the other.
            other = files.setdefault(output.path.casefold(), output)
            if other is not output:
                raise _collision(output, other)
            progress(f"generating, {len(files)} files so far")
    _check_directories(files)
    return sorted(files.values(), key=lambda output: output.path)


def _check_directories(files: dict[str, OutputFile]) -> None:
    """No directory may have the name of a file, hide a module (``a/`` and ``a.py``) or come in two spellings."""
    packages: dict[str, tuple[str, OutputFile]] = {}
    for output in files.values():
        python = output.path.endswith(".py")
        for directory in _directories(output.path):
            folded = directory.casefold()
            hidden = files.get(folded) or (files.get(f"{folded}.py") if python else None)
            if python:
                spelling, first = packages.setdefault(folded, (directory, output))
                hidden = hidden or (first if spelling != directory else None)
            if hidden is not None:
                raise _collision(output, hidden)


def _directories(path: str) -> Iterator[str]:
    end = path.find("/")
    while end >= 0:
        yield path[:end]
        end = path.find("/", end + 1)


def _collision(one: OutputFile, other: OutputFile) -> GenerationError:
    first, second = sorted((one, other), key=lambda output: (output.path, output.source))
    if first.path == second.path:
        what = f'"{first.path}" is written for {_origin(first)} and for {_origin(second)}'
    else:
        what = (
            f'"{first.path}", written for {_origin(first)}, and "{second.path}", written for {_origin(second)},'
            " cannot stand in one tree"
        )
    source = second.source or first.source
    return GenerationError(
        f"{what}; rename one of the .proto files, or set package, strip_prefix or init=none",
        Position(source) if source else None,
    )


def _origin(output: OutputFile) -> str:
    return output.source or "every package"
