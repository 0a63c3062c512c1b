"""The official cases of protovalidate: every answer, path, rule, id and message text, on generated dataclasses."""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import support
from google.protobuf import descriptor_pb2

from protoc_gen_pds import plugin

pytestmark = pytest.mark.usefixtures("shared")


def _descriptors(shared: Path) -> tuple[list[descriptor_pb2.FileDescriptorProto], list[str]]:
    data = (shared / "validation-cases" / "fdset.binpb").read_bytes()
    files = list(descriptor_pb2.FileDescriptorSet.FromString(data).file)
    return files, [file.name for file in files if "/conformance/cases/" in file.name]


def _respond(shared: Path, parameter: str, *, names: list[str] | None = None) -> Any:
    files, cases = _descriptors(shared)
    return plugin.respond(support.make_request(files, names or cases, parameter))


def _cases(shared: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared / "validation-cases" / "cases_with_reference.json").read_text())
    return found


def test_every_case(shared: Path, import_tree: Any, record_property: Callable[[str, object], None]) -> None:
    response = _respond(shared, "emit=validators,on_rule_error=raise,package=suite")
    assert not response.error
    import_tree({file.name: file.content for file in response.file}, "suite")
    for name in _descriptors(shared)[1]:
        path = name.removesuffix(".proto").replace("/", ".").replace("-", "_")
        importlib.import_module(f"suite.{path}.models")
    meta = json.loads((shared / "validation-cases" / "meta.json").read_text())
    cases = _cases(shared)
    wrong = [case["name"] for case in cases if not _agrees(case, meta["dumped_at_unix"] * 1_000_000_000)]
    record_property("measured", f"protovalidate's suite: {len(cases) - len(wrong)} of {len(cases)} cases")
    assert (len(cases), wrong) == (2878, [])


def _agrees(case: dict[str, Any], now: int) -> bool:
    from suite._runtime.registry import find_message
    from suite._runtime.validation import RuleError, violations

    cls = find_message(case["type"])
    assert cls is not None
    message = cls.from_bytes(base64.b64decode(case["input_b64"]))
    try:
        found = violations(message, now=now)
    except RuleError:
        return case["expect"] in ("compilation_error", "runtime_error")
    if case["expect"] != "violations":
        return bool(case["expect"] == "valid" and not found)
    found.sort(key=lambda v: (v.rule_id, v.field, v.rule))
    expected = sorted(case["violations"], key=lambda v: (v["rule_id"] or "", v["field"] or "", v["rule"] or ""))
    texts = sorted(tuple(detail) for detail in case["ref_protovalidate_py_2_1_0"]["detail"])
    return bool(
        sorted((v.rule_id, v.field, v.rule, v.for_key, v.message) for v in found) == texts
        and len(found) == len(expected)
        and all(
            list(_elements(ours.field_path)) == [_normal(e) for e in theirs.get("field_elements", [])]
            and list(_elements(ours.rule_path)) == [_normal(e) for e in theirs.get("rule_elements", [])]
            for ours, theirs in zip(found, expected, strict=True)
        )
    )


def _elements(path: Any) -> Iterator[dict[str, Any]]:
    for element in path:
        values = {
            "field_number": element.number,
            "field_name": element.name,
            "field_type": element.type,
            "key_type": element.key_type,
            "value_type": element.value_type,
        }
        found: dict[str, Any] = {name: value for name, value in values.items() if value}
        if element.subscript is not None:
            found["subscript"] = element.subscript
        yield found


def _normal(element: dict[str, Any]) -> dict[str, Any]:
    subscripts = ("index", "int_key", "uint_key", "bool_key", "string_key")
    return {"subscript" if name in subscripts else name: value for name, value in element.items()}


def test_bad_rules_are_errors_that_name_file_and_option(shared: Path) -> None:
    files, _ = _descriptors(shared)
    bad = [case for case in _cases(shared) if case["expect"] == "compilation_error"]
    assert len(bad) == 27
    for case in bad:
        # A copy of the file with that message alone among those that have rules.
        name = case["type"].rpartition(".")[2]
        alone = []
        for file in files:
            copy = descriptor_pb2.FileDescriptorProto.FromString(file.SerializeToString())
            if copy.name == case["file"]:
                others = [m for m in copy.message_type if m.name != name]
                for message in others:
                    message.options.Clear()
                    for field in message.field:
                        field.options.Clear()
            alone.append(copy)
        response = plugin.respond(support.make_request(alone, [case["file"]], "emit=validators"))
        assert response.error.startswith(f"{case['file']}: (buf.validate."), (case["name"], response.error)
        assert name in response.error or "oneof" in response.error or "cel" in response.error
        assert not response.file
