"""Overlay files: rules by full name for protos without annotations, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import support

from protoc_gen_pds import plugin
from protoc_gen_pds.compiler import compile_files

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
    ("shop.Order.id:\n  string:\n    max_len: many", '3:5: shop.Order.id: max_len: "many" is not an integer'),
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


_BOMB = "".join(f"  - &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
TOO_MUCH = [
    ("shop.Order.id: {string: {in: &a [x, *a]}}", "1:34: nested more than 50 deep, or an alias"),
    ("shop.Order.id: &a {string: *a}", "nested more than 50 deep, or an alias"),
    (f"shop.Order.id: {'{string: ' * 2000}{'}' * 2000}", "nested more than 50 deep"),
    ("[" * 3000, "nested more than 50 deep"),
    (f"shop.Order.id:\n  - &a [x, x, x, x]\n{_BOMB}", "more than 100000 values"),
    ("shop.Order.id: {string: {min_len: 1, minLen: 2}}", '1:38: "minLen" is there twice, by its two names'),
    ("shop.Order.id: {required: true, required: false}", '1:33: "required" is there twice'),
    ("shop.Order.id: {string: {min_len: 1}, int32: {gt: 1}}", "1:16: shop.Order.id: "),
    ("shop.Order.id: !!python/object:os.system {a: b}", 'FieldRules has no rule "a"'),
    ("{}\n---\n{}", "2:1: not YAML: but found another document"),
]


@pytest.mark.parametrize(("rules", "expected"), TOO_MUCH)
def test_what_repeats_or_has_no_end_is_refused(tmp_path: Path, rules: str, expected: str) -> None:
    with pytest.raises(ValueError, match=r"x\.rules\.yaml:") as caught:
        _generate(tmp_path, rules)
    assert expected in str(caught.value)
    assert len(str(caught.value)) < 400


def test_an_alias_repeats_rules(tmp_path: Path, import_tree: Any) -> None:
    rules = "shop.Order.table: &short {string: {max_len: 2}}\nshop.proto: {shop.Order.id: *short}"
    shop = import_tree(_generate(tmp_path, rules), "overlaid.shop")
    found = shop.violations(shop.Order(id="abc", target=shop.Order.Table("abc")))
    assert [v.field for v in found] == ["id", "table"]


WRONG_RULES = [
    ("# one\nshop.Order.id: {int32: {gt: 1}}", "2:1: (buf.validate.field).int32 does not suit shop.Order.id"),
    ("shop.Order.id: {string: {pattern: '('}}", '1:35: (buf.validate.field).string.pattern, rule "string.pattern": '),
    ("shop.Order.id: {cel: [{id: x, expression: this.foo}]}", '.cel[0], rule "x": a string has no field foo'),
    (
        "shop.Order.id:\n  cel:\n  - {id: x, expression: 'true'}\n  - id: y\n    expression:\n      this.foo",
        '6:7: (buf.validate.field).cel[1], rule "y": a string has no field foo',
    ),
    ("shop.Order.id:\n  celExpression:\n  - this.foo", "3:5: (buf.validate.field).cel_expression[0], rule"),
    (
        "shop.Order.tags:\n  repeated:\n    items:\n      cel:\n      - id: x\n        expression: this.foo",
        '6:21: (buf.validate.field).repeated.items.cel[0], rule "x": a string has no field foo',
    ),
    ("shop.Order:\n  cel:\n  - id: x\n    expression: |\n      this.idd", "4:17: (buf.validate.message).cel[0], rule"),
    ("shop.Order: {cel: [{id: x, expression: this.idd == 1}]}", 'rule "x": shop.Order has no field idd'),
    ("shop.Order: {oneof: [{fields: [id, idd]}]}", '(buf.validate.message).oneof: there is no field "idd"'),
]


@pytest.mark.parametrize(("rules", "expected"), WRONG_RULES)
def test_a_rule_that_does_not_suit_is_an_error_where_it_is_written(tmp_path: Path, rules: str, expected: str) -> None:
    with pytest.raises(ValueError, match=r"x\.rules\.yaml:\d+:\d+: ") as caught:
        _generate(tmp_path, rules)
    assert expected in str(caught.value)


def test_rules_from_both_places_name_both(tmp_path: Path) -> None:
    proto = PROTO.replace("string id = 1;", "string id = 1 [(buf.validate.field).required = true];")
    proto = proto.replace("import", 'import "buf/validate/validate.proto";\nimport', 1)
    (tmp_path / "shop.proto").write_text(proto)
    (tmp_path / "x.rules.yaml").write_text("shop.Order.id: {int32: {gt: 1}}")
    files = compile_files(["shop.proto"], [str(tmp_path)])
    parameter = f"emit=validators,rules={tmp_path / 'x.rules.yaml'}"
    error = plugin.respond(support.make_request(files, ["shop.proto"], parameter)).error
    assert error.startswith("shop.proto:7:3: (buf.validate.field).int32 does not suit shop.Order.id: ")
    assert error.endswith("x.rules.yaml:1:1)")


def test_an_expression_of_either_place_is_named_where_it_is(tmp_path: Path) -> None:
    option = '(buf.validate.field).cel = {id: "own", expression: "this.size() > %s"}'
    rules = "shop.Order.id:\n  cel:\n  - id: good\n    expression: this != ''\n  - id: x\n    expression: this.foo"
    (tmp_path / "x.rules.yaml").write_text(rules)
    parameter = f"emit=validators,rules={tmp_path / 'x.rules.yaml'}"
    errors = []
    for limit in ("1", "nope"):
        proto = PROTO.replace("string id = 1;", f"string id = 1 [{option % limit}];")
        (tmp_path / "shop.proto").write_text(
            proto.replace("import", 'import "buf/validate/validate.proto";\nimport', 1)
        )
        files = compile_files(["shop.proto"], [str(tmp_path)])
        errors.append(plugin.respond(support.make_request(files, ["shop.proto"], parameter)).error)
    overlaid, annotated = errors
    assert 'x.rules.yaml:6:17: (buf.validate.field).cel[2], rule "x": ' in overlaid
    assert annotated.startswith('shop.proto:7:3: (buf.validate.field).cel[0], rule "own": ')
    assert annotated.endswith("x.rules.yaml:1:1)")


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    without = support.run_plugin({"shop.proto": PROTO}, "emit=validators,package=overlaid")
    assert _generate(tmp_path, "# no rules yet\n") == without


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="option rules: No such file"):
        support.run_plugin({"shop.proto": PROTO}, f"rules={tmp_path / 'none.yaml'}")
