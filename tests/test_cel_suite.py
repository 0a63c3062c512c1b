"""CEL's own conformance tests: every case that rules can express is compiled, run and compared.

What is left out is said by :func:`outside`, and counted: a case may leave the count in one direction only.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protoc_gen_pds.rules.cel import CelSyntaxError, parse
from protoc_gen_pds.rules.cel.compiler import Compiler
from protoc_gen_pds.rules.cel.messages import Fields
from protoc_gen_pds.rules.cel.syntax import Call, Identifier, MessageLiteral
from protoc_gen_pds.rules.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    list_of,
)  # fmt: skip
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, variable
from protoc_gen_pds.rules.patterns import PatternError, prepare
from protoc_gen_pds.runtime import cel
from protoc_gen_pds.runtime.validation import RuleError

Case = dict[str, Any]

EXTENSIONS = {
    "bindings_ext": "bind",
    "block_ext": "blocks of optimizers",
    "encoders_ext": "base64",
    "macros2": "two-variable macros",
    "math_ext": "math",
    "network_ext": "CEL's network types; protovalidate has formats instead",
    "optionals": "optionals",
    "proto2_ext": "macros for extension fields",
}
_PRIMITIVES = {
    "BOOL": BOOL, "BYTES": BYTES, "DOUBLE": DOUBLE, "INT64": INT, "STRING": STRING, "UINT64": UINT,
}  # fmt: skip
_TIMES = {"google.protobuf.Duration": DURATION, "google.protobuf.Timestamp": TIMESTAMP}
MIXED = "map support (all key types)"
_MISPRINTED = {'b""" ? " \' ` """', "b''' ? \" ' ` '''"}
"""Cases whose expected value has a backslash that their expression has lost."""


def outside(case: Case) -> str | None:
    """Why a case is not evaluated, or None."""
    if case["file"] in EXTENSIONS:
        return EXTENSIONS[case["file"]]
    if case["section"].startswith("strong_"):
        return "enums as types of their own; protovalidate has ints"
    if "check_only" in case:
        return "asks a type checker for a type only"
    if case["name"] == MIXED:
        return "a map with both true and 1 as keys, which are one key in Python: refused"
    if case["expr"] in _MISPRINTED:
        return "misprinted"
    if case["section"] == "namespace" or "namespace" in case["file"] or "qualified" in case["section"]:
        return "containers of names: a rule has this, rules, rule and now"
    try:
        nodes = list(_nodes(parse(case["expr"])))
    except CelSyntaxError:
        return None
    names = {node.name for node in nodes if isinstance(node, Identifier)}
    if any(isinstance(node, MessageLiteral) for node in nodes):
        return "messages made in the expression"
    environment = " ".join(case.get("type_env", ()))
    for name in re.findall(r'message_type: "([^"]+)"', environment):
        if name not in _TIMES:
            return "variables of CEL's own message types"
    if '"@type"' in json.dumps(case.get("expect")) and not _is_time(case["expect"]):
        return "values of CEL's own message types"
    if names & {"TestAllTypes", "GlobalEnum", "cel"} or "enumValue" in case.get("expect", {}):
        return "constants of enums by name"
    if any(isinstance(node, Call) and node.name == "type" for node in nodes) or "typeValue" in case.get("expect", {}):
        return "types as values"
    if case.get("disable_check") and "expect" in case:
        return "ill-typed expressions in a run without type check"
    return None


def _is_time(expect: Case) -> bool:
    return str(expect.get("objectValue", {}).get("@type", "")).rpartition("/")[2] in _TIMES


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    if dataclasses.is_dataclass(node):
        for f in dataclasses.fields(node):
            yield from _nodes(getattr(node, f.name))
    elif isinstance(node, tuple):
        for part in node:
            yield from _nodes(part)


def _value(data: Case) -> Any:
    ((kind, value),) = data.items()
    match kind:
        case "int64Value" | "uint64Value":
            return int(value)
        case "doubleValue":
            return float(value)
        case "bytesValue":
            return base64.b64decode(value)
        case "listValue":
            return [_value(item) for item in value.get("values", ())]
        case "mapValue":
            return {_value(entry["key"]): _value(entry["value"]) for entry in value.get("entries", ())}
        case "objectValue":
            text = value["value"]
            return cel.parse_duration(text) if text.endswith("s") else cel.parse_timestamp(text)
    return value


def _type(text: str) -> Type:
    primitive = re.search(r"primitive: (\w+)", text)
    message = re.search(r'message_type: "([^"]+)"', text)
    if "map_type" in text:
        key, element = re.findall(r"primitive: (\w+)", text)
        return Type("map", _PRIMITIVES[element], _PRIMITIVES[key])
    if "list_type" in text:
        assert primitive is not None
        return list_of(_PRIMITIVES[primitive[1]])
    if message is not None:
        return _TIMES[message[1]]
    return _PRIMITIVES[primitive[1]] if primitive is not None else NULL


def _answer(case: Case) -> Any:
    """The value, or the error of compiling or of running."""
    names: dict[str, Value] = {}
    values: dict[str, Any] = {"cel": cel, "re": re}
    for declaration in case.get("type_env", ()):
        found = re.search(r'name: "([^"]+)" ident', declaration)
        if found is not None:
            names[found[1]] = variable(found[1], _type(declaration))
    for name, binding in case.get("bindings", {}).items():
        names.setdefault(name, variable(name, DYN))
        values[name] = _value(binding["value"])
    # Maps are all that is selected from: no message, so no names of Python.
    compiler = Compiler(Fields(None, None), lambda text: f"re.compile({prepare(text).source!r}).search")  # type: ignore[arg-type]
    try:
        value = compiler.compile(parse(case["expr"]), names)
        return value.constant if value.known else eval(value.code, values)
    except (CelSyntaxError, CelTypeError, PatternError, RuleError) as error:
        return error


def _agrees(case: Case) -> bool:
    answer = _answer(case)
    if "error" in case:
        return isinstance(answer, Exception)
    return not isinstance(answer, Exception) and _same(answer, _value(case["expect"]))


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(theirs, float):
        return isinstance(ours, float) and (ours == theirs or (ours != ours and theirs != theirs))
    if isinstance(theirs, dict):
        return bool(ours.keys() == theirs.keys() and all(_same(ours[key], theirs[key]) for key in theirs))
    return isinstance(ours, type(theirs)) and isinstance(ours, bool) == isinstance(theirs, bool) and ours == theirs


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    path = Path(__file__).parent.parent.parent / "shared" / "validation-cases" / "cel_cases.json"
    if not path.is_file():
        pytest.skip("needs ../shared/validation-cases")
    found: list[Case] = json.loads(path.read_text())
    assert len(found) == 2456
    return found


def test_every_case_that_rules_can_express(cases: list[Case]) -> None:
    evaluated = [case for case in cases if outside(case) is None]
    wrong = [(case["file"], case["section"], case["expr"]) for case in evaluated if not _agrees(case)]
    assert wrong == []
    assert len(evaluated) == 1229


def test_what_is_left_out(cases: list[Case]) -> None:
    reasons = Counter(reason for case in cases if (reason := outside(case)) is not None)
    assert reasons == {
        "CEL's network types; protovalidate has formats instead": 69,
        "a map with both true and 1 as keys, which are one key in Python: refused": 1,
        "asks a type checker for a type only": 25,
        "base64": 4,
        "bind": 8,
        "blocks of optimizers": 37,
        "constants of enums by name": 14,
        "containers of names: a rule has this, rules, rule and now": 24,
        "enums as types of their own; protovalidate has ints": 46,
        "ill-typed expressions in a run without type check": 29,
        "macros for extension fields": 18,
        "math": 199,
        "messages made in the expression": 560,
        "misprinted": 2,
        "optionals": 70,
        "two-variable macros": 46,
        "types as values": 34,
        "variables of CEL's own message types": 41,
    }
    assert sum(reasons.values()) == 1227
