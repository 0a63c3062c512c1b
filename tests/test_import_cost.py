"""What importing generated models costs: less than the official modules, and never gRPC."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import support
from support import BACKUP, PROTO_DIR, include_dirs, run_plugin

MODELS = "portworx.pds.backup.apiv1.backup"
ROUNDS = 9


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = [path.relative_to(PROTO_DIR).as_posix() for path in sorted(PROTO_DIR.rglob("*.proto"))]
    files = run_plugin(names, "package=portworx,strip_prefix=public/portworx", PROTO_DIR)
    return support.write_tree(files, tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from grpc_tools import protoc

    root = tmp_path_factory.mktemp("official")
    names = [path.relative_to(PROTO_DIR).as_posix() for path in sorted(PROTO_DIR.rglob("*.proto"))]
    paths = [f"-I{path}" for path in (PROTO_DIR, *include_dirs())]
    assert protoc.main(["protoc", *paths, f"--python_out={root}", *names]) == 0
    return root


def modules_after(root: Path, code: str) -> set[str]:
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"]
    return set(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split())


def cpu_seconds(root: Path, code: str) -> float:
    """CPU time of a fresh interpreter that runs the code, in user and system mode."""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("module", [MODELS, f"{MODELS}.models"])
def test_models_import_little(tree: Path, module: str) -> None:
    loaded = modules_after(tree, f"import {module}")
    assert f"{MODELS}.models" in loaded
    heavy = {
        "grpc",
        "google.protobuf",
        "dataclasses",
        "inspect",
        "json",
        "asyncio",
        "datetime",
    }
    # site may import some of them for .pth files of the environment.
    assert not (heavy & loaded) - modules_after(tree, "")
    assert not any(name.startswith(f"{MODELS}.") and not name.endswith(".models") for name in loaded)
    assert not any("._runtime.rpc" in name or "._runtime.validation" in name for name in loaded)


def test_the_codec_comes_with_the_first_use_and_without_grpc(tree: Path) -> None:
    loaded = modules_after(tree, f"from {MODELS} import Backup\nBackup.from_bytes(Backup().to_bytes())")
    assert f"{MODELS}.codec" in loaded
    assert not any(name == "grpc" or name.startswith(("grpc.", "google.protobuf")) for name in loaded)


def test_models_import_faster_than_the_official_modules(tree: Path, official: Path) -> None:
    """CPU time beyond that of an empty interpreter, in interleaved rounds; measured ratio 0.65."""
    ours, theirs = f"import {MODELS}.models", f"import {BACKUP.removesuffix('.proto').replace('/', '.')}_pb2"
    for root, code in ((tree, ours), (official, theirs)):
        cpu_seconds(root, code)
    rounds = [(cpu_seconds(tree, ""), cpu_seconds(tree, ours), cpu_seconds(official, theirs)) for _ in range(ROUNDS)]
    empty, ours_time, theirs_time = (statistics.median(times) for times in zip(*rounds, strict=True))
    assert ours_time - empty < 0.9 * (theirs_time - empty)
