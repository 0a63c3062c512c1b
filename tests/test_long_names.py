"""Names of any length: generated code stays as the formatter, the linter and the type checkers want it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from invocation import tool
from support import PROTOS, make_request, write_tree
from test_generated_code import complaints

from protoc_gen_pds import plugin
from protoc_gen_pds.compiler import compile_files

LENGTHS = (2, 12, 19, 25, 31, 38, 45, 53, 60, 67, 74, 79, 84, 120)
TYPED = (45, 84)
"""Those that the type checker, which takes longest, sees."""


def sources(length: int) -> dict[str, str]:
    """The .proto files of protos/long with every name of the form ``x_y`` lengthened, file names too."""

    def longer(text: str) -> str:
        return re.sub(r"\b([A-Za-z])_([A-Za-z])\b", lambda name: name[1] + name[2] * length, text)

    files = sorted((PROTOS / "long").glob("*.proto"))
    assert len(files) == 3
    return {f"{longer('d_d')}{length}/{path.name}": longer(path.read_text()) for path in files}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All outputs, for each length."""
    every = {name: text for length in LENGTHS for name, text in sources(length).items()}
    directory = write_tree(every, tmp_path_factory.mktemp("protos"))
    # The command's own compiler: it finds buf/validate/validate.proto.
    request = make_request(compile_files([*every], [str(directory)]), every, "package=long,server=both")
    response = plugin.respond(request)
    assert response.error == ""
    return write_tree({file.name: file.content for file in response.file}, tmp_path_factory.mktemp("long"))


def test_the_formatter_changes_nothing(tree: Path) -> None:
    assert complaints([tool("ruff"), "format", "--isolated", "--no-cache", "--diff", "."], tree) == ""


def test_the_linter_finds_nothing(tree: Path) -> None:
    command = [tool("ruff"), "check", "--isolated", "--no-cache", "--select=E4,E7,E9,F,I", "."]
    assert complaints(command, tree) == ""


def test_the_type_checker_finds_nothing(tree: Path, tmp_path: Path) -> None:
    packages = [argument for length in TYPED for argument in ("-p", f"long.d{'d' * length}{length}")]
    command = [tool("mypy"), "--strict", "--config-file=", f"--cache-dir={tmp_path}", *packages]
    assert complaints(command, tree) == ""
