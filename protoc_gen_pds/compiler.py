"""The protocol compiler: .proto files to descriptors, through grpcio-tools in process or another protoc."""

from __future__ import annotations

import errno
import glob
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import descriptor_pb2

from protoc_gen_pds.errors import GenerationError

_LOG = re.compile(r"^(?:WARNING: All log messages before absl::InitializeLog\(\).*\n|[IWE]\d{4} [^\]\n]*\] )", re.M)

VALIDATE_PROTO = "buf/validate/validate.proto"


class CompileError(Exception):
    """protoc's own lines on stderr, unchanged: each names file, line and column."""


def bundled_import_paths() -> tuple[str, ...]:
    """Directories of installed packages that hold google/protobuf and google/api."""
    paths = []
    for module, levels, below in (("grpc_tools", 0, "_proto"), ("google.api.annotations_pb2", 2, "")):
        try:
            spec = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            continue
        if spec is not None and spec.origin:
            paths.append(str(Path(spec.origin).parents[levels] / below))
    return tuple(paths)


def find_inputs(arguments: Sequence[str], import_paths: Sequence[str]) -> list[str]:
    """Names, relative to an import path, of the .proto files that arguments stand for.

    An argument is a file, a directory (every .proto file below it) or a glob pattern, relative to the
    current directory or to an import path. The result is sorted and without repetition.

    Raises:
        GenerationError: an argument stands for no .proto file, or for one outside the import paths.
    """
    names: set[str] = set()
    for argument in arguments:
        place = find_place(argument, import_paths)
        if place is None:
            what = (
                "has no .proto file below it" if Path(argument).is_dir() else "is no .proto file, directory or pattern"
            )
            hint = '; write "/" between directories' if "\\" in argument and os.sep == "/" else ""
            raise GenerationError(f"{argument} {what}, here or in an import path ({_listed(import_paths)}){hint}")
        names.update(_name(path, import_paths) for path in _proto_files(place))
    return sorted(names)


def find_place(argument: str, import_paths: Sequence[str]) -> str | None:
    """Where an argument of :func:`find_inputs` is: here, or else below an import path; None where it is nowhere."""
    places = (argument, *(os.path.join(path, argument) for path in (*import_paths, *bundled_import_paths())))
    return next((place for place in places if any(_proto_files(place))), None)


def _proto_files(argument: str) -> Iterator[str]:
    if os.path.isfile(argument):
        yield argument
    elif os.path.isdir(argument):
        for directory, directories, files in os.walk(argument, onerror=_refuse):
            directories[:] = [name for name in directories if not name.startswith(".")]
            yield from (os.path.join(directory, file) for file in files if file.endswith(".proto"))
    elif glob.has_magic(argument):
        for path in glob.iglob(argument, recursive=True):
            if os.path.isdir(path) or path.endswith(".proto"):
                yield from _proto_files(path)


def _refuse(error: OSError) -> None:
    """What cannot be read may hold files: passing it over would leave them out."""
    raise error


def _listed(import_paths: Sequence[str]) -> str:
    return ", ".join(path if Path(path).is_dir() else f"{path}: no such directory" for path in import_paths)


def _name(path: str, import_paths: Sequence[str]) -> str:
    """The name by which protoc knows a file on disk."""
    if not os.access(path, os.R_OK):
        # protoc says that there is no such file.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    absolute = Path(os.path.abspath(path))
    searched = [Path(os.path.abspath(directory)) for directory in (*import_paths, *bundled_import_paths())]
    for directory in searched:
        if not absolute.is_relative_to(directory):
            continue
        name = absolute.relative_to(directory)
        first = next(other / name for other in searched if (other / name).exists())
        if not first.samefile(absolute):
            raise GenerationError(f"{path} is shadowed by {first}, which comes first in the import path")
        return name.as_posix()
    raise GenerationError(
        f"{path} is not below an import path ({_listed(import_paths)}); add -I with the directory"
        " that its imports are relative to"
    )


