"""Schema and options to files: what the plugin and the command line share."""

from __future__ import annotations

from protoc_gen_pds.errors import GenerationError, Position
from protoc_gen_pds.options import Options
from protoc_gen_pds.schema import Schema
from protoc_gen_pds.targets import TARGETS
from protoc_gen_pds.targets.base import Context, OutputFile


def generate(schema: Schema, options: Options) -> list[OutputFile]:
    """Make every file that the options ask for, sorted by path.

    Raises:
        GenerationError: the input cannot be generated from, or two outputs have the same path.
    """
    context = Context(schema, options)
    files: dict[str, OutputFile] = {}
    folded: dict[str, str] = {}
    for target in TARGETS:
        for output in target(context):
            clash = folded.setdefault(output.path.casefold(), output.path)
            if clash in files:
                raise GenerationError(
                    f'two inputs write "{output.path}"'
                    + (f' (and "{clash}", which differs in case only)' if clash != output.path else "")
                    + "; rename one of the .proto files, or set strip_prefix or init=none",
                    Position(output.source) if output.source else None,
                )
            files[output.path] = output
    return [files[path] for path in sorted(files)]
