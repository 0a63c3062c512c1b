"""Expressions that users write in rules, judged by protovalidate: what holds, what is broken and what is an error.

Each is the rule of a message of its own that holds another, ``this``: a filled one, and an empty one. An error of
the generator counts as the error that protovalidate raises when it runs.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import support
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from invocation import tool

from protoc_gen_pds import plugin
from protoc_gen_pds.compiler import compile_files

OLD = """
syntax = "proto2";
package old;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Base { extensions 100 to 199; message Scope { extend Base { optional bool flag = 108; } } }
enum Kind { FIRST = 3; SECOND = 4; }
message Part { optional int32 x = 1; }
extend Base {
  optional string note = 100;
  optional int32 level = 101 [default = 7];
  optional Kind kind = 102;
  repeated string tags = 103;
  optional Part part = 104;
  optional google.protobuf.Timestamp seen = 105;
  optional google.protobuf.Int64Value count = 106;
  optional Kind second = 107 [default = SECOND];
}
"""
HEAD = """
syntax = "proto3";
package probe;
import "buf/validate/validate.proto";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "old.proto";
enum E { ZERO = 0; ONE = 1; }
message Inner { int32 x = 1; }
message M {
  google.protobuf.Any any = 1;
  google.protobuf.Timestamp ts = 2;
  Inner inner = 3;
  E e = 4;
  string s = 5;
  google.protobuf.Struct st = 6;
  google.protobuf.Value v = 7;
  double n = 8;
  google.protobuf.Int64Value w = 9;
  map<string, int32> map = 10;
  google.protobuf.ListValue lst = 11;
  repeated Inner inners = 12;
  google.protobuf.FieldMask fm = 13;
  map<string, google.protobuf.Timestamp> times = 14;
  uint32 u = 15;
  old.Base old = 16;
  google.protobuf.UInt64Value uw = 17;
  google.protobuf.BoolValue bw = 18;
  google.protobuf.StringValue sw = 19;
  google.protobuf.Duration d = 20;
  repeated uint32 us = 21;
  repeated double ns = 22;
  repeated google.protobuf.Timestamp moments = 23;
  map<bool, string> bools = 24;
  map<uint32, uint32> counts = 25;
  bytes raw = 26;
  int64 i = 27;
  bool b = 28;
  optional int32 o = 29;
  oneof choice { string left = 30; Inner right = 31; }
}
"""
RULE = """
message R%d {
  option (buf.validate.message).cel = { id: "r", message: "broken", expression: %s };
  M m = 1;
}
"""
FILLED = {
    "any": {"@type": "type.googleapis.com/probe.Inner", "x": 1},
    "ts": "1970-01-01T00:00:07Z",
    "inner": {"x": 1},
    "e": "ONE",
    "s": "abc",
    "st": {"a": 1, "b": "xy"},
    "v": 1,
    "n": 1,
    "w": "1",
    "map": {"k": 1},
    "lst": [1],
    "inners": [{"x": 1}],
    "fm": "a",
    "times": {"k": "1970-01-01T00:00:07Z"},
    "u": 3,
    "uw": "7",
    "bw": False,
    "sw": "xyz",
    "d": "90s",
    "us": [1, 2],
    "ns": [0.5, 2],
    "moments": ["1970-01-01T00:00:07Z"],
    "bools": {"true": "yes"},
    "counts": {"1": 2},
    "raw": "AP8=",
    "i": "-9223372036854775808",
    "b": True,
    "o": 0,
    "right": {"x": 2},
    "old": {
        "[old.note]": "hi",
        "[old.level]": 0,
        "[old.kind]": "SECOND",
        "[old.tags]": ["a", "b"],
        "[old.part]": {"x": 1},
        "[old.seen]": "1970-01-01T00:00:07Z",
        "[old.count]": "5",
        "[old.Base.Scope.flag]": True,
    },
}
EXPRESSIONS = [
    line
    for line in Path(__file__).with_name("cel_expressions.txt").read_text().splitlines()
    if not line.startswith("#")
]

OTHERWISE: dict[str, tuple[str, str]] = {
    "this.e == probe.E.ONE": (
        "[True, False]",
        'constants of enums are CEL; protovalidate 2.1.0 fails with: No value with name "probe"',
    ),
    "this.s == 1": ("['error', 'error']", "operands that nothing can make equal are a mistake"),
    "this.s in {1: 'a'}": ("['error', 'error']", "the same"),
    "1 in [true]": ("['error', 'error']", "the same"),
    "1 in this.bools": ("['error', 'error']", "the same"),
    "1 in {true: 2}": ("['error', 'error']", "the same"),
    "this.b in [1, 2]": ("['error', 'error']", "the same"),
    "this.s in [1, 2]": ("['error', 'error']", "the same"),
    "this.u in [true]": ("['error', 'error']", "the same"),
    "timestamp(0) in [0, 1]": ("['error', 'error']", "the same"),
    "true in [1]": ("['error', 'error']", "the same"),
    "true in this.counts": ("['error', 'error']", "the same"),
    "true in {1: 2}": ("['error', 'error']", "the same"),
    "this.s.size() > 3 && this.s[0] == 'a'": ("['error', 'error']", "the same; texts have no elements"),
    "'%f'.format([this.u]) == '3.000000'": ("[True, False]", "CEL's own tests write ints and uints with %f"),
    "this.any == probe.Inner{x: 1}": ("[True, False]", "an Any that is not set is null, as CEL's own tests have it"),
    "type(this.any) == probe.Inner": ("[True, False]", "the same"),
    "this.any == this.inner": ("[True, False]", "the same"),
    "this.any in this.inners": ("[True, False]", "the same"),
    "SELF{any: this.any}.any == this.any": ("[True, True]", "the same"),
    "strings.quote('a') == '\"a\"'": ("[True, True]", "part of CEL's strings extension"),
    "this.s.matches(this.s)": ("['error', 'error']", "a pattern must be known when code is generated"),
    "SELF{st: null} == SELF{}": ("['error', 'error']", "CEL's own tests have an error"),
    "SELF{st: dyn(null)} == SELF{}": ("['error', 'error']", "the same"),
    "SELF{lst: null} == SELF{}": ("['error', 'error']", "the same"),
    "SELF{any: null} == SELF{}": ("[True, True]", "CEL's own tests have null there, which is nothing"),
    "this.e == 'ONE'": ("['error', 'error']", "operands that nothing can make equal are a mistake"),
    "{1: 1, 1u: 2}.size() == 1": ("['error', 'error']", "numbers that are equal are one key"),
    "{dyn(1): 1, dyn(1u): 2}.size() == 1": ("['error', 'error']", "the same"),
    "{this.u: 'a', 3: 'b'}.size() == 2": ("['error', True]", "the same"),
    "{this.i: 1, this.u: 2}.size() == 2": ("[True, 'error']", "the same"),
    "this.counts[1] == 2u": (
        "[True, 'error']",
        "the same; CEL's own tests find them, protovalidate 2.1.0 does not in fields of uint32",
    ),
    "this.counts[1.0] == 2u": ("[True, 'error']", "the same"),
    "this.counts[dyn(1.0)] == 2u": ("[True, 'error']", "the same"),
    "dyn(this.counts)[1] == 2u": ("[True, 'error']", "the same"),
    "SELF{v: this.inner}.v.x == 1.0": ("[True, 'error']", "CEL's own tests make JSON of messages in a Value"),
    "uint('+1') == 1u": ("['error', 'error']", "as cel-go reads numbers"),
    "double(' 1') == 1.0": ("['error', 'error']", "the same"),
    "double('0x1p3') == 8.0": ("['error', 'error']", "doubles are in decimals"),
    "timestamp('2024-01-01t00:00:00z').getHours() == 0": ("['error', 'error']", "as cel-go and JSON read times"),
    "timestamp('2024-01-01T00:00:60Z').getHours() == 0": ("['error', 'error']", "the same"),
    "string(0.1) == '0.1'": (
        "[True, True]",
        "CEL leaves the text of doubles and of parts of a second open; ours is cel-go's",
    ),
    "string(1e21) == '1e+21'": ("[False, False]", "the same"),
    "string(duration('1.5s')) == '1.5s'": ("[True, True]", "the same"),
    "string(timestamp('2020-01-01T00:00:00.100Z')) == '2020-01-01T00:00:00.1Z'": ("[True, True]", "the same"),
    "'%s'.format([1e21]) == '1000000000000000000000'": ("[True, True]", "the same"),
    "'%d'.format([1.5]) == '1.5'": ("[True, True]", "the same"),
    "'%s'.format([duration('1.5s')]) == '1.5s'": ("[True, True]", "the same"),
    "'%s'.format([duration('-0.5s')]) == '-0.5s'": ("[True, True]", "the same"),
}
"""Where our answers are others, and why."""


@pytest.fixture
def probe(tmp_path: Path, import_tree: Any) -> Any:
    pytest.importorskip("protovalidate", reason="NOT TESTED: protovalidate is not installed")
    expressions = [*EXPRESSIONS, *OTHERWISE]
    sources = [re.sub(r"\bthis\b", "this.m", e).replace("SELF", "probe.M") for e in expressions]
    text = HEAD + "".join(RULE % (i, json.dumps(source)) for i, source in enumerate(sources))
    (tmp_path / "probe.proto").write_text(text)
    (tmp_path / "old.proto").write_text(OLD)
    files = compile_files(["probe.proto"], [str(tmp_path)])
    request = support.make_request(
        files, ["old.proto", "probe.proto"], "emit=validators,on_rule_error=raise,package=probed"
    )
    response = plugin.respond(request)
    assert not response.error
    import_tree({file.name: file.content for file in response.file}, "probed.probe")
    return files, expressions


def test_the_code_is_clean_under_strict_type_checkers(probe: Any, tmp_path: Path) -> None:
    """Message literals and overloads that are chosen at run time too."""
    root = Path(importlib.import_module("probed").__file__ or "").parent
    (root.parent / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    for command in (
        [tool("ruff"), "format", "--isolated", "--no-cache", "--check", "probed/probe/validators.py"],
        [tool("mypy"), "--strict", "--config-file=", f"--cache-dir={tmp_path}", "-m", "probed.probe.validators"],
        [tool("pyright"), "--pythonpath", sys.executable, "probed/probe/validators.py"],
    ):
        done = subprocess.run(command, cwd=root.parent, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _theirs(files: list[descriptor_pb2.FileDescriptorProto], count: int) -> list[list[Any]]:
    import protovalidate

    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    found = []
    for i in range(count):
        cls = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"probe.R{i}"))
        both = [json_format.ParseDict({"m": m}, cls(), descriptor_pool=pool) for m in (FILLED, {})]
        found.append([_outcome(protovalidate.collect_violations, m, Exception) for m in both])
    return found


def _ours(count: int) -> list[list[Any]]:
    module = importlib.import_module("probed.probe")
    error: Any = importlib.import_module("probed._runtime.validation").RuleError
    found = []
    for i in range(count):
        cls = getattr(module, f"R{i}")
        both = [cls.from_dict({"m": m}) for m in (FILLED, {})]
        found.append([_outcome(module.violations, m, error) for m in both])
    return found


def _outcome(check: Any, message: Any, error: type[Exception]) -> Any:
    try:
        return not check(message)
    except error:
        return "error"


def test_expressions_of_users(probe: Any) -> None:
    files, expressions = probe
    ours, theirs = _ours(len(expressions)), _theirs(files, len(expressions))
    answers = {e: (mine, other) for e, mine, other in zip(expressions, ours, theirs, strict=True)}
    assert {e: answers[e] for e in EXPRESSIONS if answers[e][0] != answers[e][1]} == {}
    assert {e: str(answers[e][0]) for e in OTHERWISE} == {e: expected for e, (expected, _) in OTHERWISE.items()}
    document = (support.ROOT / "docs" / "validation.md").read_text()
    assert f"- {len(expressions):,} expressions as users write them" in document
    assert f"lists the {len(OTHERWISE)} that differ" in document
    assert [e for e in OTHERWISE if answers[e][0] == answers[e][1]] == [], "no difference any more: move it up"
