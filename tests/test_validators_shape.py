"""The shape layer: every value that the types do not admit is a violation with its path, never a traceback."""

from __future__ import annotations

import decimal
import fractions
import functools
import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import support

SHAPES = """
syntax = "proto3";
package shapes;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";

enum Color { COLOR_UNSPECIFIED = 0; RED = 1; }

message Inner { string text = 1; }

message All {
  int32 i32 = 1;
  sint64 i64 = 2;
  uint32 u32 = 3;
  fixed64 u64 = 4;
  float f32 = 5;
  double f64 = 6;
  bool flag = 7;
  string text = 8;
  bytes data = 9;
  Color color = 10;
  Inner inner = 11;
  optional int32 maybe = 12;
  repeated int32 numbers = 13;
  repeated Inner inners = 14;
  map<string, Inner> by_name = 15;
  map<int32, string> by_number = 16;
  map<bool, Color> by_flag = 17;
  oneof choice {
    string name = 18;
    Inner message = 19;
  }
  google.protobuf.Timestamp time = 20;
  google.protobuf.Duration span = 21;
  google.protobuf.Any any = 22;
  google.protobuf.FieldMask mask = 23;
  google.protobuf.Struct object = 24;
  google.protobuf.Value value = 25;
  google.protobuf.ListValue list = 26;
  google.protobuf.Int32Value wrapped = 27;
  repeated google.protobuf.StringValue wraps = 28;
  string class = 29;
}

message Tree { Tree child = 1; repeated Tree children = 2; Fork fork = 3; }
message Fork { Tree left = 1; }
"""

SHAPES2 = """
syntax = "proto2";
package shapes2;
enum Size { SMALL = 1; LARGE = 2; }
message Old {
  required string name = 1;
  optional Size size = 2;
  optional group Part = 3 { optional string text = 1; }
}
"""


@functools.cache
def _files() -> dict[str, str]:
    return support.run_plugin({"shapes.proto": SHAPES, "shapes2.proto": SHAPES2}, "emit=validators")


@pytest.fixture
def shapes(import_tree: Any) -> ModuleType:
    module: ModuleType = import_tree(_files(), "pds_api.shapes")
    return module


def _found(shapes: ModuleType, **values: Any) -> list[tuple[str, str]]:
    return [(v.field, v.rule_id) for v in shapes.violations(shapes.All(**values))]