def compile_files(
    names: Sequence[str], import_paths: Sequence[str], protoc: str | None = None
) -> list[descriptor_pb2.FileDescriptorProto]:
    """Compile files and everything that they import; imports come before their users.

    Args:
        names: relative to an import path, as :func:`find_inputs` gives them.
        import_paths: searched in this order, then :func:`bundled_import_paths`.
        protoc: a compiler to run instead of the one in grpcio-tools, which may know later editions.

    Raises:
        CompileError: the compiler refuses the input.
        GenerationError: ``protoc`` cannot be run.
    """
    with tempfile.TemporaryDirectory(prefix="protoc-gen-pds-") as directory:
        result = Path(directory, "descriptors.binpb")
        arguments = [
            *(f"-I{path}" for path in (*import_paths, *bundled_import_paths())),
            "--include_imports",
            "--include_source_info",
            # As plugins get them: without it protoc drops options whose retention is the source.
            "--retain_options",
            f"--descriptor_set_out={result}",
            *names,
        ]
        run = _run_in_process if protoc is None else _runner(protoc, Path(directory))
        status, messages = run(arguments)
        if status and f"{VALIDATE_PROTO}: File not found." in messages:
            status, messages = _with_validate_proto(run, arguments, Path(directory), messages)
        if status:
            messages = messages or f"the protocol compiler ended with status {status}\n"
            raise CompileError(messages + _missing_root(messages, names, import_paths))
        sys.stderr.write(messages)
        return list(descriptor_pb2.FileDescriptorSet.FromString(result.read_bytes()).file)


def _missing_root(messages: str, names: Sequence[str], import_paths: Sequence[str]) -> str:
    """A hint where an import that is not found is one of the files themselves, with directories before its name."""
    for missing in re.findall(r"^(?:.*: )?(\S+): File not found\.$", messages, re.M):
        for name in names:
            place = find_place(name, import_paths) if name.endswith(f"/{missing}") else None
            if place is not None:
                root = os.path.normpath(place.removesuffix(f"/{missing}"))
                return f"{missing} is in {root}: give -I {root}, the directory that imports are relative to\n"
    return ""


def _with_validate_proto(
    run: Callable[[Sequence[str]], tuple[int, str]], arguments: Sequence[str], directory: Path, messages: str
) -> tuple[int, str]:
    """A second run, with validate.proto from an installed protovalidate."""
    from protoc_gen_pds.rules.validate_proto import file_set

    files = file_set()
    if files is None:
        hint = f"{VALIDATE_PROTO} is in no import path; protoc-gen-pds[rules] brings it: pip install it, or add -I\n"
        return 1, messages + hint
    path = directory / "validate.binpb"
    path.write_bytes(files.SerializeToString())
    return run([f"--descriptor_set_in={path}", *arguments])


def _run_in_process(arguments: Sequence[str]) -> tuple[int, str]:
    from grpc_tools import protoc

    with _captured_stderr() as read:
        status = protoc.main(["protoc", *arguments])
        return status, read()


def _runner(program: str, directory: Path) -> Callable[[Sequence[str]], tuple[int, str]]:
    def run(arguments: Sequence[str]) -> tuple[int, str]:
        # By a file: the names of a large repository do not fit on a command line.
        listing = directory / "arguments"
        listing.write_text("".join(f"{argument}\n" for argument in arguments), encoding="utf-8")
        try:
            done = subprocess.run([program, f"@{listing}"], stderr=subprocess.PIPE, check=False)
        except OSError as error:
            raise GenerationError(f"{program} cannot be run: {error.strerror}") from error
        return done.returncode, _plain(done.stderr)

    return run


def _plain(messages: bytes) -> str:
    """Messages without what the compiler's log puts before some of them: level, time, process and its source line."""
    text = messages.decode(errors="replace")
    return _LOG.sub("", text)


@contextmanager
def _captured_stderr() -> Iterator[Callable[[], str]]:
    """Send file descriptor 2 to a file: the compiler is C++ and does not know of ``sys.stderr``."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as file:

        def read() -> str:
            file.seek(0)
            return _plain(file.read())

        try:
            os.dup2(file.fileno(), 2)
            yield read
        finally:
            os.dup2(saved, 2)
            os.close(saved)
