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
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

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
from protoc_gen_pds.rules.validate_proto import file_set
from protoc_gen_pds.schema import Schema, load_request
from protoc_gen_pds.targets.validators.module import Module

Case = dict[str, Any]

EXTENSIONS = {
    "bindings_ext": "bind",
    "block_ext": "blocks of optimizers",
    "encoders_ext": "base64",
    "macros2": "two-variable macros",
    "math_ext": "math",
    "network_ext": "network types",
    "optionals": "optionals",
    "proto2_ext": "the macros proto.getExt and proto.hasExt",
}
OWN_FUNCTIONS = "functions of the test's own, or optionals, for a type checker"
REFUSED = {*EXTENSIONS.values(), OWN_FUNCTIONS}
"""What protovalidate refuses too."""
ILL_TYPED = "ill-typed, and run without type check"
_PRIMITIVES = {
    "BOOL": BOOL, "BYTES": BYTES, "DOUBLE": DOUBLE, "INT64": INT, "STRING": STRING, "UINT64": UINT,
}  # fmt: skip
EVALUATED = 1926
MIXED = "map support (all key types)"
MISPRINTED = {'b""" ? " \' ` """', "b''' ? \" ' ` '''"}
"""Cases whose expected value has a backslash that their expression has lost."""
_BY_RUN_TIME = {
    "[[], [[]], [[[]]], [[[[]]]]]",
    "[[[[[]]]], [], [[[]]]]",
    "[msg.single_int64_wrapper, msg.single_int64]",
    "[msg.single_int64, msg.single_int64_wrapper]",
    "false ? msg.single_int64_wrapper : null",
}
"""Types that a checker could know more exactly than the compiler needs to."""


def outside(case: Case) -> str | None:
    """Why a case is not evaluated, or None."""
    if case["file"] in EXTENSIONS:
        return EXTENSIONS[case["file"]]
    if case["section"].startswith("strong_") and _needs_enum_types(case):
        return "enums as types of their own"
    if "check_only" in case and re.search(r"\b(fn|optional|tuple)\b", case["expr"]):
        return OWN_FUNCTIONS
    if "check_only" in case and case["expr"] in _BY_RUN_TIME:
        return "types that are left to the run time"
    if case["name"] == MIXED:
        return "a map with both true and 1 as keys"
    if case["expr"] in MISPRINTED:
        return "misprinted"
    if case.get("disable_check") and "expect" in case and _is_ill_typed(case):
        return ILL_TYPED
    return None


def _needs_enum_types(case: Case) -> bool:
    """Whether a case asks for an enum's type, or makes a value of it: ints give the others the same answer."""
    answer, given = case.get("expect", {}), json.dumps(case.get("bindings", {}))
    return (
        "error" in case
        or "Enum(" in case["expr"]
        or "typeValue" in answer
        or "enumValue" in answer
        or "enumValue" in given
    )


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
        self._declarations = {file.name: Declarations(file) for file in schema.to_generate if file.messages}
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
        if "dyn {" in text:
            return list_of(DYN) if "list_type" in text else DYN
        primitive = re.search(r"(?:primitive|wrapper): (\w+)", text)
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
        """The value, or the error of compiling or of running; the type where a case asks for no more."""
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
        everything: Any = _Everything(tuple(self._declarations.values()))
        compiler = Compiler(
            Fields(self._names, module.types, everything),
            lambda text: f"re.compile({prepare(text).source!r}).search",
            case.get("container", ""),
        )
        try:
            value = compiler.compile(parse(case["expr"]), names)
            if "check_only" in case:
                return value.type, value.nullable
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
        if "check_only" in case:
            return bool(answer == (self.type(case["type"]), "wrapper" in case["type"]))
        return not isinstance(answer, Exception) and same(answer, expected(self, case["expect"]))


class _Everything:
    """The declarations of all files of the suite: its cases belong to none of them."""

    def __init__(self, all: tuple[Declarations, ...]) -> None:
        self._all = all

    def value(self, name: str) -> Value | None:
        return next((found for one in self._all if (found := one.value(name)) is not None), None)

    def message(self, name: str) -> Any:
        return next((found for one in self._all if (found := one.message(name)) is not None), None)

    def extension(self, name: str, message: Any) -> Any:
        return next((found for one in self._all if (found := one.extension(name, message)) is not None), None)

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
        "a map with both true and 1 as keys": 1,
        "base64": 4,
        "bind": 8,
        "blocks of optimizers": 37,
        "enums as types of their own": 37,
        "functions of the test's own, or optionals, for a type checker": 11,
        "ill-typed, and run without type check": 23,
        "math": 199,
        "misprinted": 2,
        "network types": 69,
        "optionals": 70,
        "the macros proto.getExt and proto.hasExt": 18,
        "two-variable macros": 46,
        "types that are left to the run time": 5,
    }
    assert sum(reasons.values()) == 2456 - EVALUATED