CASES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"i32": 2**31}, [("i32", "shape.range")]),
    ({"i32": -(2**31)}, []),
    ({"i32": "1"}, [("i32", "shape.type")]),
    ({"i32": 1.0}, [("i32", "shape.type")]),
    ({"i32": None}, [("i32", "shape.type")]),
    ({"i64": 2**63}, [("i64", "shape.range")]),
    ({"i64": -(2**63)}, []),
    ({"i64": 10**5000}, [("i64", "shape.range")]),
    ({"u32": -1}, [("u32", "shape.range")]),
    ({"u32": 2**32 - 1}, []),
    ({"u64": 2**64}, [("u64", "shape.range")]),
    ({"f32": 1e39}, [("f32", "shape.range")]),
    ({"f32": 3.4028234663852886e38}, []),
    ({"f32": float("inf")}, []),
    ({"f32": float("nan")}, []),
    ({"f32": 1}, []),
    ({"f64": 10**400}, [("f64", "shape.range")]),
    ({"f64": "1.5"}, [("f64", "shape.type")]),
    ({"flag": 1}, [("flag", "shape.type")]),
    ({"text": b"x"}, [("text", "shape.type")]),
    ({"text": "a\ud800"}, [("text", "shape.utf8")]),
    ({"text": "käse"}, []),
    ({"data": "x"}, [("data", "shape.type")]),
    ({"data": bytearray(b"x")}, []),
    ({"color": "RED"}, [("color", "shape.type")]),
    ({"color": 1}, []),
    ({"color": 2**31}, [("color", "shape.range")]),
    ({"inner": 5}, [("inner", "shape.type")]),
    ({"maybe": None}, []),
    ({"maybe": 2**31}, [("maybe", "shape.range")]),
    ({"numbers": "12"}, [("numbers", "shape.type")]),
    ({"numbers": [1, None, 2**31]}, [("numbers[1]", "shape.type"), ("numbers[2]", "shape.range")]),
    ({"numbers": (1, 2)}, []),
    ({"inners": [None]}, [("inners[0]", "shape.type")]),
    ({"by_name": [1]}, [("by_name", "shape.type")]),
    ({"by_name": {"a": 1}}, [('by_name["a"]', "shape.type")]),
    ({"by_name": {'"': None}}, [('by_name["\\""]', "shape.type")]),
    ({"by_name": {"\ud800": None}}, [('by_name["\\ud800"]', "shape.utf8"), ('by_name["\\ud800"]', "shape.type")]),
    ({"by_number": {"1": "x"}}, [('by_number["1"]', "shape.type")]),
    ({"by_number": {2**31: "x"}}, [("by_number[2147483648]", "shape.range")]),
    ({"by_flag": {True: None}}, [("by_flag[true]", "shape.type")]),
    ({"choice": "name"}, [("choice", "shape.member")]),
    ({"time": 5}, [("time", "shape.type")]),
    ({"object": {"a": {1: 2}}}, [('object.fields["a"].fields', "shape.type")]),
    ({"object": {"a": [None, {"b": {}}, object]}}, [('object.fields["a"].values[2]', "shape.type")]),
    ({"object": []}, [("object", "shape.type")]),
    ({"value": "\ud800"}, [("value", "shape.utf8")]),
    ({"value": [True, 1, 1.5, "x", None]}, []),
    ({"list": {"a": 1}}, [("list", "shape.type")]),
    ({"wrapped": 2**31}, [("wrapped", "shape.range")]),
    ({"wraps": ["x", None]}, [("wraps[1]", "shape.type")]),
    ({"class_": 1}, [("class", "shape.type")]),
]


def test_a_value_of_a_wrong_shape(shapes: ModuleType) -> None:
    assert [_found(shapes, **values) for values, _ in CASES] == [expected for _, expected in CASES]


def test_a_message_with_violations_cannot_be_encoded_and_one_without_can(shapes: ModuleType) -> None:
    for values, expected in CASES:
        message = shapes.All(**values)
        if expected:
            with pytest.raises(ValueError, match=r"."):
                message.to_bytes()
        else:
            message.to_bytes()


def test_members_of_a_oneof(shapes: ModuleType) -> None:
    assert _found(shapes, choice=shapes.All.Name("x")) == []
    assert _found(shapes, choice=shapes.All.Name(1)) == [("name", "shape.type")]
    assert _found(shapes, choice=shapes.All.Message(shapes.Inner(text=3))) == [("message.text", "shape.type")]


def test_well_known_types(shapes: ModuleType) -> None:
    from pds_api._runtime import wkt

    assert _found(shapes, time=wkt.Timestamp(seconds="x")) == [("time.seconds", "shape.type")]
    assert _found(shapes, time=wkt.Timestamp(seconds=2**63)) == [("time.seconds", "shape.range")]
    assert _found(shapes, span=wkt.Duration(nanos=2**31)) == [("span.nanos", "shape.range")]
    assert _found(shapes, span=wkt.Timestamp()) == [("span", "shape.type")]
    assert _found(shapes, any=wkt.Any(type_url=1, value="x")) == [
        ("any.type_url", "shape.type"),
        ("any.value", "shape.type"),
    ]
    assert _found(shapes, mask=wkt.FieldMask(paths=["a", 1])) == [("mask.paths[1]", "shape.type")]
    assert shapes.violations(wkt.StringValue(value="x")) == []
    assert [v.field for v in shapes.violations(wkt.StringValue(value=1))] == ["value"]
    assert [v.field for v in shapes.violations(wkt.Struct(fields={"a": object}))] == ['fields["a"]']


def test_a_set_attribute_is_checked_as_well(shapes: ModuleType) -> None:
    message = shapes.All()
    message.numbers = None
    message.by_name = None
    assert [(v.field, v.message) for v in shapes.violations(message)] == [
        ("numbers", "must be a list, got None"),
        ("by_name", "must be a dict, got None"),
    ]


