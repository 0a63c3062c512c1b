"""Generated code as its users' tools see it: importable, formatted, clean under linter and strict type checkers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from invocation import API, tool
from support import PROTO_DIR, PROTOS, run_plugin, write_tree

PACKAGES = ("portworx", "sample", "sync", "both")
EDGE_CASES = sorted(path.relative_to(PROTOS).as_posix() for path in (PROTOS / "tree").glob("*.proto"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The API, the edge cases and services of each flavour, each in a package of its own."""
    root = tmp_path_factory.mktemp("generated")
    write_tree(run_plugin(API, "package=portworx,strip_prefix=public/portworx", PROTO_DIR), root)
    write_tree(run_plugin(EDGE_CASES, "package=sample", PROTOS), root)
    for server in ("sync", "both"):
        services = ["sync/flavours.proto", "sync/collisions.proto", "tree/services.proto", "tree/oneofs.proto"]
        write_tree(run_plugin(services, f"package={server},server={server}", PROTOS), root)
    return root


def complaints(command: Sequence[str], directory: Path) -> str:
    """What a tool has to say where it is not content."""
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def modules(tree: Path) -> list[str]:
    return sorted(
        ".".join(path.relative_to(tree).with_suffix("").parts).removesuffix(".__init__") for path in tree.rglob("*.py")
    )


def test_every_module_imports_by_itself(tree: Path) -> None:
    """Each in a state of its own: no module needs another one to be imported first."""
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        f"    for other in [m for m in sys.modules if m.partition('.')[0] in {PACKAGES}]:\n"
        "        del sys.modules[other]\n"
    )
    names = [name for name in modules(tree) if "_runtime" not in name]
    assert len(names) > 60
    assert complaints([sys.executable, "-W", "error", "-c", script, *names], tree) == ""


def test_ruff_would_format_nothing(tree: Path) -> None:
    assert complaints([tool("ruff"), "format", "--isolated", "--no-cache", "--diff", "."], tree) == ""


def test_short_descriptors_and_huge_messages(tmp_path: Path) -> None:
    """A descriptor that fits in a line; a message that is too large for pyright to follow."""
    fields = "".join(f"  {('string', 'Tiny', 'repeated bytes')[n % 3]} f{n} = {n};\n" for n in range(1, 301))
    sources = {
        "tiny.proto": 'syntax = "proto3";\nmessage Tiny { string a = 1; }\n',
        "huge.proto": (
            f'syntax = "proto3";\nimport "tiny.proto";\nmessage Huge {{\n{fields}}}\n'
            "service S { rpc Do(Huge) returns (Tiny); }\n"
        ),
    }
    write_tree(run_plugin(sources, "package=huge"), tmp_path)
    assert complaints([tool("ruff"), "format", "--isolated", "--no-cache", "--diff", "huge"], tmp_path) == ""
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    assert complaints([tool("pyright"), "--pythonpath", sys.executable, "huge/huge", "huge/tiny"], tmp_path) == ""


def test_ruff_finds_nothing(tree: Path) -> None:
    command = [
        tool("ruff"),
        "check",
        "--isolated",
        "--no-cache",
        "--output-format=concise",
        "--select=E4,E7,E9,F,I",
        ".",
    ]
    assert complaints(command, tree) == ""


def test_mypy_strict_finds_nothing(tree: Path, tmp_path: Path) -> None:
    packages = [argument for package in PACKAGES for argument in ("-p", package)]
    command = [tool("mypy"), "--strict", "--config-file=", f"--cache-dir={tmp_path}", *packages]
    assert complaints(command, tree) == ""


def test_pyright_strict_finds_nothing(tree: Path) -> None:
    (tree / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [tool("pyright"), "--pythonpath", sys.executable, *PACKAGES]
    assert complaints(command, tree) == ""


SERVED = """\
import asyncio
from app.vendored.renamed._runtime.rpc.testing import running
from app.vendored.renamed.common.apiv1.meta import Meta
from app.vendored.renamed.pds.backup.apiv1.backup import Backup, BackupServiceBase, GetBackupRequest


class Service(BackupServiceBase):
    async def get_backup(self, request, context):
        return Backup(meta=Meta(uid=request.id))


async def main():
    async with running(Service()) as client:
        assert (await client.get_backup(GetBackupRequest(id="1"))).meta.uid == "1"


asyncio.run(main())
"""


def test_the_package_works_under_another_name_and_depth(tree: Path, tmp_path: Path) -> None:
    """Vendoring is copying: no module knows what the directory is called."""
    target = tmp_path / "app" / "vendored" / "renamed"
    target.parent.mkdir(parents=True)
    (tree / "portworx").rename(target)
    try:
        names = [name for name in modules(tmp_path) if "_runtime" not in name]
        assert "app.vendored.renamed.pds.backup.apiv1.backup.models" in names
        script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
        assert complaints([sys.executable, "-c", script, *names], tmp_path) == ""
        assert complaints([sys.executable, "-c", SERVED], tmp_path) == ""
    finally:
        target.rename(tree / "portworx")