def test_what_is_ill_typed_is_refused(cases: list[Case], suite: Suite) -> None:
    """As a type check would, which the suite turns off for these."""
    answers = [(case["expr"], suite.answer(case)) for case in cases if outside(case) == ILL_TYPED]
    assert [expression for expression, answer in answers if not isinstance(answer, CelTypeError)] == []


def test_protovalidate_refuses_what_is_left_out(cases: list[Case], shared: Path) -> None:
    """So it is no part of what rules can say; and where the suite is misprinted, protovalidate agrees with us."""
    pytest.importorskip("protovalidate", reason="NOT TESTED: protovalidate is not installed")
    refused = [case for case in cases if outside(case) in REFUSED]
    misprinted = [case for case in cases if outside(case) == "misprinted"]
    judge = Judge((shared / "validation-cases" / "cel_fdset.binpb").read_bytes())
    assert not judge.refuses("this.msg.single_int64 == this.i")
    assert [case["expr"] for case in refused if not judge.refuses(judge.in_rules(case))] == []
    for case in misprinted:
        expected = "".join(f"\\x{byte:02x}" for byte in base64.b64decode(case["expect"]["bytesValue"]))
        assert not judge.holds(f"{case['expr']} == b'{expected}'")
        assert judge.holds(f"{case['expr']} == b'{expected.replace(chr(92) + 'x5c', '')}'")


class Judge:
    """Protovalidate, asked about one expression at a time."""

    def __init__(self, data: bytes) -> None:
        self._pool = descriptor_pool.DescriptorPool()
        rules = file_set()
        assert rules is not None
        known = {file.name: file for file in (*descriptor_pb2.FileDescriptorSet.FromString(data).file, *rules.file)}
        added: set[str] = set()

        def add(name: str) -> None:
            if name not in added:
                added.add(name)
                for dependency in known[name].dependency:
                    add(dependency)
                self._pool.Add(known[name])

        for name in known:
            add(name)
        self._imports = sorted(known)
        self._count = 0

    def in_rules(self, case: Case) -> str:
        """The expression of a case with its messages and ints as fields of ``this``."""
        expression: str = case["expr"]
        for declaration in case.get("type_env", ()):
            found = re.search(r'name: "([^"]+)" ident', declaration)
            if found is not None:
                field = "msg" if "message_type" in declaration else "i"
                expression = re.sub(rf"(?<![\w.]){re.escape(found[1])}\b(?!\()", f"this.{field}", expression)
        return f"dyn({expression}) == dyn({expression})"

    def refuses(self, expression: str) -> bool:
        """Whether an expression cannot be compiled, or names something that there is not."""
        import protovalidate

        try:
            self._violations(expression)
        except protovalidate.CompilationError:
            return True
        except protovalidate.EvaluationError as error:
            return "No value with name" in str(error)
        return False

    def holds(self, expression: str) -> bool:
        """Whether an expression is true."""
        return not self._violations(expression)

    def _violations(self, expression: str) -> list[Any]:
        import protovalidate

        self._count += 1
        package = f"judge{self._count}"
        file = descriptor_pb2.FileDescriptorProto(
            name=f"{package}.proto", package=package, syntax="proto3", dependency=self._imports
        )
        message = file.message_type.add(name="M")
        tested = ".cel.expr.conformance.proto3.TestAllTypes"
        message.field.add(name="msg", number=1, label=1, type=11, type_name=tested)
        message.field.add(name="i", number=2, label=1, type=3)
        options: Any = message_factory.GetMessageClass(
            self._pool.FindMessageTypeByName("google.protobuf.MessageOptions")
        )()
        extension = self._pool.FindExtensionByName("buf.validate.message")
        options.Extensions[extension].cel.add(id="r", message="broken", expression=expression)
        message.options.ParseFromString(options.SerializeToString())
        self._pool.Add(file)
        cls = message_factory.GetMessageClass(self._pool.FindMessageTypeByName(f"{package}.M"))
        return list(protovalidate.collect_violations(cls()))
