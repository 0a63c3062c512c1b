"""What validation rules add to openapi.json: no more than they say, and no less where JSON Schema has a word for it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import support

PROTO = """
syntax = "proto3";
package stock.v1;
import "google/api/annotations.proto";
message Item {
  string id = 1;
  string code = 2;
  string mail = 3;
  string size = 4;
  string note = 5;
  int32 count = 6;
  uint32 odd = 7;
  int64 total = 8;
  double share = 9;
  repeated string tags = 10;
  map<string, int32> stock = 11;
  string folded = 12;
  float heat = 13;
}
service Stock {
  rpc PutItem(Item) returns (Item) { option (google.api.http) = { put: "/v1/items/{id}" body: "*" }; }
}
"""
RULES = """
stock.proto:
  stock.v1.Item.id: {string: {len: 3}}
  stock.v1.Item.code: {string: {min_len: 2, max_len: 4, pattern: "^[A-Z]+$"}}
  stock.v1.Item.mail: {string: {email: true}}
  stock.v1.Item.size: {string: {in: [s, m, ""]}}
  stock.v1.Item.note: {ignore: IGNORE_IF_ZERO_VALUE, string: {min_len: 5}}
  stock.v1.Item.count: {int32: {gte: 0, lt: 10}}
  stock.v1.Item.odd: {uint32: {lt: 5, gt: 8}}
  stock.v1.Item.total: {int64: {gte: 1}}
  stock.v1.Item.share: {double: {gt: -0.5, lte: 1}}
  stock.v1.Item.tags: {repeated: {min_items: 1, max_items: 2, unique: true, items: {string: {max_len: 3}}}}
  stock.v1.Item.stock: {map: {max_pairs: 1, keys: {string: {min_len: 1}}, values: {int32: {gt: 0}}}}
  stock.v1.Item.folded: {string: {pattern: "(?i)^[a-z]*$"}}
  stock.v1.Item.heat: {float: {lt: Infinity}}
"""
PACKAGE = "openapi_rules"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    rules = tmp_path_factory.mktemp("rules") / "stock.rules.yaml"
    rules.write_text(RULES)
    files = support.run_plugin({"stock.proto": PROTO}, f"package={PACKAGE},rules={rules}")
    root = support.write_tree(files, tmp_path_factory.mktemp("tree"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        yield root / PACKAGE / "stock"


@pytest.fixture(scope="module")
def properties(tree: Path) -> dict[str, Any]:
    document = json.loads((tree / "openapi.json").read_text())
    found: dict[str, Any] = document["components"]["schemas"]["stock.v1.Item"]["properties"]
    return found


def test_the_keywords(properties: dict[str, Any]) -> None:
    assert properties == {
        "id": {"type": "string", "minLength": 3, "maxLength": 3},
        "code": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[A-Z]+$"},
        "mail": {"type": "string", "format": "email"},
        "size": {"type": "string", "enum": ["s", "m", ""]},
        "note": {"type": "string"},
        "count": {"type": "integer", "format": "int32", "minimum": 0, "exclusiveMaximum": 10},
        "odd": {"type": "integer", "format": "uint32", "minimum": 0},
        "total": {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"},
        "share": {"type": "number", "format": "double", "exclusiveMinimum": -0.5, "maximum": 1.0},
        "tags": {
            "type": "array",
            "items": {"type": "string", "maxLength": 3},
            "minItems": 1,
            "maxItems": 2,
            "uniqueItems": True,
        },
        "stock": {
            "type": "object",
            "additionalProperties": {"type": "integer", "format": "int32", "exclusiveMinimum": 0},
            "propertyNames": {"minLength": 1},
            "maxProperties": 1,
        },
        "folded": {"type": "string"},
        "heat": {"type": "number", "format": "float"},
    }


def test_parameters_have_them_too(tree: Path) -> None:
    document = json.loads((tree / "openapi.json").read_text())
    (parameter,) = document["paths"]["/v1/items/{id}"]["put"]["parameters"]
    assert parameter["schema"] == {"type": "string", "minLength": 3, "maxLength": 3}


VALUES: dict[str, list[Any]] = {
    "id": ["abc", "", "abcd", "\U0001f600bc"],
    "code": ["AB", "ABCD", "A", "ABCDE", "ab"],
    "mail": ["a@example.com"],
    "size": ["s", "", "x"],
    "note": ["", "12345", "1"],
    "count": [0, 9, -1, 10],
    "odd": [4, 9, 6],
    "share": [0, 1, -0.4, -0.5, 1.5],
    "tags": [["a"], ["a", "b"], [], ["a", "a"], ["abcd"], ["a", "b", "c"]],
    "stock": [{}, {"a": 1}, {"": 1}, {"a": 0}, {"a": 1, "b": 1}],
    "folded": ["aB", "1"],
    "heat": [1, 1e30],
}


@pytest.mark.parametrize("name", VALUES)
def test_a_schema_takes_whatever_the_rules_take(name: str, tree: Path, properties: dict[str, Any]) -> None:
    models = importlib.import_module(f"{PACKAGE}.stock")
    refused = 0
    for value in VALUES[name]:
        item = models.Item.from_dict({name: value})
        broken = any(violation.field.partition("[")[0] == name for violation in models.violations(item))
        matches = jsonschema.Draft202012Validator(properties[name]).is_valid(value)
        assert matches or broken, value
        refused += not matches
    said = {"note", "odd", "folded", "heat", "mail"}
    assert (refused > 0) is (name not in said)