def test_proto2(import_tree: Any) -> None:
    old = import_tree(_files(), "pds_api.shapes2")
    assert [(v.field, v.rule_id) for v in old.violations(old.Old())] == [("name", "shape.required")]
    assert [(v.field, v.rule_id) for v in old.violations(old.Old(name="x", size=3))] == [("size", "shape.range")]
    assert old.violations(old.Old(name="x", size=2)) == []
    assert [v.field for v in old.violations(old.Old(name="x", part=old.Old.Part(text=1)))] == ["part.text"]


def test_nesting_is_bounded(shapes: ModuleType) -> None:
    tree = shapes.Tree()
    for _ in range(100):
        tree = shapes.Tree(child=tree)
    assert shapes.violations(tree) == []
    assert [v.rule_id for v in shapes.violations(shapes.Tree(child=tree))] == ["shape.depth"]
    cycle = shapes.Tree()
    cycle.fork = shapes.Fork(left=cycle)
    (found,) = shapes.violations(cycle)
    assert found.rule_id == "shape.depth"
    assert found.field.startswith("fork.left.fork.left.")
    loop: list[Any] = []
    loop.append(loop)
    assert [v.rule_id for v in shapes.violations(shapes.All(value=loop))] == ["shape.depth"]


def test_a_graph_of_messages_with_more_ways_through_it_than_time_is_left_at_the_first(shapes: ModuleType) -> None:
    tree = shapes.Tree()
    tree.children = [tree, tree, tree]
    tree.child = tree
    (found,) = shapes.violations(tree)
    assert (found.rule_id, len(found.field_path)) == ("shape.depth", 101)


def test_a_message_that_is_held_twice_at_every_level_takes_no_exponential_time(shapes: ModuleType) -> None:
    def doubled(leaf: Any) -> Any:
        for _ in range(98):
            leaf = shapes.Tree(children=[leaf, leaf])
        return leaf

    assert shapes.violations(doubled(shapes.Tree())) == []
    found = shapes.violations(doubled(shapes.Tree(children=5)))
    assert [(v.rule_id, len(v.field_path)) for v in (found[0], found[-1])] == [("shape.type", 99)] * 2
    # The same messages less deep, and then one level too deep.
    tree = doubled(shapes.Tree())
    deeper = shapes.Tree(children=[tree, shapes.Tree(child=shapes.Tree(child=tree))])
    assert {v.rule_id for v in shapes.violations(deeper)} == {"shape.depth"}


def test_json_that_is_held_twice_at_every_level_takes_no_exponential_time(shapes: ModuleType) -> None:
    def doubled(leaf: Any) -> Any:
        for _ in range(49):
            leaf = [leaf, {"a": leaf}]
        return leaf

    assert shapes.violations(shapes.All(value=doubled([]))) == []
    found = shapes.violations(shapes.All(value=doubled([object()])))
    assert {v.rule_id for v in found} == {"shape.type"}
    loop: list[Any] = []
    loop += [loop, loop]
    assert [v.rule_id for v in shapes.violations(shapes.All(value=loop))] == ["shape.depth"]


def test_a_chain_of_ten_thousand_messages_is_a_violation(shapes: ModuleType) -> None:
    tree = shapes.Tree()
    for _ in range(10_000):
        tree = shapes.Tree(child=tree)
    assert [v.rule_id for v in shapes.violations(tree)] == ["shape.depth"]


class _Text(str):
    __slots__ = ()


class _Number(int):
    pass


class _Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no text")


HOSTILE: list[Any] = [
    True, None, -1, 1.0, math.nan, math.inf, "x", b"x", "\ud800", 2**63, -(2**63) - 1, 10**5000, [], (), {},
    {1: 2}, {"a": 1}, {None: 1}, [None], [[[]]], object(), _Unprintable(), _Text("a"), _Number(3),
    decimal.Decimal(1), fractions.Fraction(1, 2), complex(1, 2), bytearray(b"x"), memoryview(b"x"), range(3),
    iter([1]), set(), frozenset(), int, ..., lambda: 1,
]  # fmt: skip


