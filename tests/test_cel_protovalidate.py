"""Expressions that users write in rules, judged by protovalidate: what holds, what is broken and what is an error.

Each is the rule of a message of its own, checked on a filled message and on an empty one. An error of the
generator counts as the error that protovalidate raises when it runs.
"""

from __future__ import annotations

import importlib
import json
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
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "old.proto";
enum E { ZERO = 0; ONE = 1; }
message Inner { int32 x = 1; }
"""
MESSAGE = """
message M%d {
  option (buf.validate.message).cel = { id: "r", message: "broken", expression: %s };
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
EXPRESSIONS = """
this.any.x == 1
has(this.any)
has(this.any.x)
this.any.inner.x == 3
this.any.type_url == 'x'
this.ts > google.protobuf.Timestamp{seconds: 5}
this.ts == google.protobuf.Timestamp{seconds: 7, nanos: 0}
this.ts - google.protobuf.Timestamp{seconds: 3} == duration('4s')
duration('1h') > google.protobuf.Duration{seconds: 3}
[google.protobuf.Timestamp{seconds: 7}].exists(t, t == this.ts)
this.times['k'] == this.ts
this.times.k > timestamp('1970-01-01T00:00:00Z')
this.times.all(k, this.times[k] < now)
this.inner == probe.Inner{x: 1}
this.inner == .probe.Inner{x: 1}
this.inner == Inner{x: 1}
this.inner == null
this.inners == [probe.Inner{x: 1}]
probe.Inner{}.x == 0
probe.Inner{y: 1}.x == 0
probe.Inner{x: 3000000000}.x == 1
probe.Inner{x: this.n}.x == 1
google.rpc.Status{}.code == 0
google.protobuf.Int64Value{value: 5} == 5
google.protobuf.BoolValue{value: true}
google.protobuf.Struct{fields: {'a': 1.0}} == {'a': 1.0}
google.protobuf.Value{string_value: 'x'} == 'x'
google.protobuf.ListValue{values: [1.0]} == this.lst
google.protobuf.FieldMask{paths: ['a']} == this.fm
SELF{s: this.s, w: this.w, ts: this.ts, e: this.e, inners: this.inners, map: this.map}.map == this.map
SELF{any: this.inner}.any == this.inner
SELF{any: 1u}.any == 1u
SELF{st: {'a': this.n}}.st.a == this.n
SELF{ts: timestamp('1970-01-01T00:00:07Z')} == SELF{ts: this.ts}
SELF{times: {'k': this.ts}}.times.k == this.ts
SELF{w: null}.w == null
SELF{w: 5}.w == 5
SELF{inner: null} == SELF{}
SELF{v: 1}.v == 1.0
SELF{v: null}.v == null
SELF{lst: [1, 'a', null]}.lst.size() == 3
SELF{s: 5}.s == ''
SELF{e: 5}.e == 5
SELF{u: 5}.u == 5u
SELF{u: 5u}.u == 5u
has(SELF{s: ''}.s)
has(SELF{w: 0}.w)
type(SELF{}) == SELF
type(1) == int
type(this.e) == int
type(this.w) == int
type(this.u) == uint
type(dyn(this.u)) == uint
type(dyn(this.w)) == null_type
type(this.ts) == google.protobuf.Timestamp
type(type(1)) == type
dyn(SELF{s: 'x'}).s == 'x'
dyn(SELF{}).inner.x == 0
has(dyn(SELF{}).inner)
has(dyn(this).inner)
dyn(this).ts == this.ts
dyn(this).inners[0].x == 1
dyn(this).map.k == 1
dyn(this).w == 1
dyn(this).u + 1u == 4u
dyn(this).zzz == 1
dyn(this.n) + 1.0 > 1.0
dyn(this.ts) + duration('1s') > timestamp('1970-01-01T00:00:05Z')
this.w > 0
this.w + 1 > 1
this.w == null || this.w > 3
!(this.w in [1, 2])
[this.w, 1].all(x, x > 0)
{'a': this.w}.a > 0
(has(this.w) ? this.w : 5) > 3
string(this.w) == ''
this.v == null
this.v == 1.0
this.v > 0.0
this.v + 'a' == 'b'
this.v.foo == 1
int(this.v) == 1
this.v in [1.0]
this.lst[0] == 1.0
this.lst.all(x, x > 0.0)
this.st.a + 1.0 == 2.0
this.st.a + 1 == 2
-this.st.a < 0.0
this.st.a > 0
this.st.b > 'a'
this.st.b.startsWith('x')
this.st.b.matches('^x')
this.st.b.size() == 2
this.st.exists(k, k == 'a')
this.st == {'a': 1.0, 'b': 'xy'}
duration(this.st.b) == duration('1s')
timestamp(this.s) == this.ts
this.s.matches(this.n > 1.0 ? '^a' : '^b')
['^a', '^b', '^c', '^d', '^e', '^f', '^g', '^h', '^i', '^j'].exists(p, this.s.matches(p))
this.s.matches('(')
this.s in this.map
this.map['k'] == 1
this.map.k == 1
1 == 1.0
1 == 1u
this.ts.getFullYear('Europe/Paris') == 1970
'%s'.format([this.inner]) == ''
math.greatest(1, 2) == 2
optional.of(1).hasValue()
cel.bind(a, 1, a == 1)
sets.contains([1], [1])
[3, 1].sort() == [1, 3]
this.inners.all(i, x, x.x == 1)
startsWith(this.s, 'a')
this.s.string() == 'abc'
base64.encode(b'a') == 'YQ=='
[1, 2] in this.map
this.lst in this.map
dyn(this.lst) in this.map
this.map[dyn(this.lst)] == 1
this.map[dyn('k')] == 1
{dyn(this.lst): 1}.size() == 1
{dyn(this.s): 1}.size() == 1
['x', dyn(this.n)].join('-') == 'x-y'
['x', dyn(this.s)].join('-') == 'x-abc'
'%.1001f'.format([this.n]) == ''
this.s.replace('', 'x') == 'xaxbxcx'
this.s.matches(dyn(1))
has(this.old.`old.note`)
has(this.old.`old.tags`)
has(this.old.`old.missing`)
this.old.`old.note`.startsWith('h')
this.old.`old.note` == '' || this.old.`old.note` == 'hi'
this.old.`old.level` == 7
this.old.`old.kind` == 3
this.old.`old.second` == 4
this.old.`old.tags`.all(t, t != '')
this.old.`old.tags`.size() == 2
this.old.`old.part`.x == 1
this.old.`old.part` == old.Part{x: 1}
this.old.`old.seen` == this.ts
this.old.`old.count` == null || this.old.`old.count` == 5
this.old.`old.Base.Scope.flag`
this.`old.note` == 'hi'
this.old.`old.missing` == 1
dyn(this.old).`old.note` == 'hi'
has(dyn(this.old).`old.tags`)
dyn(this.old).`old.missing` == 'hi'
""".strip().splitlines()

OTHERWISE: dict[str, tuple[str, str]] = {
    "this.e == probe.E.ONE": (
        "[True, False]",
        'constants of enums are CEL; protovalidate 2.1.0 fails with: No value with name "probe"',
    ),
    "this.any == probe.Inner{x: 1}": ("[True, False]", "an Any that is not set is null, as CEL's own tests have it"),
    "type(this.any) == probe.Inner": ("[True, False]", "the same"),
    "SELF{any: this.any}.any == this.any": ("[True, True]", "the same"),
    "strings.quote('a') == '\"a\"'": ("[True, True]", "part of CEL's strings extension"),
    "this.s.matches(this.s)": ("['error', 'error']", "a pattern must be known when code is generated"),
}
"""Where our answers are others, and why."""


@pytest.fixture
def probe(tmp_path: Path, import_tree: Any) -> Any:
    pytest.importorskip("protovalidate", reason="NOT TESTED: protovalidate is not installed")
    expressions = [*EXPRESSIONS, *OTHERWISE]
    sources = [e.replace("SELF", f"probe.M{i}") for i, e in enumerate(expressions)]
    text = HEAD + "".join(MESSAGE % (i, json.dumps(source)) for i, source in enumerate(sources))
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
        [tool("ruff"), "format", "--isolated", "--no-cache", "--check", "probed"],
        [tool("mypy"), "--strict", "--config-file=", f"--cache-dir={tmp_path}", "-p", "probed"],
        [tool("pyright"), "--pythonpath", sys.executable, "probed"],
    ):
        done = subprocess.run(command, cwd=root.parent, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _theirs(files: list[descriptor_pb2.FileDescriptorProto], count: int) -> list[list[Any]]:
    import protovalidate

    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    found = []
    for i in range(count):
        cls = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"probe.M{i}"))
        filled = json_format.ParseDict(FILLED, cls(), descriptor_pool=pool)
        found.append([_outcome(protovalidate.collect_violations, m, Exception) for m in (filled, cls())])
    return found


def _ours(count: int) -> list[list[Any]]:
    module = importlib.import_module("probed.probe")
    error: Any = importlib.import_module("probed._runtime.validation").RuleError
    found = []
    for i in range(count):
        cls = getattr(module, f"M{i}")
        filled = cls.from_json(json.dumps(FILLED))
        found.append([_outcome(module.violations, m, error) for m in (filled, cls())])
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
    assert [e for e in OTHERWISE if answers[e][0] == answers[e][1]] == [], "no difference any more: move it up"
