"""``protoc-gen-pds init service``: the project that it writes runs, and is never overwritten."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
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

WITH_HTTP = """
syntax = "proto3";
package shop.v1;
import "buf/validate/validate.proto";
import "google/api/annotations.proto";
message Book { string name = 1 [(buf.validate.field).string.min_len = 3]; }
service Uploads { rpc Upload(stream Book) returns (Book) { option (google.api.http) = { post: "/v1/up" body: "*" }; } }
service Shop {
  rpc Ping(Book) returns (Book);
  rpc GetBook(Book) returns (Book) { option (google.api.http) = { get: "/v1/{name=shelves/*/books/**}:read" }; }
}
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
    "README.md",
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


@pytest.fixture(params=["async", "sync"])
def with_http(protos: Path, request: pytest.FixtureRequest) -> Path:
    (protos / "proto/shop/shop.proto").write_text(WITH_HTTP)
    assert init("--to", "both", "--server", request.param) == 0
    return protos / "both"


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
    tools = Path(sys.executable).parent
    run(project, tools / "ruff", "format", "--check")
    run(project, tools / "ruff", "check", "--select", "E4,E7,E9,F,I")
    assert "Success" in run(project, tools / "mypy")
    assert " 0 errors" in f" {run(project, tools / 'pyright', '--pythonpath', sys.executable)}"


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


@pytest.mark.parametrize("file", ["proto/shop/shop.proto", "shop/shop.proto"])
def test_a_project_of_one_file_has_what_that_imports(
    protos: Path, file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Types of types, and those of an installed package; not files that declare options alone, nor others."""
    sources = {
        "shop/shop.proto": 'import "shop/book.proto"; import "google/api/annotations.proto";'
        " service Shop { rpc GetBook(Book) returns (Book); }",
        "shop/book.proto": 'import "common/color.proto"; import "google/type/date.proto";'
        " message Book { Color color = 1; google.type.Date date = 2; }",
        "common/color.proto": 'import public "common/base.proto"; enum Color { RED = 0; }',
        "common/base.proto": "message Base {}",
        "common/unused.proto": "message Unused {}",
    }
    for name, source in sources.items():
        path = protos / "proto" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'syntax = "proto3"; package shop.v1; {source}')
    assert cli.main(["init", "service", "-I", "proto", "--package", "acme", "--to", "p", file]) == 0
    project = protos / "p"
    generated = {path.parent.name for path in project.rglob("generated/**/models.py")}
    assert generated == {"shop", "book", "color", "base", "date"}
    check_its_test(project, 1)
    table = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["protoc-gen-pds"]
    names = ("common/base.proto", "common/color.proto", "shop/book.proto")
    assert table["files"][0] == "../proto/shop/shop.proto"
    assert sorted(table["files"][1:]) == [*(f"../proto/{name}" for name in names), "google/type/date.proto"]
    monkeypatch.chdir(project)
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


@pytest.mark.parametrize(("flavour", "extras"), [("async", ["fast"]), ("sync", [])])
def test_the_image_of_an_async_service_has_uvloop(protos: Path, flavour: str, extras: list[str]) -> None:
    assert init("--to", "image", "--server", flavour) == 0
    installs = re.findall(r"^RUN pip install .*$", (protos / "image/Dockerfile").read_text(), re.MULTILINE)
    assert [re.findall(r"\[(\w+)\]", line) for line in installs] == [extras]
    table = tomllib.loads((protos / "image/pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(table) == {*extras, "dev"}
    assert any("uvloop" in needed for needed in table.get("fast", ())) == bool(extras)


@contextmanager
def program(project: Path, **variables: str) -> Iterator[list[str]]:
    """Its main.py, with what it has logged until it served; then it drains."""
    process = subprocess.Popen(
        [sys.executable, "main.py"],
        cwd=project,
        env={**environment(), "ADDRESS": "127.0.0.1:0", **variables},
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []
    try:
        assert process.stderr is not None
        for line in iter(process.stderr.readline, ""):
            lines.append(line)
            if "serving on" in line:
                break
        yield lines
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()


def found(pattern: str, lines: list[str]) -> str:
    return next(match[1] for line in lines if (match := re.search(pattern, line)))


def test_the_program_serves_and_drains(project: Path) -> None:
    with program(project) as lines, grpc.insecure_channel(found(r"serving on (\S+)", lines)) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
    assert answer.status == 1


def test_a_project_with_http_offers_both_ports(with_http: Path) -> None:
    check_its_test(with_http, 3)
    check_its_code(with_http)
    with program(with_http, HTTP_ADDRESS="127.0.0.1:0") as lines:
        connection = HTTPConnection(found(r"serving HTTP on (\S+)", lines), timeout=10)
        connection.request("GET", "/v1/shelves/1/books/2/3:read")
        assert connection.getresponse().status == 501
        connection.close()
    with program(with_http, HTTP_ADDRESS="") as lines:
        assert "HTTP" not in "".join(lines)


def test_image_manifest_and_readme_know_of_http(protos: Path, with_http: Path) -> None:
    def texts(project: Path) -> tuple[str, str, str]:
        deployment, service = yaml.safe_load_all((project / "k8s.yaml").read_text())
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert {port["targetPort"]: port["port"] for port in service["spec"]["ports"]} == ports
        exposed = next(line for line in (project / "Dockerfile").read_text().splitlines() if "EXPOSE" in line)
        assert exposed == f"EXPOSE {' '.join(map(str, ports.values()))}"
        dependencies = tomllib.loads((project / "pyproject.toml").read_text())["project"]["dependencies"]
        read = (project / "README.md").read_text()
        variables = set(re.findall(r'environ\.get\("(\w+)"', (project / "main.py").read_text()))
        names = (line.split("|")[1] for line in read.splitlines() if line.startswith("| `"))
        assert variables == set(re.findall(r"[A-Z_]+", " ".join(names)))
        return " ".join(ports), " ".join(dependencies), read

    (protos / "proto/shop/shop.proto").write_text(PROTO)
    assert init("--to", "one") == 0
    ports, dependencies, read = texts(protos / "one")
    assert (ports, "uvicorn" in dependencies, "curl localhost:8080" in read) == ("grpc", False, False)
    ports, dependencies, read = texts(with_http)
    assert (ports, "uvicorn" in dependencies, "curl localhost:8080" in read) == ("grpc http", True, True)


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
