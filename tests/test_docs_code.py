"""The code in docs/ and in README.md works: it runs, type-checks, and prints what stands beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import PROTO_DIR, ROOT, run_plugin, write_tree

from protoc_gen_pds import cli

SHOP = """
syntax = "proto3";
package shop.v1;
import "google/api/annotations.proto";
message Book { string name = 1; }
message GetBookRequest { string name = 1; }
message ListBooksRequest {}
service Shop {
  rpc GetBook(GetBookRequest) returns (Book) { option (google.api.http) = { get: "/v1/{name=books/*}" }; }
  rpc ListBooks(ListBooksRequest) returns (stream Book);
}
"""


def blocks(path: str, language: str) -> list[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [block for name, block in found if name == language]


def test_servers_and_clients_type_check(tmp_path: Path) -> None:
    write_tree(run_plugin({"shop/v1/shop.proto": SHOP}, "package=acme,server=both"), tmp_path)
    service, sync, client, http, test = blocks("docs/server.md", "python")
    sources = {"shop": service, "sync_shop": sync, "client": client, "http_shop": http, "test_shop": test}
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *(f"{name}.py" for name in sources)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == f"Success: no issues found in {len(sources)} source files\n"


def test_the_test_in_the_server_document_passes(tmp_path: Path) -> None:
    write_tree(run_plugin({"shop/v1/shop.proto": SHOP}, "package=acme"), tmp_path)
    service, _, _, _, test = blocks("docs/server.md", "python")
    handler = "return Book(name=request.name)"
    service, raised = re.subn(r"raise NotFound\(.*\)", handler, service.replace("serve(Shop())", ""))
    assert raised == 1
    (tmp_path / "shop.py").write_text(service)
    (tmp_path / "test_shop.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_models() -> None:
    code, match, _, _ = blocks("docs/models.md", "python")
    exec(compile(code + match, "models.md", "exec"), {})


def test_pydantic_in_the_models_document(tmp_path: Path) -> None:
    write_tree(run_plugin({"shop/v1/shop.proto": SHOP}, "package=acme,emit=models"), tmp_path)
    (code,) = (block for block in blocks("docs/models.md", "python") if "import pydantic" in block)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_violations_are_as_written_beside_them() -> None:
    (code,) = blocks("docs/validation.md", "python")
    imports, _, calls = code.partition("\n\n")
    names: dict[str, object] = {}
    exec(imports, names)
    for line in calls.splitlines():
        call, _, expected = line.partition("  # ")
        try:
            found = repr(eval(call, names))
        except ValueError as error:
            found = f"{type(error).__name__}: {error}"
        assert found == expected


def test_rules_of_the_validation_document_generate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (proto,) = blocks("docs/validation.md", "proto")
    (overlay,) = blocks("docs/validation.md", "yaml")
    shutil.copytree(PROTO_DIR, tmp_path / "proto")
    monkeypatch.chdir(tmp_path)
    Path("own").mkdir()
    Path("own/own.proto").write_text(f'syntax = "proto3";\n{proto}')
    Path("rules.yaml").write_text(overlay)
    assert cli.main(["generate", "-I", "own", "--out", "own", "own"]) == 0
    assert "must be at most 128 characters" in Path("own/pds_api/own/validators.py").read_text()
    assert cli.main(["generate", "-I", "proto", "--out", "out", "--rules", "rules.yaml", "proto"]) == 0


def test_explain_prints_what_the_document_shows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (shown,) = (block for block in blocks("docs/validation.md", "") if block.startswith("$ "))
    command, _, expected = shown.removeprefix("$ protoc-gen-pds ").replace("\\\n", "").partition("\n")
    assert cli.main(command.split()) == 0
    assert capsys.readouterr().out == expected


def test_protoc_as_in_the_readme_gives_this_repositorys_files(tmp_path: Path) -> None:
    (block,) = (block for block in blocks("README.md", "console") if "--pds_out=generated \\" in block)
    shutil.copytree(PROTO_DIR, tmp_path / "proto")
    (tmp_path / "generated").mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["sh", "-e", "-c", block], cwd=tmp_path, env={**os.environ, "PATH": path}, check=True)
    written = [file.relative_to(tmp_path) for file in (tmp_path / "generated").rglob("*") if file.is_file()]
    assert any(file.name == "backup.pb.md" for file in written)
    assert [file for file in written if (ROOT / file).read_bytes() != (tmp_path / file).read_bytes()] == []
