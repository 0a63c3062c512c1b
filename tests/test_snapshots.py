"""Whole generated trees, as a reviewer reads them: the backup API, and one edge-case file for each feature."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import BACKUP, PROTO_DIR, PROTOS, run_plugin
from tree_snapshot import CheckTree

import protoc_gen_pds.runtime

RUNTIME = Path(protoc_gen_pds.runtime.__file__).parent
EDGE_CASES = sorted(path.stem for path in (PROTOS / "tree").glob("*.proto"))


def without_runtime(files: dict[str, str]) -> dict[str, str]:
    """The runtime is the same in every tree; it has a test of its own."""
    return {path: content for path, content in files.items() if "/_runtime/" not in path}


def test_backup_api(check_tree: CheckTree) -> None:
    files = run_plugin([BACKUP], "package=portworx,strip_prefix=public/portworx", PROTO_DIR)
    check_tree(without_runtime(files))


@pytest.mark.parametrize("name", EDGE_CASES)
def test_edge_case(name: str, check_tree: CheckTree) -> None:
    check_tree(without_runtime(run_plugin([f"tree/{name}.proto"], "package=sample", PROTOS)))


def test_services_of_both_flavours(check_tree: CheckTree) -> None:
    check_tree(without_runtime(run_plugin(["sync/flavours.proto"], "package=sample,server=both", PROTOS)))


@pytest.mark.parametrize("server", ["async", "sync"])
def test_each_flavour_alone_is_a_part_of_both(server: str) -> None:
    def content(option: str) -> tuple[dict[str, str], set[str], set[str]]:
        files = without_runtime(run_plugin(["sync/flavours.proto"], f"package=sample{option}", PROTOS))
        changing = {path: files.pop(path) for path in list(files) if path.endswith(("/server.py", "/__init__.py"))}
        written = changing["sample/sync/flavours/server.py"]
        exported = changing["sample/sync/flavours/__init__.py"].partition("__all__ = ")[2]
        return files, set(re.split(r"\n\n\n(?=class|def)", written.rstrip())[1:]), set(re.findall(r'"(\w+)"', exported))

    files, definitions, names = content(f",server={server}")
    all_files, all_definitions, all_names = content(",server=both")
    assert files == all_files
    assert definitions < all_definitions
    assert names < all_names
    assert len(definitions) == len(all_definitions) / 2 == 2
    if server == "async":
        assert content("") == (files, definitions, names)


def test_the_runtime_is_copied_verbatim() -> None:
    files = run_plugin([BACKUP], "package=a.b", PROTO_DIR)
    copied = {path.removeprefix("a/b/_runtime/"): text for path, text in files.items() if "/_runtime/" in path}
    expected = {
        path.relative_to(RUNTIME).as_posix(): path.read_bytes().decode("utf-8") for path in RUNTIME.rglob("*.py")
    }
    assert copied == expected
    assert "message.py" in copied


def test_files_around_the_modules_are_constant() -> None:
    one = run_plugin([BACKUP], "package=x", PROTO_DIR)
    other = run_plugin(["tree/maps.proto"], "package=x", PROTOS)
    shared = one.keys() & other.keys()
    assert {"x/__init__.py", "x/py.typed", "x/_runtime/message.py"} <= shared
    assert [path for path in shared if one[path] != other[path]] == []


@pytest.mark.parametrize(
    ("emit", "modules"),
    [
        ("docs", set()),
        ("models", {"__init__", "models", "codec"}),
        ("validators", {"__init__", "models", "codec", "validators"}),
        ("server", {"__init__", "models", "codec", "methods", "server", "descriptors"}),
        ("client", {"__init__", "models", "codec", "methods", "client"}),
    ],
)
def test_each_output_alone(emit: str, modules: set[str]) -> None:
    files = run_plugin([BACKUP], f"emit={emit},package=x", PROTO_DIR)
    package = "x/" + BACKUP.removesuffix(".proto") + "/"
    found = {path.removeprefix(package) for path in files if path.startswith(package) and path.endswith(".py")}
    assert found == {f"{name}.py" for name in modules}
    assert any(path.endswith(".pb.md") for path in files) == (emit == "docs")
