"""``protoc-gen-pds init service``: the project that it writes runs, and is never overwritten."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import grpc
import pytest
import yaml
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

HOSTILE = """
syntax = "proto3";
package class.import;
message serve { string a = 1; }
message Config { string a = 1; }
message CallContext { message AsyncIterator { string a = 1; } }
message Unimplemented { string b = 1; }
message running { string b = 1; }
// Quotes \"\"\" and backslashes \\n.
service main {
  rpc Import(serve) returns (Config);
  rpc Binding(Unimplemented) returns (stream running);
  rpc SELF(CallContext.AsyncIterator) returns (CallContext);
}
service serve_ { rpc serve(stream .class.import.serve) returns (.class.import.serve); }
service class { rpc from(Config) returns (Config); }
service Handlers { rpc Handlers(Config) returns (Config); }
service tests { rpc pytest(running) returns (running); }
service Config_ { rpc Config(.class.import.Config) returns (.class.import.Config); }
service asyncio { rpc os(Config) returns (Config); }
service __init__ { rpc __init__(Config) returns (Config); }
service logging { rpc abc(Config) returns (Config); }
service ServerTls { rpc GetX(Config) returns (Config); }
service Empty {}
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
HOSTILE_FILES = {
    *(path for path in FILES if "handlers/s" not in path),
    *(
        f"handlers/{name}.py"
        for name in (
            *("main", "serve_", "class_", "handlers", "tests", "config_", "asyncio", "__init___", "logging"),
            *("server_tls", "empty"),
        )
    ),
}


def init(*arguments: str) -> int:
    return cli.main(["init", "service", "-I", "proto", "--package", "acme", *arguments, "proto"])


@pytest.fixture
def protos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "proto/shop").mkdir(parents=True)
    (tmp_path / "proto/shop/shop.proto").write_text(PROTO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=["async", "sync"])
def project(protos: Path, request: pytest.FixtureRequest) -> Path:
    assert init("--to", "My Shop", "--server", request.param) == 0
    return protos / "My Shop"


@pytest.fixture(params=["async", "sync"])
def hostile(protos: Path, request: pytest.FixtureRequest) -> Path:
    (protos / "proto/shop/shop.proto").unlink()
    (protos / "proto/hostile-names.proto").write_text(HOSTILE)
    assert init("--to", "hostile", "--server", request.param) == 0
    return protos / "hostile"


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": "generated", "PYTHONDONTWRITEBYTECODE": "1"}


