"""In-memory harness: .proto sources to descriptors, descriptors to generated files."""

from __future__ import annotations

import functools
import importlib.util
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2

from protoc_gen_pds import plugin

ROOT = Path(__file__).parent.parent
PROTO_DIR = ROOT / "proto"
PROTOS = Path(__file__).parent / "protos"
SHARED = ROOT.parent / "shared"
BACKUP = "public/portworx/pds/backup/apiv1/backup.proto"


@functools.cache
def include_dirs() -> tuple[str, ...]:
    """Directories of the well-known types and of google/api, from the installed packages."""
    import grpc_tools

    spec = importlib.util.find_spec("google.api.annotations_pb2")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(next(iter(grpc_tools.__path__))) / "_proto"), str(Path(spec.origin).parents[2])


def compile_protos(
    sources: Mapping[str, str] | Iterable[str], *import_paths: Path | str
) -> list[descriptor_pb2.FileDescriptorProto]:
    """Compile sources given as a mapping of names to texts, or names of files on the import paths."""
    from grpc_tools import protoc

    with tempfile.TemporaryDirectory() as directory:
        paths = [directory, *map(str, import_paths), *include_dirs()]
        if isinstance(sources, Mapping):
            for name, text in sources.items():
                target = Path(directory, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8", newline="")
        out = Path(directory, "set.binpb")
        # Options of source retention too, as plugins get them.
        flags = ["--include_imports", "--include_source_info", "--retain_options", f"--descriptor_set_out={out}"]
        status = protoc.main(["protoc", *(f"-I{path}" for path in paths), *flags, *sources])
        if status:
            raise ValueError("the .proto sources do not compile; protoc's reasons are on stderr")
        return list(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


def make_request(
    files: Iterable[descriptor_pb2.FileDescriptorProto], to_generate: Iterable[str], parameter: str = ""
) -> plugin_pb2.CodeGeneratorRequest:
    """A request as protoc would send it."""
    return plugin_pb2.CodeGeneratorRequest(proto_file=files, file_to_generate=list(to_generate), parameter=parameter)


def run_plugin(
    sources: Mapping[str, str] | Iterable[str],
    parameter: str = "",
    *import_paths: Path | str,
) -> dict[str, str]:
    """Generate in process; the files by path. The response's error is raised as ValueError."""
    names = list(sources)
    response = plugin.respond(make_request(compile_protos(sources, *import_paths), names, parameter))
    if response.error:
        raise ValueError(response.error)
    return {file.name: file.content for file in response.file}


def backup_request(parameter: str = "") -> plugin_pb2.CodeGeneratorRequest:
    """The request for backup.proto alone."""
    return make_request(compile_protos([BACKUP], PROTO_DIR), [BACKUP], parameter)


def write_tree(files: Mapping[str, str], root: Path) -> Path:
    """Write generated files below a directory, as protoc would; the directory."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8", newline="")
    return root
