"""``protoc-gen-pds init service``: the project that it writes runs, and is never overwritten."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support import PROTO_DIR, ROOT

from protoc_gen_pds import cli

PROTO = """
syntax = "proto3";
package shop.v1;
import "google/protobuf/empty.proto";
message Book { message Id { string id = 1; } Id id = 1; }
// Sells books.
service Shop {
  // Gets one.
  rpc GetBook(Book.Id) returns (Book);
  rpc Ping(google.protobuf.Empty) returns (google.protobuf.Empty);
  rpc Watch(Book.Id) returns (stream Book);
  rpc Upload(stream Book) returns (Book.Id);
  rpc Chat(stream Book) returns (stream Book);
}
service Streams { rpc Watch(Book.Id) returns (stream Book); }
"""

FILES = {
    "Dockerfile",
    "handlers/__init__.py",
    "handlers/shop.py",
    "handlers/streams.py",
    "k8s.yaml",
    "main.py",
    "pyproject.toml",
    "tests/test_service.py",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "proto/shop").mkdir(parents=True)
    (tmp_path / "proto/shop/shop.proto").write_text(PROTO)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init", "service", "-I", "proto", "--package", "acme", "--to", "My Shop", "proto"]) == 0
    return tmp_path / "My Shop"


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": "generated", "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_project_has_its_files_and_its_own_test_passes(project: Path) -> None:
    written = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    assert {path for path in written if not path.startswith("generated/")} == FILES
    assert "generated/acme/shop/shop/server.py" in written
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_project_is_formatted_and_typed(project: Path) -> None:
    paths = ["main.py", "handlers", "tests"]
    tools = Path(sys.executable).parent
    subprocess.run([tools / "ruff", "format", "--isolated", "--check", *paths], cwd=project, check=True, timeout=60)
    subprocess.run(
        [tools / "ruff", "check", "--isolated", "--select", "E4,E7,E9,F,I", *paths], cwd=project, check=True, timeout=60
    )
    subprocess.run(
        [tools / "mypy", "--strict", "main.py", "handlers"],
        cwd=project,
        env={**environment(), "MYPYPATH": "generated"},
        check=True,
        timeout=120,
    )


def test_the_program_serves_and_drains(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "main.py"],
        cwd=project,
        env={**environment(), "ADDRESS": "127.0.0.1:0"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        address = next(found[1] for line in lines if (found := re.search(r"serving on (\S+)", line)))
        with grpc.insecure_channel(address) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert answer.status == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()


def test_nothing_is_overwritten(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    (project / "main.py").write_text("mine")
    capsys.readouterr()
    assert cli.main(["init", "service", "-I", "proto", "--package", "acme", "--to", "My Shop", "proto"]) == 2
    assert "main.py" in capsys.readouterr().err
    assert (project / "main.py").read_text() == "mine"
    assert {path: path.read_bytes() for path in before if path.name != "main.py"} == {
        path: content for path, content in before.items() if path.name != "main.py"
    }


def test_protos_without_a_service_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["init", "service", "-I", str(PROTO_DIR), "--to", str(tmp_path / "x"), "--package", "acme"]
    assert cli.main([*arguments, str(PROTO_DIR / "public/portworx/common/apiv1/sort.proto")]) == 2
    assert "there is no service" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_the_backup_api_scaffolds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(["init", "service", "--to", str(tmp_path / "pds")]) == 0
    assert "class BackupService(BackupServiceBase):" in (tmp_path / "pds/handlers/backup_service.py").read_text()
