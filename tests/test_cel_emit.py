"""CEL as Python: what a reader sees in the line, and CEL's errors where Python's differ."""

from __future__ import annotations

import re
from typing import Any

import pytest

from protoc_gen_pds.python.expressions import Expression
from protoc_gen_pds.rules.cel import parse
from protoc_gen_pds.rules.cel.compiler import Compiler
from protoc_gen_pds.rules.cel.declarations import Declarations
from protoc_gen_pds.rules.cel.messages import Fields
from protoc_gen_pds.rules.cel.types import DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT, Type, list_of, wrapper
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, variable
from protoc_gen_pds.runtime import cel
from protoc_gen_pds.runtime.validation import RuleError


def compiled(source: str, **types: Type) -> Value:
    fields: Any = Fields(None, None, Declarations())  # type: ignore[arg-type]
    compiler = Compiler(fields, lambda text: f"re.compile({text!r}).search")
    return compiler.compile(parse(source), {name: variable(name, type) for name, type in types.items()})


def evaluated(source: str, **values: Any) -> Any:
    kinds = {int: INT, float: DOUBLE, str: STRING, list: list_of(INT)}
    value = compiled(source, **{name: kinds[type(v)] for name, v in values.items()})
    return value.constant if value.known else eval(value.code, {"cel": cel, "re": re, **values})


@pytest.mark.parametrize(
    ("source", "types", "code"),
    [
        ("this.size() < 3", {"this": STRING}, "len(this) < 3"),
        ("this > 1 + 2 && this != 9", {"this": INT}, "this > 3 and this != 9"),
        ("false || this == 'a'", {"this": STRING}, 'this == "a"'),
        ("this.startsWith('x')", {"this": STRING}, 'this.startswith("x")'),
        ("this in ['a', 'b']", {"this": STRING}, None),
        ("this in ['a', 'a']", {"this": STRING}, 'this == "a"'),
        ("!(this in [3])", {"this": INT}, "this != 3"),
        ("this.size() % 2 == 1", {"this": STRING}, "len(this) % 2 == 1"),
        (
            "this.all(x, x in [1, 2] || (x > 5 || x < 3))",
            {"this": list_of(INT)},
            "all(e1 in {1, 2} or e1 > 5 or e1 < 3 for e1 in this)",
        ),
        ("this >= duration('1m30s')", {"this": DURATION}, "this >= 90000000000"),
        ("this.getFullYear() == 2026", {"this": TIMESTAMP}, "cel.local(this).year == 2026"),
    ],
)
def test_code(source: str, types: dict[str, Type], code: str | None) -> None:
    found = str(Expression(compiled(source, **types).code))
    if code is not None:
        assert found == code
    assert "cel.both" not in found


@pytest.mark.parametrize(
    "source",
    ["1u + 1", "'a' < 1", "!1", "nothing", "1 ? 2 : 3", "{1.5: 2}", "duration('soon')", "f(1)", "{'a': 1, 'a': 2}"],
)
def test_ill_typed_expressions_do_not_compile(source: str) -> None:
    with pytest.raises(CelTypeError):
        compiled(source)


def test_overflow_and_division_are_errors_when_evaluated() -> None:
    assert evaluated("this + 1", this=(1 << 63) - 2) == (1 << 63) - 1
    for source in ("this + 1", "this / 0", "this % 0", "[1][this]"):
        with pytest.raises(RuleError):
            evaluated(source, this=(1 << 63) - 1)
    assert evaluated("this / 2", this=-3) == -1
    assert evaluated("this % 2", this=-3) == -1


def test_an_error_is_absorbed_where_the_other_side_decides() -> None:
    assert evaluated("1 / this > 0 || this == 0", this=0) is True
    assert evaluated("this == 0 || 1 / this > 0", this=0) is True
    assert evaluated("1 / this > 0 && this != 0", this=0) is False
    assert evaluated("this.exists(x, 1 / x > 0)", this=[0, 1]) is True
    with pytest.raises(RuleError):
        evaluated("1 / this > 0 || this == 1", this=0)


def test_times_stay_in_the_years_1_to_9999() -> None:
    assert evaluated("string(timestamp('2026-02-28T23:59:59Z') + duration('1s'))") == "2026-03-01T00:00:00Z"
    for source in (
        "timestamp('9999-12-31T23:59:59Z') + duration('1s')",
        "timestamp('0001-01-01T00:00:00Z') - duration('1ns')",
    ):
        with pytest.raises(RuleError):
            evaluated(source)


def test_zones() -> None:
    moment = "timestamp('2026-07-01T23:30:00Z')"
    assert evaluated(f"{moment}.getDate('Europe/Berlin')") == 2
    assert evaluated(f"{moment}.getHours('-02:30')") == 21
    assert evaluated(f"{moment}.getDayOfWeek()") == 3
    with pytest.raises(RuleError):
        evaluated(f"{moment}.getHours('Nowhere/Never')")


