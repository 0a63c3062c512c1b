"""What the generator is measured on: synthetic files of any size, and the real ones that the installation has."""

from __future__ import annotations

import sys
from pathlib import Path

from google.protobuf.compiler import plugin_pb2

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support import compile_protos, include_dirs, make_request

FIELDS = 20

_TYPES = (
    "string", "int64", "bool", "double", "bytes", "Kind", "M0", "repeated string", "repeated M0", "map<string, int32>",
    "optional string", "sint32", "fixed64", "repeated int32", "map<int32, M0>", "optional Kind",
)  # fmt: skip

_RULES = {
    "string": "string: {min_len: 1, pattern: '^[a-z][a-z0-9-]*$'}",
    "int64": "int64: {gte: 0, lt: 1000000}",
    "double": "double: {finite: true}",
    "bytes": "bytes: {max_len: 64}",
    "Kind": "enum: {defined_only: true}",
    "repeated string": "repeated: {unique: true, items: {string: {uuid: true}}}",
    "map<string, int32>": "map: {max_pairs: 10, keys: {string: {min_len: 1}}}",
    "sint32": "cel: [{id: even, message: must be even, expression: this % 2 == 0}]",
}
"""Rules of an overlay by the type of a field."""

_METHOD = 'rpc Get{0}(M{0}) returns (M{0}) {{\n    option (google.api.http) = {{get: "/m/{0}"}};\n  }}\n'


def messages(count: int) -> plugin_pb2.CodeGeneratorRequest:
    """One file of so many messages of 20 fields, of mixed types and with a comment each; all outputs."""
    return _request({"synthetic.proto": _file(count)}, "package=synthetic")


def everything(count: int, directory: Path) -> plugin_pb2.CodeGeneratorRequest:
    """The same with rules for half of all fields, an rpc for every fifth message, and rich documents."""
    rpcs = "".join(f"  // Gets.\n  {_METHOD.format(index)}" for index in range(0, count, 5))
    source = _file(count, 'import "google/api/annotations.proto";\n') + f"\nservice Everything {{\n{rpcs}}}\n"
    overlay = directory / f"{count}.rules.yaml"
    overlay.write_text(_overlay(count), encoding="utf-8")
    return _request({"synthetic.proto": source}, f"package=synthetic,docs=rich,rules={overlay}")


def files(count: int) -> plugin_pb2.CodeGeneratorRequest:
    """So many files of one message, which all import the first."""
    sources = {"f0.proto": _file(1)}
    for index in range(1, count):
        body = f"message N{index} {{\n  M0 m = 1;\n  string name = 2;\n}}\n"
        sources[f"f{index}.proto"] = f'syntax = "proto3";\npackage synthetic;\nimport "f0.proto";\n{body}'
    return _request(sources, "package=synthetic")


def corpus() -> list[str]:
    """Names of protobuf's own files and of all of googleapis-common-protos."""
    roots = map(Path, include_dirs())
    return sorted({path.relative_to(root).as_posix() for root in roots for path in root.glob("google/**/*.proto")})


def _request(sources: dict[str, str], parameter: str) -> plugin_pb2.CodeGeneratorRequest:
    return make_request(compile_protos(sources), sources, parameter)


def _type(message: int, number: int) -> str:
    return _TYPES[(message + number) % len(_TYPES)]


def _file(count: int, imports: str = "") -> str:
    parts = [f'syntax = "proto3";\npackage synthetic;\n{imports}\nenum Kind {{\n  KIND_UNSPECIFIED = 0;\n}}\n']
    for index in range(count):
        fields = "".join(
            f"  // Field {number}.\n  {_type(index, number)} field_{number} = {number};\n"
            for number in range(1, FIELDS + 1)
        )
        parts.append(f"\n// Message {index}.\nmessage M{index} {{\n{fields}}}\n")
    return "".join(parts)


def _overlay(count: int) -> str:
    lines = ["synthetic.proto:"]
    for index in range(count):
        for number in range(1, FIELDS + 1):
            rules = _RULES.get(_type(index, number))
            if rules:
                lines.append(f"  synthetic.M{index}.field_{number}: {{{rules}}}")
    return "\n".join(lines) + "\n"
