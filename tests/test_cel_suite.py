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
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from protoc_gen_pds import plugin
from protoc_gen_pds.options import parse_parameter
from protoc_gen_pds.python.names import Names as PythonNames
from protoc_gen_pds.rules.cel import CelSyntaxError, functions, parse
from protoc_gen_pds.rules.cel.compiler import Compiler, Names
from protoc_gen_pds.rules.cel.declarations import Declarations
from protoc_gen_pds.rules.cel.messages import Fields
from protoc_gen_pds.rules.cel.syntax import Expression
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
    wrapper,
)
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, combine, variable
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
ENUM_TYPES = "enums as types of their own"
KNOWN = "the type of a conditional whose condition is known"
_SCALARS = (None, BOOL, INT, UINT, DOUBLE, STRING, BYTES)
"""By their numbers in ``cel.expr.Type.PrimitiveType``."""
EVALUATED = 1956
PUNCTUATION = ("triple_single_quoted_unescaped_punctuation", "triple_double_quoted_unescaped_punctuation")
"""Cases of bytes whose expected value kept an escape of the text format, ``\\?`` for a question mark.

Their expressions lost it; @bufbuild/cel-spec 0.6.1 has the values without it too.
"""


def outside(case: Case) -> str | None:
    """Why a case is not evaluated, or None."""
    if case["file"] in EXTENSIONS:
        return EXTENSIONS[case["file"]]
    if case["section"].startswith("strong_") and _needs_enum_types(case):
        return ENUM_TYPES
    if "check_only" in case and re.search(r"\b(fn|optional|tuple)\b", case["expr"]):
        return OWN_FUNCTIONS
    if "check_only" in case and case["expr"] == "false ? msg.single_int64_wrapper : null":
        return KNOWN
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


def is_ill_typed(case: Case) -> bool:
    """Whether a case has names that nothing declares, or a condition that is no bool, and a value all the same."""
    sections = ("variables", "functions", "receiver_function_names", "AND", "OR")
    return bool(case.get("disable_check")) and "expect" in case and case["section"] in sections


class Unchecked(Compiler):
    """Compiles without a type check: all types are known at run time only, and what cannot be compiled fails then."""

    def _value(self, expression: Expression, names: Names) -> Value:
        try:
            value = super()._value(expression, names)
        except CelTypeError as error:
            return combine(f"cel.dispatch({str(error)!r}, {{}}, None)", DYN, fails=True)
        return functions.call("dyn", [value])


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
        yield Suite(load_request(request), files)


