"""Layout: literals that cannot become code, docstrings, and the order of names."""

from __future__ import annotations

import ast
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protoc_gen_pds.python import layout

RUFF = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")

texts = st.text(st.one_of(st.sampled_from("\"'\\ \n\t{}#ax\0\r\u202e\u2028\xa0"), st.characters(codec="utf-8")))


def assert_stable(source: str, tmp_path: Path) -> None:
    """The formatter, with its defaults, has nothing to change."""
    path = tmp_path / "generated.py"
    path.write_text(source, encoding="utf-8")
    result = subprocess.run(
        [RUFF, "format", "--isolated", "--diff", str(path)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@given(texts)
def test_string_literals_hold_their_text(text: str) -> None:
    assert ast.literal_eval(layout.string(text)) == text


@pytest.mark.parametrize("value", [0.0, 0.1, -2.5, 1e16, -1e300, 1e-7])
def test_doubles(value: float, tmp_path: Path) -> None:
    assert ast.literal_eval(layout.double(value)) == value
    assert_stable(f"x = {layout.double(value)}\n", tmp_path)


@given(st.binary())
def test_bytes_literals_hold_their_bytes(data: bytes) -> None:
    assert ast.literal_eval(layout.bytes_literal(data)) == data


@given(texts, st.sampled_from([0, 4, 8]))
@example('"', 0)
@example('"""', 0)
@example('""""', 4)
@example("\\", 4)
@example('\\"', 4)
@example('x """', 4)
@example('""" + __import__("os") + """', 0)
def test_a_docstring_is_one_string_and_nothing_else(text: str, indent: int) -> None:
    source = layout.docstring(text, indent=indent)
    tree = ast.parse(source)
    assert len(tree.body) == 1
    assert isinstance(tree.body[0], ast.Expr)
    value = ast.literal_eval(source)
    assert isinstance(value, str)
    assert all(line.isprintable() for line in source.split("\n"))


@given(st.text(st.sampled_from("ab \"'\\.,(){}"), max_size=200))
def test_a_docstring_keeps_the_words(text: str) -> None:
    assert ast.literal_eval(layout.docstring(text, indent=4)).split() == text.split()


def test_literals_are_stable_under_the_formatter(tmp_path: Path) -> None:
    choose = random.Random(5)
    source = []
    for _ in range(400):
        text = "".join(choose.choices(['"', "'", "\\", " ", "\n", "x", "\0", "é"], k=choose.randrange(8)))
        data = text.encode("latin-1")
        literals = layout.string(text), layout.bytes_literal(data)
        assert tuple(map(ast.literal_eval, literals)) == (text, data)
        source += [f"x = {literal}" for literal in literals]
    assert_stable("\n".join([*source, ""]), tmp_path)


def test_long_lines_are_wrapped_and_blocks_are_not() -> None:
    text = f"{'word ' * 30}\n\n- {'item ' * 30}\n\n    {'code ' * 30}"
    lines = layout.docstring(text, indent=4).splitlines()
    code = [line for line in lines if "code" in line]
    assert len(code) == 1
    assert all(len(line) <= 88 for line in lines if line not in code)
    assert sum(line.startswith("      item") for line in lines) == 1


def test_docstrings_are_stable_under_the_formatter(tmp_path: Path) -> None:
    choose = random.Random(1)
    alphabet = ['"', "'", "\\", " ", "\n", "\t", "word", "another", "-", "1.", "é", "\u202e", "    ", '"""']
    source = []
    for i in range(400):
        text = "".join(choose.choices(alphabet, k=choose.randrange(1, 60)))
        source.append(f"class C{i}:\n    {layout.docstring(text, indent=4)}\n")
    assert_stable("\n\n".join(source), tmp_path)


def test_comment_text() -> None:
    assert layout.comment_text(" One.\n   Two.\n") == "One.\n  Two."
    assert layout.comment_text("*\n * One.\n *\n * Two.\n") == "One.\n\nTwo."
    assert layout.comment_text(" One.\n (-- api-linter: x\n     y --)\n") == "One."
    assert layout.comment_text(" (-- all --)") == ""


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["b", "a"], ["a", "b"]),
        (["a10", "a9", "a1"], ["a1", "a9", "a10"]),
        (["B", "a", "A_B", "_"], ["A_B", "B", "_", "a"]),
    ],
)
def test_natural_order(names: list[str], ordered: list[str]) -> None:
    assert layout.natural_order(names) == ordered


def test_orders_are_those_of_the_linter(tmp_path: Path) -> None:
    choose = random.Random(3)
    pieces = ["a", "b", "A", "B", "_", "1", "2", "10", "01", "x9", "Zz"]
    source = []
    for i in range(200):
        names = {"n" + "".join(choose.choices(pieces, k=3)) for _ in range(6)}
        items = "".join(f'        "{name}",\n' for name in layout.natural_order(names))
        source.append(f"class C{i}:\n    __slots__ = (\n{items}    )\n")
    names = {"".join(choose.choices([*pieces, "FOO"], k=3)).lstrip("0123456789") for _ in range(80)} - {""}
    source.append("__all__ = [\n" + "".join(f'    "{name}",\n' for name in layout.member_order(names)) + "]\n")
    path = tmp_path / "generated.py"
    path.write_text("\n\n".join(source), encoding="utf-8")
    result = subprocess.run(
        [RUFF, "check", "--isolated", "--preview", "--select", "RUF022,RUF023", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[:3000]
