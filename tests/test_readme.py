"""README.md tells the truth: its options, commands, configuration and code are the program's own."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import fields

import pytest
from support import ROOT

from protoc_gen_pds import cli
from protoc_gen_pds.cli import _parser
from protoc_gen_pds.cli.job import option_choices
from protoc_gen_pds.options import Options

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_table_lists_every_option_with_its_values_and_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", README, re.MULTILINE)
    expected = []
    for field in fields(Options):
        if choices := option_choices(field.name):
            shown = next(values for name, values, _ in rows if name == field.name)
            assert shown == " ".join(f"`{choice}`" for choice in choices)
        default = f"`{field.default}`" if field.default else ("all" if field.name == "emit" else "none")
        expected.append((field.name, default))
    assert [(name, default) for name, _, default in rows] == expected


def test_every_command_line_parses() -> None:
    lines = [line for block in blocks("console") for line in block.splitlines() if line.startswith("protoc-gen-pds ")]
    assert len(lines) >= 5
    for line in lines:
        arguments = shlex.split(line, comments=True)[1:]
        parser, chosen = _parser(arguments)
        assert chosen is not None, line
        parser.parse_args(arguments)


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert (
        set(re.findall(r"\bmake (\w[\w-]*)", " ".join(re.findall(r"`make [\w-]+`|^make [\w-]+", README, re.M))))
        <= targets
    )


def test_the_configuration_is_this_repositorys() -> None:
    (text,) = blocks("toml")
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["protoc-gen-pds"]
    assert tomllib.loads(text)["tool"]["protoc-gen-pds"] == ours


def test_the_buf_sample_is_this_repositorys() -> None:
    assert blocks("yaml")[0] == (ROOT / "buf.gen.yaml").read_text()


def test_the_hook_exists() -> None:
    hooks = re.findall(r"- id: (\S+)", (ROOT / ".pre-commit-hooks.yaml").read_text())
    assert set(re.findall(r"- id: (\S+)", README)) <= set(hooks)


def test_the_code_runs() -> None:
    (code,) = blocks("python")
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_command_is_mentioned() -> None:
    assert [command.name for command in cli.COMMANDS if f"protoc-gen-pds {command.name}" not in README] == []
