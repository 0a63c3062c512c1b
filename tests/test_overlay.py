"""Overlay files: rules by full name for protos without annotations, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import support

PROTO = """
syntax = "proto3";
package shop;
import "google/protobuf/duration.proto";
message Order {
  string id = 1;
  repeated string tags = 2;
  oneof target { string table = 3; string door = 4; }
  google.protobuf.Duration wait = 5;
  int64 from = 6;
  int64 to = 7;
}
"""

RULES = """
shop.Order:
  cel:
    - id: order.span
      message: from must not be after to
      expression: this.from <= this.to
shop.Order.id: {required: true, string: {maxLen: 5, pattern: "^[a-z]+$"}}
shop.proto:
  shop.Order.tags: {repeated: {max_items: 2, items: {string: {in: [new, old]}}}}
  shop.Order.target: {required: true}
  shop.Order.wait: {duration: {lt: 90s}}
elsewhere.proto:
  other.Message.name: {required: true}
"""


def _generate(tmp_path: Path, rules: str, proto: str = PROTO) -> dict[str, str]:
    path = tmp_path / "x.rules.yaml"
    path.write_text(rules, encoding="utf-8")
    return support.run_plugin({"shop.proto": proto}, f"emit=validators,package=overlaid,rules={path}")


def test_rules_are_laid_over_the_protos(tmp_path: Path, import_tree: Any) -> None:
    shop = import_tree(_generate(tmp_path, RULES), "overlaid.shop")
    from overlaid._runtime.wkt import Duration

    good = shop.Order(id="abc", target=shop.Order.Table("7"), wait=Duration(seconds=89))
    assert shop.violations(good) == []
    bad = shop.Order(id="ABCDEF", tags=["new", "x", "old"], wait=Duration(seconds=90), to=-1)
    assert [(v.field, v.rule_id, v.message) for v in shop.violations(bad)] == [
        ("id", "string.max_len", "must be at most 5 characters"),
        ("id", "string.pattern", "does not match regex pattern `^[a-z]+$`"),
        ("tags[1]", "string.in", "must be in list [new, old]"),
        ("tags", "repeated.max_items", "must contain no more than 2 item(s)"),
        ("target", "required", "exactly one field is required in oneof"),
        ("wait", "duration.lt", "must be less than 90s"),
        ("", "order.span", "from must not be after to"),
    ]


def test_an_overlay_is_merged_with_annotations(tmp_path: Path, shared: Path, import_tree: Any) -> None:
    from google.protobuf import descriptor_pb2

    from protoc_gen_pds import plugin

    data = (shared / "validation-cases" / "fdset.binpb").read_bytes()
    files = list(descriptor_pb2.FileDescriptorSet.FromString(data).file)
    name = "buf/validate/conformance/cases/strings.proto"
    path = tmp_path / "more.yaml"
    path.write_text("buf.validate.conformance.cases.StringPrefix.val: {string: {max_len: 4}}\n")
    request = support.make_request(files, [name], f"emit=validators,package=merged,rules={path}")
    response = plugin.respond(request)
    assert not response.error
    module = import_tree(
        {file.name: file.content for file in response.file}, "merged.buf.validate.conformance.cases.strings"
    )
    found = [v.rule_id for v in module.violations(module.StringPrefix(val="other"))]
    assert found == ["string.max_len", "string.prefix"]


MISTAKES = [
    ("shop.Order.idd: {required: true}", '1:1: there is no message, field or oneof "shop.Order.idd"; did you mean'),
    ("shop.proto:\n  shop.Older: {}", '2:3: there is no message, field or oneof "shop.Older"'),
    ("shop.Order.id:\n  string:\n    maximum: 5", '3:5: shop.Order.id: StringRules has no rule "maximum"'),
    ("shop.Order.id:\n  string:\n    max_len: many", "3:5: shop.Order.id: "),
    ("shop.Order.id:\n  strung: {}", '2:3: shop.Order.id: FieldRules has no rule "strung"; did you mean "string"?'),
    ("shop.Order.id: [required]", "1:16: shop.Order.id: rules are a mapping"),
    ("shop.Order.id: {}\nshop.Order.id: {}", '2:1: "shop.Order.id" is there twice'),
    ("shop.Order.id: {}\nshop.proto:\n  shop.Order.id: {}", '3:3: "shop.Order.id" is there twice'),
    ("shop.Order.id: {required: true", "not YAML: "),
    ("- a", "1:1: a mapping is expected here"),
]


@pytest.mark.parametrize(("rules", "expected"), MISTAKES)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, rules: str, expected: str) -> None:
    with pytest.raises(ValueError, match=r"x\.rules\.yaml:") as caught:
        _generate(tmp_path, rules)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_rule_that_does_not_suit_is_an_error_of_the_field(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"shop\.proto:6:3: \(buf\.validate\.field\)\.int32 does not suit shop\.Order\.id"
    ):
        _generate(tmp_path, "shop.Order.id: {int32: {gt: 1}}")


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    without = support.run_plugin({"shop.proto": PROTO}, "emit=validators,package=overlaid")
    assert _generate(tmp_path, "# no rules yet\n") == without


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="option rules: No such file"):
        support.run_plugin({"shop.proto": PROTO}, f"rules={tmp_path / 'none.yaml'}")