def run(project: Path, *command: str | Path, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=project, env={**environment(), **variables}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def own_files(project: Path) -> set[str]:
    written = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    return {path for path in written if not path.startswith("generated/")}


def check_its_test(project: Path, count: int) -> None:
    output = run(project, sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert f"{count} passed" in output
    assert "warning" not in output.lower()


def check_its_code(project: Path) -> None:
    """Formatter, linter and both type checkers are content with every module that was written."""
    paths = ["main.py", "handlers", "tests"]
    tools = Path(sys.executable).parent
    run(project, tools / "ruff", "format", "--isolated", "--check", *paths)
    run(project, tools / "ruff", "check", "--isolated", "--select", "E4,E7,E9,F,I", *paths)
    run(project, tools / "mypy", "--strict", "--config-file=", *paths, MYPYPATH="generated")
    settings = {"typeCheckingMode": "strict", "extraPaths": ["generated"], "exclude": ["generated"]}
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    run(project, tools / "pyright", "--pythonpath", sys.executable, *paths)


def test_the_project_has_its_files_and_its_own_test_passes(project: Path) -> None:
    assert own_files(project) == FILES
    assert (project / "generated/acme/shop/shop/server.py").is_file()
    check_its_test(project, 2)


def test_the_project_is_formatted_and_typed(project: Path) -> None:
    check_its_code(project)


def test_hostile_names(hostile: Path) -> None:
    assert own_files(hostile) == HOSTILE_FILES
    check_its_test(hostile, 11)
    check_its_code(hostile)


def test_the_project_knows_how_it_was_generated(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.parent / "rules.yaml").write_text("shop.v1.Book: {fields: {id: {required: true}}}\n")
    monkeypatch.chdir(project)
    assert cli.main(["check"]) == 0
    monkeypatch.chdir(project.parent)
    assert init("--to", "deep/er", "--rules", "rules.yaml", "--emit", "server", "--emit", "client") == 0
    table = tomllib.loads((project.parent / "deep/er/pyproject.toml").read_text())["tool"]["protoc-gen-pds"]
    assert table == {
        "import_paths": ["../../proto"],
        "files": ["../../proto"],
        "out": "generated",
        "options": {"package": "acme", "rules": "../../rules.yaml", "emit": ["server", "client"]},
    }
    monkeypatch.chdir(project.parent / "deep/er")
    assert cli.main(["check"]) == 0
    assert "are current" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("directory", "name"),
    [("My Shop", "my-shop"), ("1.shop", "service-1-shop"), ("_", "service"), ("x" * 62 + "-yy", "x" * 62)],
)
def test_manifest_and_image_fit_each_other(protos: Path, directory: str, name: str) -> None:
    assert init("--to", directory) == 0
    project = protos / directory
    deployment, service = yaml.safe_load_all((project / "k8s.yaml").read_text())
    labels = deployment["spec"]["selector"]["matchLabels"]
    assert labels == deployment["spec"]["template"]["metadata"]["labels"] == service["spec"]["selector"]
    assert deployment["metadata"]["name"] == service["metadata"]["name"] == labels["app"] == name
    assert tomllib.loads((project / "pyproject.toml").read_text())["project"]["name"] == name
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (port,) = container["ports"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"] == {"port": port["containerPort"]}
    seconds = {variable["name"]: float(variable["value"]) for variable in container["env"]}
    assert pod["terminationGracePeriodSeconds"] > seconds["GRACE_SECONDS"] + seconds["DRAIN_DELAY_SECONDS"]
    dockerfile = (project / "Dockerfile").read_text()
    assert f"EXPOSE {port['containerPort']}\n" in dockerfile
    copied = re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE)
    assert all((project / path).exists() for path in copied)
    assert {"generated", "handlers", "main.py"} <= set(copied)
    read = set(re.findall(r'environ\.get\("(\w+)"', (project / "main.py").read_text()))
    assert set(seconds) <= read


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
    (project / "main.py").write_text("mine")
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert init("--to", "My Shop") == 2
    assert "main.py" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_neither_generated_code_nor_a_link_is_overwritten(protos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = protos / "p/generated/acme/shop/shop/server.py"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    assert init("--to", "p") == 2
    assert "generated/acme/shop/shop/server.py: already in p; nothing was written" in capsys.readouterr().err
    assert [path for path in (protos / "p").rglob("*") if path.is_file()] == [kept]
    kept.unlink()
    (protos / "p/main.py").symlink_to(protos / "elsewhere.py")
    assert init("--to", "p") == 2
    assert "main.py: already in p" in capsys.readouterr().err
    assert not (protos / "elsewhere.py").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--out", "elsewhere"], "leave out --out"),
        (["--option", "server=threads"], 'option server: "threads" is not one of async, sync, both'),
    ],
)
def test_what_is_refused(protos: Path, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert init("--to", "p", *arguments) == 2
    assert reason in capsys.readouterr().err
    assert not (protos / "p").exists()


def test_a_package_of_the_projects_own_name_is_refused(protos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init", "service", "-I", "proto", "--package", "handlers.api", "--to", "p", "proto"]) == 2
    assert 'option package: "handlers" is a module of the project itself' in capsys.readouterr().err


def test_protos_without_a_service_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["init", "service", "-I", str(PROTO_DIR), "--to", str(tmp_path / "x"), "--package", "acme"]
    assert cli.main([*arguments, str(PROTO_DIR / "public/portworx/common/apiv1/sort.proto")]) == 2
    assert "there is no service" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_the_backup_api_scaffolds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(["init", "service", "--to", str(tmp_path / "pds")]) == 0
    assert "class BackupService(BackupServiceBase):" in (tmp_path / "pds/handlers/backup_service.py").read_text()