class Suite:
    """Compiles and runs expressions, as code of the package of the suite's types."""

    def __init__(self, schema: Schema, files: list[descriptor_pb2.FileDescriptorProto]) -> None:
        self._schema = schema
        pool = descriptor_pool.DescriptorPool()
        for file in files:
            pool.Add(file)
        self._type, self._declaration = (
            message_factory.GetMessageClass(pool.FindMessageTypeByName(f"cel.expr.{name}")) for name in ("Type", "Decl")
        )
        self._names = PythonNames(parse_parameter("package=cel_suite"))
        self._file = next(f for f in schema.to_generate if f.name.endswith("proto3/test_all_types.proto"))
        with_messages = [file for file in schema.to_generate if file.messages]
        self._declarations = tuple(map(Declarations, with_messages))
        for generated in with_messages:
            importlib.import_module(".".join(("cel_suite", *self._names.package_of(generated), "models")))
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

    def type_of(self, text: str) -> Type:
        """A type from the text form of a ``cel.expr.Type``."""
        return self._read(text_format.Parse(text, self._type()))

    def _read(self, data: Any) -> Type:
        kind = data.WhichOneof("type_kind")
        value = getattr(data, kind)
        match kind:
            case "primitive":
                return _SCALARS[value] or DYN
            case "wrapper":
                return wrapper(_SCALARS[value] or DYN)
            case "list_type":
                return list_of(self._read(value.elem_type))
            case "map_type":
                return Type("map", self._read(value.value_type), self._read(value.key_type))
            case "message_type":
                return message_type(self._schema.messages[value])
        return {"null": NULL}.get(kind, DYN)

    def answer(self, case: Case, compiler_class: Callable[..., Compiler] = Compiler) -> Any:
        """The value, or the error of compiling or of running; the type where a case asks for no more."""
        names: dict[str, Value] = {}
        values: dict[str, Any] = {"re": re, "cel": self.cel}
        for i, declaration in enumerate(case.get("type_env", ())):
            found: Any = text_format.Parse(declaration, self._declaration())
            if found.HasField("ident"):
                names[found.name] = variable(f"v{i}", self._read(found.ident.type))
        for name, binding in case.get("bindings", {}).items():
            names.setdefault(name, variable(f"w{len(names)}", DYN))
            values[names[name].code] = self.value(binding["value"])
        module = Module(self._names, self._file)
        everything: Any = _Everything(self._declarations)
        compiler = compiler_class(
            Fields(self._names, module.types, everything),
            lambda text: f"re.compile({prepare(text).source!r}).search",
            case.get("container", ""),
        )
        try:
            value = compiler.compile(parse(case["expr"]), names)
            if "check_only" in case:
                return value.type
            if value.known:
                return value.constant
            values["__package__"] = ".".join(("cel_suite", *self._names.package_of(self._file)))
            exec("\n".join(module.scope.lines()), values)
            return eval(value.code, values)
        except (CelSyntaxError, CelTypeError, PatternError, self.errors) as error:
            return error

    def agrees(self, case: Case, compiler_class: Callable[..., Compiler] = Compiler) -> bool:
        """Whether the answer is the expected one."""
        answer = self.answer(case, compiler_class)
        if "error" in case:
            return isinstance(answer, Exception)
        if "check_only" in case:
            return str(answer) == str(self.type_of(case["type"]))
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
    if isinstance(theirs, str):
        return isinstance(ours, str) and str(ours) == theirs
    return isinstance(ours, type(theirs)) and ours == theirs


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Case]:
    found: list[Case] = json.loads((shared / "validation-cases" / "cel_cases.json").read_text())
    assert len(found) == 2456
    for case in found:
        if case["section"] == "bytes_literals" and case["name"] in PUNCTUATION:
            case["expect"] = {"bytesValue": base64.b64encode(b" ? \" ' ` ").decode()}
    return found


def test_every_case_that_rules_can_express(
    cases: list[Case], suite: Suite, record_property: Callable[[str, object], None]
) -> None:
    evaluated = [case for case in cases if outside(case) is None]
    wrong = [
        (case["file"], case["section"], case["expr"])
        for case in evaluated
        if not suite.agrees(case, Unchecked if is_ill_typed(case) else Compiler)
    ]
    record_property("measured", f"CEL's suite: {len(evaluated) - len(wrong)} of {len(evaluated)} cases in scope")
    assert wrong == []
    assert len(evaluated) == EVALUATED


def test_every_value_without_type_check(cases: list[Case], suite: Suite) -> None:
    """Values of types that are known at run time only give the same answers."""
    evaluated = [case for case in cases if outside(case) is None and "check_only" not in case]
    assert len(evaluated) == 1943
    wrong = [(case["file"], case["section"], case["expr"]) for case in evaluated if not suite.agrees(case, Unchecked)]
    assert wrong == []


