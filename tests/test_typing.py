"""Generated types in the eyes of mypy --strict and pyright strict: what they accept and what they refuse.

The expected complaints stand in tests/typing/*.{mypy,pyright}.txt; ``UPDATE_TYPING=1`` writes them anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import support
from support import PROTO_DIR, PROTOS, run_plugin

CASES = Path(__file__).parent / "typing"
SCRIPTS = Path(sys.executable).parent
CASES_OF_BOTH = ("{}.py", "{}_services.py")
"""Messages, and services of the two flavours: files of what is accepted and of what is refused."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("typing")
    names = ["orders.proto", "extended.proto"]
    support.write_tree(run_plugin(names, "package=typed,emit=models", PROTOS / "models"), root)
    support.write_tree(run_plugin(["sync/flavours.proto"], "package=flavoured,server=both", PROTOS), root)
    for name in CASES_OF_BOTH:
        for verdict in ("accepted", "refused"):
            shutil.copy(CASES / name.format(verdict), root)
    _configure(root)
    return root


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("edges")
    edge = [path.relative_to(PROTOS / "models").as_posix() for path in sorted((PROTOS / "models").rglob("*.proto"))]
    support.write_tree(run_plugin(edge, "package=edges,emit=models", PROTOS / "models"), root)
    api = [path.relative_to(PROTO_DIR).as_posix() for path in sorted(PROTO_DIR.rglob("*.proto"))]
    support.write_tree(run_plugin(api, "package=portworx,strip_prefix=public/portworx,emit=models", PROTO_DIR), root)
    _configure(root)
    return root


def _configure(root: Path) -> None:
    (root / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.11"}))


def mypy(root: Path, *files: str) -> str:
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version=3.11", "--no-error-summary"]
    command += ["--enable-error-code=deprecated", "--config-file=", f"--cache-dir={root / '.mypy_cache'}", *files]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout


def pyright(root: Path, *files: str) -> str:
    command = [str(SCRIPTS / "pyright"), "--pythonpath", sys.executable, *files]
    output = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout
    # Errors of one line each; what follows them explains.
    lines = [
        line.strip().replace(f"{root}/", "") for line in output.splitlines() if re.match(r"\s*\S+:\d+:\d+ - ", line)
    ]
    return "\n".join(re.sub(r":(\d+):\d+ - ", r":\1: ", line) for line in lines)


def expect(name: str, found: str) -> None:
    path = CASES / name
    if os.environ.get("UPDATE_TYPING"):
        path.write_text(found.rstrip("\n") + "\n", encoding="utf-8")
    assert found.rstrip("\n") == path.read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("cases", CASES_OF_BOTH)
def test_mypy_accepts(project: Path, cases: str) -> None:
    assert mypy(project, cases.format("accepted")) == ""


@pytest.mark.parametrize("cases", CASES_OF_BOTH)
def test_pyright_accepts(project: Path, cases: str) -> None:
    assert pyright(project, cases.format("accepted")) == ""


@pytest.mark.parametrize("cases", CASES_OF_BOTH)
def test_mypy_refuses(project: Path, cases: str) -> None:
    refused = cases.format("refused")
    expect(refused.replace(".py", ".mypy.txt"), mypy(project, refused))


@pytest.mark.parametrize("cases", CASES_OF_BOTH)
def test_pyright_refuses(project: Path, cases: str) -> None:
    refused = cases.format("refused")
    expect(refused.replace(".py", ".pyright.txt"), pyright(project, refused))


@pytest.mark.parametrize("cases", CASES_OF_BOTH)
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_each_mistake_is_refused_by_each_checker(cases: str, checker: str) -> None:
    """Every function of the refused cases has a complaint in the expected output of both."""
    refused = cases.format("refused")
    source = (CASES / refused).read_text(encoding="utf-8").splitlines()
    complaints = (CASES / refused.replace(".py", f".{checker}.txt")).read_text(encoding="utf-8")
    lines = {int(number) for number in re.findall(rf"^{refused}:(\d+): ", complaints, re.MULTILINE)}
    starts = [i for i, line in enumerate(source, 1) if line.startswith(("def ", "async def ", "class "))]
    assert starts
    ends = [*starts[1:], len(source) + 1]
    for start, end in zip(starts, ends, strict=True):
        assert lines & set(range(start, end)), source[start - 1]


def test_mypy_passes_on_generated_models(edges: Path) -> None:
    modules = [*_models(edges, "edges"), *_models(edges, "portworx")]
    assert len(modules) > 40
    output = mypy(edges, *modules)
    assert "".join(line for line in output.splitlines(keepends=True) if _is_ours(line)) == ""


def test_pyright_passes_on_generated_models(edges: Path) -> None:
    modules = [*_models(edges, "edges"), *_models(edges, "portworx")]
    assert pyright(edges, *modules) == ""


def test_all_code_may_use_what_it_marks_as_deprecated(tmp_path: Path) -> None:
    """Messages, enums, members, methods and services, also those of an import."""
    support.write_tree(
        run_plugin(
            {
                "old.proto": """syntax = "proto3"; package old;
                    message Old { option deprecated = true; }
                    enum Kind { option deprecated = true; KIND_UNSPECIFIED = 0; }
                    service Service { option deprecated = true; rpc Get(Old) returns (stream Old); }""",
                "new.proto": """syntax = "proto3"; package new; import public "old.proto";
                    message New { map<int32, old.Kind> kinds = 1; oneof one { string gone = 2 [deprecated = true]; } }
                    service Service { rpc Get(New) returns (old.Old) { option deprecated = true; } }""",
            },
            "package=marked,emit=models,emit=server,emit=client",
        ),
        tmp_path,
    )
    _configure(tmp_path)
    written = [path for path in sorted(tmp_path.rglob("*.py")) if "_runtime" not in path.parts]
    files = [str(path.relative_to(tmp_path)) for path in written]
    assert {path.name for path in written} >= {"models.py", "codec.py", "methods.py", "server.py", "client.py"}
    assert pyright(tmp_path, *files) == ""
    assert [line for line in mypy(tmp_path, *files).splitlines() if "[deprecated]" in line] == []


def _models(root: Path, package: str) -> list[str]:
    found = [*(root / package).rglob("models.py"), *(root / package).rglob("__init__.py")]
    return [str(path.relative_to(root)) for path in sorted(found) if "_runtime" not in path.parts]


def _is_ours(line: str) -> bool:
    return "_runtime/" not in line and not re.search(r"/codec\.py:", line)