def _everywhere(shapes: ModuleType, value: Any) -> Iterator[tuple[str, Any]]:
    """Messages with a value in every field, and in every kind of place inside one, where Python admits it."""
    from pds_api._runtime import wkt

    for name in shapes.All._fields:
        yield name, shapes.All(**{name: value})
    inside: dict[str, dict[str, Any]] = {
        "element": {"numbers": [value]},
        "message": {"inners": [value]},
        "entry": {"by_name": {"k": value}},
        "member": {"choice": shapes.All.Name(value)},
        "message member": {"choice": shapes.All.Message(value)},
        "json": {"value": [value], "object": {"a": value}, "list": [{"b": value}]},
        "wrapped": {"wraps": [value]},
        "any": {"any": wkt.Any(type_url=value, value=value)},
        "time": {"time": wkt.Timestamp(seconds=value, nanos=value)},
        "mask": {"mask": wkt.FieldMask(paths=value)},
    }
    try:
        hash(value)
    except TypeError:
        pass
    else:
        inside |= {
            "key": {"by_name": {value: shapes.Inner()}},
            "number key": {"by_number": {value: "x"}},
            "flag key": {"by_flag": {value: 1}},
        }
    for name, values in inside.items():
        yield name, shapes.All(**values)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: type(value).__name__)
def test_whatever_is_where_no_one_expects_it(shapes: ModuleType, value: Any) -> None:
    """No traceback; violations have paths and texts of bounded length; what has none can be encoded."""
    count = 0
    for place, message in _everywhere(shapes, value):
        found = shapes.violations(message)
        count += len(found)
        for violation in found:
            assert violation.field, place
            assert len(str(violation)) < 300, place
            assert violation.field_path, place
        if found:
            with pytest.raises(ValueError, match=r"."):
                shapes.validate(message)
        else:
            message.to_bytes()
    assert count > 20


def test_the_error_lists_every_violation(shapes: ModuleType) -> None:
    message = shapes.All(i32="x", inners=[shapes.Inner(), shapes.Inner(text=1)])
    with pytest.raises(ValueError, match="must be an int") as caught:
        shapes.validate(message)
    error: Any = caught.value
    assert str(error).splitlines() == [
        "i32: must be an int, got str 'x' [shape.type]",
        "inners[1].text: must be a str, got int 1 [shape.type]",
    ]
    assert error.to_bad_request()["fieldViolations"][1] == {
        "field": "inners[1].text",
        "description": "must be a str, got int 1",
        "reason": "shape.type",
    }
    path = error.violations[1].field_path
    assert [(e.name, e.number, e.type, e.subscript) for e in path] == [("inners", 14, 11, 1), ("text", 1, 9, None)]
    key = shapes.violations(shapes.All(by_name={"a": 1}))[0].field_path[0]
    assert (key.number, key.type, key.key_type, key.value_type, key.subscript) == (15, 11, 9, 11, "a")


def test_keys_are_marked(shapes: ModuleType) -> None:
    assert [v.for_key for v in shapes.violations(shapes.All(by_number={"1": 1}))] == [True, False]


def test_fail_fast_and_only(shapes: ModuleType) -> None:
    from pds_api._runtime.wkt import FieldMask

    message = shapes.All(i32="x", inner=shapes.Inner(text=1), text=1)
    assert [v.field for v in shapes.violations(message, fail_fast=True)] == ["i32"]
    assert [v.field for v in shapes.violations(message, only=FieldMask(paths=["inner"]))] == ["inner.text"]
    assert [v.field for v in shapes.violations(message, only=FieldMask(paths=["inner.text", "text"]))] == [
        "text",
        "inner.text",
    ]
    assert shapes.violations(message, only=FieldMask(paths=["inner.te"])) == []


def test_subclasses_are_messages_too(shapes: ModuleType) -> None:
    class Mine(shapes.Inner):  # type: ignore[name-defined, misc]
        __slots__ = ()

    assert [v.field for v in shapes.violations(Mine(text=1))] == ["text"]
    assert _found(shapes, inner=Mine(text="x")) == []


def test_what_is_no_message_is_a_type_error(shapes: ModuleType) -> None:
    with pytest.raises(TypeError, match="expected a message"):
        shapes.validate(5)