def test_what_is_left_out(cases: list[Case]) -> None:
    reasons = Counter(reason for case in cases if (reason := outside(case)) is not None)
    assert reasons == {
        "base64": 4,
        "bind": 8,
        "blocks of optimizers": 37,
        "enums as types of their own": 37,
        "functions of the test's own, or optionals, for a type checker": 11,
        "math": 199,
        "network types": 69,
        "optionals": 70,
        "the macros proto.getExt and proto.hasExt": 18,
        "two-variable macros": 46,
        "the type of a conditional whose condition is known": 1,
    }
    assert sum(reasons.values()) == 2456 - EVALUATED
    document = (support.ROOT / "docs" / "validation.md").read_text()
    table = document[document.index("| Of CEL's 2,456 tests, left out") :]
    assert sorted(map(int, re.findall(r"\| (\d+) \|", table))) == sorted(reasons.values())
    assert f"{EVALUATED:,} of {EVALUATED:,} that are in scope" in document


def test_what_is_ill_typed_is_refused(cases: list[Case], suite: Suite) -> None:
    """As a type check would, which the suite turns off for these."""
    answers = [(case["expr"], suite.answer(case)) for case in cases if is_ill_typed(case)]
    assert len(answers) == 23
    assert [expression for expression, answer in answers if not isinstance(answer, CelTypeError)] == []


@pytest.fixture(scope="module")
def judge(shared: Path) -> Judge:
    pytest.importorskip("protovalidate", reason="NOT TESTED: protovalidate is not installed")
    found = Judge((shared / "validation-cases" / "cel_fdset.binpb").read_bytes())
    assert not found.refuses("this.msg.single_int64 == this.i")
    return found


def test_protovalidate_refuses_what_is_left_out(cases: list[Case], judge: Judge) -> None:
    """So it is no part of what rules can say."""
    refused = [case for case in cases if outside(case) in REFUSED]
    assert [case["expr"] for case in refused if not judge.refuses(judge.in_rules(case))] == []


def test_protovalidate_has_enums_as_ints(cases: list[Case], judge: Judge) -> None:
    """Each case that needs a type for an enum is refused, or has an int."""
    for case in cases:
        if outside(case) == ENUM_TYPES:
            name = re.sub(r"\b(GlobalEnum|TestAllTypes)\b", rf"{case.get('container')}.\1", judge.named(case))
            as_int = f"{name} == int" if name.startswith("type(") else f"type({name}) == int"
            assert judge.refuses(name) or judge.holds(as_int), name


def test_protovalidate_on_what_is_left_to_the_run_time(cases: list[Case], judge: Judge) -> None:
    """It has no type check: conditions are judged when they run, and functions that there are not are refused."""
    for case in cases:
        if is_ill_typed(case) and re.search(r"\w\(", case["expr"]):
            assert judge.refuses(case["expr"]), case["expr"]
        elif is_ill_typed(case):
            assert judge.holds(case["expr"]) is case["expect"]["boolValue"], case["expr"]
        elif outside(case) == KNOWN:
            assert judge.holds(f"({judge.named(case)}) == null")
        elif case["section"] == "bytes_literals" and case["name"] in PUNCTUATION:
            expected = "".join(f"\\x{byte:02x}" for byte in base64.b64decode(case["expect"]["bytesValue"]))
            assert judge.holds(f"{case['expr']} == b'{expected}'")


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
        """A rule with the expression of a case."""
        expression = self.named(case)
        return f"dyn({expression}) == dyn({expression})"

    def named(self, case: Case) -> str:
        """The expression of a case with its messages and ints as fields of ``this``."""
        expression: str = case["expr"]
        for declaration in case.get("type_env", ()):
            found = re.search(r'name: "([^"]+)" ident', declaration)
            if found is not None:
                field = "msg" if "message_type" in declaration else "i"
                expression = re.sub(rf"(?<![\w.]){re.escape(found[1])}\b(?!\()", f"this.{field}", expression)
        return expression

    def refuses(self, expression: str) -> bool:
        """Whether an expression cannot be compiled, or names something that there is not."""
        import protovalidate

        try:
            self._violations(expression)
        except protovalidate.CompilationError:
            return True
        except protovalidate.EvaluationError as error:
            return re.search("No value with name|SELECT to non-message", str(error)) is not None
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
