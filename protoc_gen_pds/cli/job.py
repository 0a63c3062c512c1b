"""What ``generate``, ``check`` and their like have in common: arguments, configuration, the run itself."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from google.protobuf.compiler import plugin_pb2
from google.protobuf.message import DecodeError

from protoc_gen_pds.cli.config import Config, find_config, read_config
from protoc_gen_pds.compiler import bundled_import_paths, compile_files, find_inputs
from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.generate import generate
from protoc_gen_pds.options import Options, from_pairs, split_parameter
from protoc_gen_pds.python.types import RUNTIME_FILES
from protoc_gen_pds.schema import Schema, load_request
from protoc_gen_pds.targets.base import OutputFile

IMPORT_PATH_HELP = (
    "directory to search for imports; repeat for several (default: those of pyproject.toml, else the current"
    " directory). google/protobuf and google/api are found without"
)


@dataclass(frozen=True, slots=True)
class Job:
    """One run, resolved from arguments and configuration.

    Attributes:
        request: what protoc would send a plugin for the same files.
        options: parsed.
        out: directory of the output tree.
        import_paths: as given, the bundled ones last; None for a replayed request, whose sources are elsewhere.
        files: files, directories and patterns as given; none for a replayed request.
        include_imports: whether imported files are generated for too.
    """

    request: plugin_pb2.CodeGeneratorRequest
    options: Options
    out: Path
    import_paths: tuple[str, ...] | None
    files: tuple[str, ...] = ()
    include_imports: bool = False

    def schema(self) -> Schema:
        """The model of the request; raises GenerationError as :func:`load_request` does."""
        return load_request(self.request)

    def render(self, progress: Callable[[str], None] = lambda text: None) -> list[OutputFile]:
        """Make all files in memory; raises GenerationError."""
        try:
            return generate(self.schema(), self.options, progress)
        except (GenerationError, OSError):
            raise
        except Exception as error:
            from protoc_gen_pds.diagnosis import explain

            raise explain(error, self.request) from error

    def has_source(self, name: str) -> bool:
        """Whether a .proto file of this name is on the import path, as far as that is known."""
        return self.import_paths is None or any(Path(path, name).is_file() for path in self.import_paths)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what selects the input, the output directory and the options."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILES",
        help=".proto files, directories or glob patterns; default: those of pyproject.toml, else the import paths",
    )
    parser.add_argument(
        "-I",
        "--proto-path",
        action="append",
        metavar="DIR",
        help=IMPORT_PATH_HELP,
    )
    parser.add_argument("--out", metavar="DIR", help="root of the output tree (default: out of pyproject.toml)")
    parser.add_argument(
        "--include-imports",
        action="store_true",
        default=None,
        help="generate for all imported files too, except the well-known types, which the runtime has",
    )
    parser.add_argument(
        "--protoc", metavar="PROGRAM", help="compile with this protoc instead of the one in grpcio-tools"
    )
    parser.add_argument(
        "--replay",
        metavar="REQUEST",
        help="take the input from a request that PROTOC_GEN_PDS_DUMP=FILE made a plugin run write",
    )
    parser.add_argument(
        "--config", metavar="FILE", help="a pyproject.toml with [tool.protoc-gen-pds] (default: the nearest one)"
    )
    group = parser.add_argument_group("plugin options", "the same, under the same names, for protoc and buf")
    group.add_argument("--option", action="append", metavar="NAME=VALUE", help="an option as protoc would pass it")
    defaults = {field.name: field.default for field in fields(Options)}
    for name, text in option_help().items():
        choices = option_choices(name)
        flags = [f"--{name.replace('_', '-')}", *([f"--{name}"] if "_" in name else [])]
        group.add_argument(
            *flags,
            dest=f"option_{name}",
            action="append",
            metavar="{" + ",".join(choices) + "}" if choices else name.upper(),
            help=text.replace("%", "%%") + (f" (default: {defaults[name]})" if defaults[name] else ""),
        )


def option_choices(name: str) -> tuple[str, ...]:
    """The values that an option admits, or none where it takes any text."""
    declared = get_type_hints(Options)[name]
    values = get_args(declared)[0] if get_origin(declared) is tuple else declared
    return get_args(values) if get_origin(values) is Literal else ()


def option_help() -> dict[str, str]:
    """One sentence or more on each option, from the docstring of :class:`Options`."""
    attributes = (inspect.getdoc(Options) or "").partition("Attributes:")[2]
    texts = {
        name: " ".join(text.replace("``", "").split()).removesuffix(".")
        for name, text in re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE)
    }
    return {field.name: texts.get(field.name, "") for field in fields(Options)}


def resolve(arguments: argparse.Namespace, progress: Callable[[str], None] = lambda text: None) -> Job:
    """Compile what the arguments and the configuration select.

    Raises:
        GenerationError: arguments or configuration are wrong.
        CompileError: protoc refuses a file.
    """
    config = config_of(arguments)
    if not (arguments.out or config.out):
        raise GenerationError("say where the output tree is: --out DIR, or out in [tool.protoc-gen-pds]")
    pairs = _given_options(arguments)
    out = Path(arguments.out or config.out or "")
    import_paths = tuple(arguments.proto_path or config.import_paths or (".",))
    files: tuple[str, ...] = ()
    include_imports = bool(arguments.include_imports or config.include_imports)
    if arguments.replay:
        request = _read_request(Path(arguments.replay))
        inherited = split_parameter(request.parameter)
    else:
        files = tuple(arguments.files or config.files or import_paths)
        protoc = arguments.protoc or config.protoc
        try:
            names = find_inputs(files, import_paths)
        except GenerationError as error:
            if arguments.files or not config.files or not arguments.proto_path:
                raise
            # The error is about files that nobody has named on this command line.
            hint = "FILES are those of pyproject.toml; name others, or leave -I to pyproject.toml too"
            raise GenerationError(f"{error} ({hint})") from error
        request = _compile(names, import_paths, protoc, progress, include_imports=include_imports)
        inherited = list(config.options)
    given = {name for name, _ in pairs}
    options = from_pairs([*((name, text) for name, text in inherited if name not in given), *pairs])
    known = None if arguments.replay else (*import_paths, *bundled_import_paths())
    return Job(request, options, out, known, files, include_imports)


def config_of(arguments: argparse.Namespace) -> Config:
    """The configuration that arguments name, or the nearest one; a replayed request needs none.

    Raises:
        GenerationError: it is wrong.
    """
    if arguments.config:
        return read_config(Path(arguments.config))
    found = None if getattr(arguments, "replay", None) else find_config(Path.cwd())
    return read_config(found) if found else Config()


def _given_options(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    pairs = []
    for token in arguments.option or ():
        name, _, text = token.partition("=")
        pairs.append((name.strip(), text.strip()))
    for name in option_help():
        pairs += [(name, text) for text in getattr(arguments, f"option_{name}") or ()]
    return pairs


def _compile(
    names: list[str],
    import_paths: Sequence[str],
    protoc: str | None,
    progress: Callable[[str], None],
    *,
    include_imports: bool,
) -> plugin_pb2.CodeGeneratorRequest:
    progress(f"compiling {len(names)} .proto files")
    compiled = compile_files(names, import_paths, protoc)
    if include_imports:
        names = [file.name for file in compiled if file.name not in RUNTIME_FILES]
    return plugin_pb2.CodeGeneratorRequest(file_to_generate=names, proto_file=compiled)


def _read_request(path: Path) -> plugin_pb2.CodeGeneratorRequest:
    try:
        return plugin_pb2.CodeGeneratorRequest.FromString(path.read_bytes())
    except DecodeError as error:
        raise GenerationError(
            f"{path} is not a request that PROTOC_GEN_PDS_DUMP=FILE made a plugin run write"
        ) from error


class Progress:
    """Says on stderr what is being done, where a person watches and it takes long; each text replaces the last."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._shown = time.monotonic()
        self._dirty = False

    def __call__(self, text: str) -> None:
        """Show a text, unless one was shown less than a quarter of a second ago."""
        if self._watched and time.monotonic() - self._shown > 0.25:
            self._shown, self._dirty = time.monotonic(), True
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave a clean line."""
        if self._dirty:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
