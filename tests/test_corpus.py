"""Real APIs that nobody wrote for us: google/api, google/rpc, google/type and all of google/protobuf."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import support
from support import compile_protos, include_dirs, make_request

from protoc_gen_pds import plugin

PACKAGE = "corpus_under_test"
SCRIPTS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    found = [path.relative_to(root).as_posix() for root in include_dirs() for path in Path(root).rglob("*.proto")]
    names = sorted({name for name in found if name.startswith("google/")})
    response = plugin.respond(make_request(compile_protos(names), names, f"package={PACKAGE},emit=models"))
    assert response.error == ""
    root = support.write_tree({file.name: file.content for file in response.file}, tmp_path_factory.mktemp("corpus"))
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def models(tree: Path) -> list[Path]:
    return [path for path in sorted(tree.rglob("models.py")) if "_runtime" not in path.parts]


def test_everything_is_imported(tree: Path, models: list[Path]) -> None:
    assert len(models) > 50
    for path in models:
        for module in ("models", "codec"):
            importlib.import_module(".".join((*path.parent.relative_to(tree).parts, module)))


def test_models_are_formatted_and_linted(models: list[Path]) -> None:
    files = [str(file) for path in models for file in (path, path.parent / "__init__.py")]
    for command in (["format", "--isolated", "--check"], ["check", "--isolated", "--extend-select", "I"]):
        result = subprocess.run([str(SCRIPTS / "ruff"), *command, *files], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def test_descriptors_survive_byte_for_byte(tree: Path) -> None:
    """protoc writes descriptors in the order of field numbers, as our encoder does."""
    descriptor = importlib.import_module(f"{PACKAGE}.google.protobuf.descriptor")
    names = [f"google/protobuf/{stem}.proto" for stem in ("descriptor", "api", "type", "compiler/plugin")]
    checked = 0
    for file in compile_protos(names):
        data = file.SerializeToString(deterministic=True)
        assert descriptor.FileDescriptorProto.from_bytes(data).to_bytes() == data
        checked += 1
    assert checked >= len(names)


def test_no_top_level_google_package_is_written(tree: Path) -> None:
    assert {path.name for path in tree.iterdir()} == {PACKAGE}