def test_times_among_other_values_are_written_as_times() -> None:
    assert evaluated("'%s'.format([dyn(duration('90s'))])") == "90s"
    assert evaluated("'%s'.format([[1, timestamp(0)]])") == "[1, 1970-01-01T00:00:00Z]"


def test_case_changes_in_ascii_only() -> None:
    assert evaluated("this.lowerAscii()", this="ÆX") == "Æx"
    assert evaluated("this.upperAscii()", this="αx") == "αX"


@pytest.mark.parametrize("text", ["", "1_000", " 1", "1.5", "99999999999999999999", "0x10", "١"])
def test_only_decimal_digits_are_ints(text: str) -> None:
    with pytest.raises(RuleError):
        evaluated("int(this)", this=text)
    with pytest.raises(RuleError):
        evaluated("uint(this)", this=text)


def test_large_ints_are_rounded_to_compare_with_doubles() -> None:
    # As cel-go compares: 2**63 - 1 and 2**63 are one double.
    assert evaluated("this < 9223372036854775808.0", this=(1 << 63) - 1) is False
    assert str(Expression(compiled("this < 1.5", this=UINT).code)) == "this < 1.5"


@pytest.mark.parametrize(
    "source",
    ["size(dyn(this))", "3 in dyn(this)", "dyn(this)[0]", "dyn(this).a", "!dyn(this)", "dyn(this) ? 1 : 2",
     "dyn(this).all(x, x)", "dyn(this).map(x, x)", "dyn(this) < 'a'", "dyn(this) || false"],
)  # fmt: skip
def test_values_of_dynamic_type_fail_as_rules_do(source: str) -> None:
    with pytest.raises(RuleError):
        evaluated(source, this=3)


def test_true_is_not_one() -> None:
    assert evaluated("dyn(this) == true", this=1) is False
    assert evaluated("dyn(this) != true", this=1) is True
    assert evaluated("true in dyn([this])", this=1) is False
    assert evaluated("dyn(this) == 1.0", this=1) is True


def test_true_is_not_one_in_lists_and_maps() -> None:
    assert evaluated("[dyn(true)] == [dyn(this)]", this=1) is False
    assert evaluated("dyn({'a': [true]}) == dyn({'a': [this]})", this=1) is False
    assert evaluated("dyn(this) in {true: 'a'}", this=1) is False
    assert evaluated("{true: 'a', 1: 'b'}[this]", this=1) == "b"
    assert evaluated("{true: 'a', this: 'b'}.size()", this=1) == 2
    with pytest.raises(RuleError):
        evaluated("{true: 'a'}[dyn(this)]", this=1)
    with pytest.raises(RuleError):
        evaluated("{this: 'a', 1: 'b'}", this=1)


def test_times_are_no_numbers() -> None:
    assert evaluated("dyn(timestamp(0)) == dyn(this)", this=0) is False
    assert evaluated("dyn(duration('0s')) == dyn(timestamp(this))", this=0) is False
    assert evaluated("timestamp(0) in dyn([this])", this=0) is False
    assert evaluated("type([timestamp(this), 1][0]) == google.protobuf.Timestamp", this=0) is True
    assert evaluated("type(dyn([uint(this)])[0]) == uint", this=0) is True


@pytest.mark.parametrize(
    ("source", "type"),
    [
        ("[[], [1]]", "list(list(int))"),
        ("[[[]], []]", "list(list(list(dyn)))"),
        ("[{}, {'a': 1}]", "list(map(string, int))"),
        ("[1, 'a']", "list(dyn)"),
        ("[[1], ['a']]", "list(dyn)"),
        ("[[1], [dyn('a')]]", "list(list(dyn))"),
        ("[this, 1]", "list(wrapper(int))"),
        ("[null, this]", "list(wrapper(int))"),
        ("this == 1 ? this : null", "wrapper(int)"),
        ("this == 1 ? [] : [this + 1]", "list(int)"),
        ("[this, 1][0] + 1", "int"),
    ],
)
def test_the_type_of_values_together(source: str, type: str) -> None:
    assert str(compiled(source, this=wrapper(INT)).type) == type


def test_what_may_be_null_keeps_its_type() -> None:
    assert compiled("[this, 1].all(x, x > 0)", this=wrapper(INT)).code.count("cel.given") == 1
    for source in ("[this, 1].all(x, x == 'a')", "(this == 1 ? this : null) + 'a'", "[this, 1].exists(x, x || x > 0)"):
        with pytest.raises(CelTypeError):
            compiled(source, this=wrapper(INT))


def test_unique_compares_what_has_no_hash() -> None:
    assert cel.unique([[1], [2]]) is True
    assert cel.unique([[1], [1]]) is False
    assert cel.unique([0.5, 0.5]) is False


def test_join_takes_strings() -> None:
    with pytest.raises(CelTypeError):
        evaluated("this.join(',')", this=[1])
