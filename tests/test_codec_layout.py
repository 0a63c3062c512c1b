"""Generated codecs are what ``ruff format`` makes of them, however long names are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import support

TYPES = (
    *("double", "float", "int32", "int64", "uint32", "sint32", "fixed64", "bool", "string", "bytes", "E", "M"),
    *("google.protobuf.Timestamp", "google.protobuf.StringValue", "google.protobuf.Value", "google.protobuf.Struct"),
)
NAMES = [
    ("S", "f"),
    ("MediumLongMessageName", "a_medium_long_name"),
    ("ARatherLongMessageNameForADeployment", "a_rather_longer_name_in_here"),
    ("S", "a_very_long_field_name_that_goes_on_an"),
]


def _fields(prefix: str, syntax: str) -> Iterator[str]:
    number = 0
    for type_ in TYPES:
        short = type_.rpartition(".")[2].lower()
        for label in ("optional", "repeated", *([""] if syntax == "proto3" else [])):
            number += 1
            yield f"{label} {type_} {prefix}_{short}_{label or 'plain'} = {number};"
        for key in ("int32", "string", "bool"):
            number += 1
            yield f"map<{key}, {type_}> {prefix}_map_{key}_{short} = {number};"
    yield f"oneof {prefix}_pick {{"
    for type_ in TYPES:
        number += 1
        yield f"{type_} {prefix}_one_{type_.rpartition('.')[2].lower()} = {number};"
    yield "}"


@pytest.mark.parametrize("syntax", ["proto2", "proto3"])
@pytest.mark.parametrize(("message", "prefix"), NAMES)
def test_codecs_are_formatted_whatever_the_names(tmp_path: Path, message: str, prefix: str, syntax: str) -> None:
    fields = "\n".join(_fields(prefix, syntax))
    imports = "".join(f'import "google/protobuf/{name}.proto";' for name in ("timestamp", "wrappers", "struct"))
    nested = f"enum E {{ ZERO = 0; ONE = 1; }} message M {{ optional {message} x = 1; }}"
    source = f'syntax = "{syntax}"; package long; {imports} message {message} {{ {nested}\n{fields}\n}}'
    files = support.run_plugin({"long.proto": source}, "package=long,emit=models")
    codec = tmp_path / "codec.py"
    codec.write_text(files["long/long/codec.py"], encoding="utf-8")
    for command in (["format", "--isolated", "--diff"], ["check", "--isolated"]):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, codec], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr
