"""CEL's own conformance tests: every case that rules can express is compiled, run and compared.

Expressions run in a package that is generated from the suite's own .proto files, as a rule would. What is
left out is said by :func:`outside`, and counted: a case may leave the count in one direction only.
"""

from __future__ import annotations

import base64
import importlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import support
from google.protobuf import descriptor_pb2

from protoc_gen_pds import plugin
from protoc_gen_pds.options import parse_parameter
from protoc_gen_pds.python.names import Names
from protoc_gen_pds.rules.cel import CelSyntaxError, parse
from protoc_gen_pds.rules.cel.compiler import Compiler
from protoc_gen_pds.rules.cel.declarations import Declarations
from protoc_gen_pds.rules.cel.messages import Fields
from protoc_gen_pds.rules.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    INT,
    NULL,
    STRING,
    UINT,
    Type,
    list_of,
    message_type,
)
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, variable
from protoc_gen_pds.rules.patterns import PatternError, prepare
from protoc_gen_pds.schema import Schema, load_request
from protoc_gen_pds.targets.validators.module import Module

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
EVALUATED = 1890
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
    if case["section"].startswith("extensions_"):
        return "extension fields"
    if case.get("disable_check") and "expect" in case and _is_ill_typed(case):
        return "ill-typed expressions, which the suite runs without type check"
    return None


def _is_ill_typed(case: Case) -> bool:
    """Whether an expression has names that nothing declares, or a condition that is no bool."""
    return case["section"] in ("variables", "functions", "receiver_function_names", "AND", "OR")


@pytest.fixture(scope="module")
def suite(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    data = (shared / "validation-cases" / "cel_fdset.binpb").read_bytes()
    files = list(descriptor_pb2.FileDescriptorSet.FromString(data).file)
    names = [file.name for file in files if "/conformance/proto" in file.name]
    request = support.make_request(files, names, "emit=models,package=cel_suite")
    response = plugin.respond(request)
    assert not response.error
    root = support.write_tree({f.name: f.content for f in response.file}, tmp_path_factory.mktemp("cel"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        yield Suite(load_request(request))


class Suite:
    """Compiles and runs expressions, as code of the package of the suite's types."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._names = Names(parse_parameter("package=cel_suite"))
        self._file = next(file for file in schema.to_generate if file.name.endswith("proto3/test_all_types.proto"))
        self._declarations = {file.package: Declarations(file) for file in schema.to_generate if file.messages}
        for file in schema.to_generate:
            if file.messages:
                importlib.import_module(".".join(("cel_suite", *self._names.package_of(file), "models")))
        self.cel: ModuleType = importlib.import_module("cel_suite._runtime.cel")
        self.errors: Any = importlib.import_module("cel_suite._runtime.validation").RuleError
        self._registry: Any = importlib.import_module("cel_suite._runtime.registry")

    def value(self, data: Case) -> Any:
        """A value of a case as CEL has it."""
        ((kind, value),) = data.items()
        match kind:
            case "int64Value" | "uint64Value":
                return int(value)
            case "doubleValue":
                return float(value)
            case "bytesValue":
                return base64.b64decode(value)
            case "listValue":
                return [self.value(item) for item in value.get("values", ())]
            case "mapValue":
                return {self.value(entry["key"]): self.value(entry["value"]) for entry in value.get("entries", ())}
            case "objectValue":
                return self.message(value)
        return value

    def message(self, data: Case) -> Any:
        """A message from its JSON form in an Any."""
        any_class = self._registry.find_message("google.protobuf.Any")
        return self.cel.unpack(any_class.from_json(json.dumps(data)))

    def type(self, text: str) -> Type:
        """A type from the text form of its declaration."""
        primitive = re.search(r"primitive: (\w+)", text)
        message = re.search(r'message_type: "([^"]+)"', text)
        if "map_type" in text:
            key, element = re.findall(r"primitive: (\w+)", text)
            return Type("map", _PRIMITIVES[element], _PRIMITIVES[key])
        if "list_type" in text:
            assert primitive is not None
            return list_of(_PRIMITIVES[primitive[1]])
        if message is not None:
            return message_type(self._schema.messages[message[1]])
        return _PRIMITIVES[primitive[1]] if primitive is not None else NULL

    def answer(self, case: Case) -> Any:
        """The value, or the error of compiling or of running."""
        names: dict[str, Value] = {}
        values: dict[str, Any] = {"re": re, "cel": self.cel}
        for i, declaration in enumerate(case.get("type_env", ())):
            found = re.search(r'name: "([^"]+)" ident', declaration)
            if found is not None:
                names[found[1]] = variable(f"v{i}", self.type(declaration))
        for name, binding in case.get("bindings", {}).items():
            names.setdefault(name, variable(f"w{len(names)}", DYN))
            values[names[name].code] = self.value(binding["value"])
        module = Module(self._names, self._file)
        compiler = Compiler(
            Fields(self._names, module.types),
            lambda text: f"re.compile({prepare(text).source!r}).search",
            _Everything(tuple(self._declarations.values())),  # type: ignore[arg-type]
            case.get("container", ""),
        )
        try:
            value = compiler.compile(parse(case["expr"]), names)
            if value.known:
                return value.constant
            values["__package__"] = ".".join(("cel_suite", *self._names.package_of(self._file)))
            exec("\n".join(module.scope.lines()), values)
            return eval(value.code, values)
        except (CelSyntaxError, CelTypeError, PatternError, self.errors) as error:
            return error

    def agrees(self, case: Case) -> bool:
        """Whether the answer is the expected one."""
        answer = self.answer(case)
        if "error" in case:
            return isinstance(answer, Exception)
        return not isinstance(answer, Exception) and same(answer, expected(self, case["expect"]))


class _Everything:
    """The declarations of all files of the suite: its cases belong to none of them."""

    def __init__(self, all: tuple[Declarations, ...]) -> None:
        self._all = all

    def value(self, name: str) -> Value | None:
        return next((found for one in self._all if (found := one.value(name)) is not None), None)

    def message(self, name: str) -> Any:
        return next((found for one in self._all if (found := one.message(name)) is not None), None)

    def hint(self, name: str) -> str:
        return ""


def expected(suite: Suite, data: Case) -> Any:
    """The expected value; a type as its name."""
    return data["typeValue"] if "typeValue" in data else suite.value(data)


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, float):
        return isinstance(ours, float) and (ours == theirs or (ours != ours and theirs != theirs))
    if isinstance(theirs, dict):
        return bool(ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in theirs))
    if isinstance(theirs, int) and not isinstance(theirs, bool):
        return isinstance(ours, int) and not isinstance(ours, bool) and ours == theirs
    return isinstance(ours, type(theirs)) and ours == theirs


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Case]:
    found: list[Case] = json.loads((shared / "validation-cases" / "cel_cases.json").read_text())
    assert len(found) == 2456
    return found


def test_every_case_that_rules_can_express(
    cases: list[Case], suite: Suite, record_property: Callable[[str, object], None]
) -> None:
    evaluated = [case for case in cases if outside(case) is None]
    wrong = [(case["file"], case["section"], case["expr"]) for case in evaluated if not suite.agrees(case)]
    record_property("measured", f"CEL's suite: {len(evaluated) - len(wrong)} of {len(evaluated)} cases in scope")
    assert wrong == []
    assert len(evaluated) == EVALUATED


def test_what_is_left_out(cases: list[Case]) -> None:
    reasons = Counter(reason for case in cases if (reason := outside(case)) is not None)
    assert reasons == {
        "CEL's network types; protovalidate has formats instead": 69,
        "a map with both true and 1 as keys, which are one key in Python: refused": 1,
        "asks a type checker for a type only": 25,
        "base64": 4,
        "bind": 8,
        "blocks of optimizers": 37,
        "enums as types of their own; protovalidate has ints": 46,
        "extension fields": 18,
        "ill-typed expressions, which the suite runs without type check": 23,
        "macros for extension fields": 18,
        "math": 199,
        "misprinted": 2,
        "optionals": 70,
        "two-variable macros": 46,
    }
    assert sum(reasons.values()) == 2456 - EVALUATED
