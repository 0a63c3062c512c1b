"""The CEL parser: precedence, literals, escapes, limits; every expression of CEL's own suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protoc_gen_pds.rules.cel import CelSyntaxError, parse
from protoc_gen_pds.rules.cel.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    Identifier,
    Index,
    ListLiteral,
    Literal,
    MapLiteral,
    MessageLiteral,
    Select,
    Unary,
)

CASES = Path(__file__).parents[2] / "shared" / "validation-cases" / "cel_cases.json"


def shape(expression: Expression) -> str:
    """A tree in one line, fully bracketed."""
    match expression:
        case Literal(value, type):
            return f"{value!r}:{type}"
        case Identifier(name, _, rooted):
            return f".{name}" if rooted else name
        case Select(operand, field):
            return f"{shape(operand)}.{field}"
        case Index(operand, index):
            return f"{shape(operand)}[{shape(index)}]"
        case Call(name, target, arguments):
            head = f"{shape(target)}." if target else ""
            return f"{head}{name}({', '.join(map(shape, arguments))})"
        case Unary(operator, operand):
            return f"({operator}{shape(operand)})"
        case Binary(operator, left, right):
            return f"({shape(left)} {operator} {shape(right)})"
        case Conditional(condition, then, otherwise):
            return f"({shape(condition)} ? {shape(then)} : {shape(otherwise)})"
        case ListLiteral(items):
            return f"[{', '.join(map(shape, items))}]"
        case MapLiteral(entries):
            return "{" + ", ".join(f"{shape(k)}: {shape(v)}" for k, v in entries) + "}"
        case MessageLiteral(name, fields):
            return name + "{" + ", ".join(f"{k}: {shape(v)}" for k, v in fields) + "}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a || b && c", "(a || (b && c))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("!a.b", "(!a.b)"),
        ("--a", "(-(-a))"),
        ("-1", "-1:int"),
        ("- 9223372036854775808", "-9223372036854775808:int"),
        ("1u", "1:uint"),
        ("0xFFu", "255:uint"),
        ("1e3", "1000.0:double"),
        (".5", "0.5:double"),
        ("x in [1, 2,]", "(x in [1:int, 2:int])"),
        ("{'a': 1, 2: b}", "{'a':string: 1:int, 2:int: b}"),
        ("a.b.C{x: 1, y: z}", "a.b.C{x: 1:int, y: z}"),
        (".a.B{}", ".a.B{}"),
        ("this.items.all(i, i > 0)", "this.items.all(i, (i > 0:int))"),
        ("has(this.a)", "has(this.a)"),
        ("a[0].b", "a[0:int].b"),
        ("a.`b-c`", "a.b-c"),
        ('r"\\d"', "'\\\\d':string"),
        ("b'\\xff\\101a'", "b'\\xffAa':bytes"),
        ("b'é'", "b'\\xc3\\xa9':bytes"),
        (r"'\u00e9\U0001F600\x41\n'", "'é😀A\\n':string"),
        ('"""a"b\nc"""', "'a\"b\\nc':string"),
        ("true && null == x // why", "(True:bool && (None:null_type == x))"),
        ("a < b == c", "((a < b) == c)"),
    ],
)
def test_trees(source: str, expected: str) -> None:
    assert shape(parse(source)) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "found the end at character 1"),
        ("a +", "found the end at character 4"),
        ("a b", 'expected end, found "b" at character 3'),
        ("(a", r"expected \), found the end"),
        ("f(a,)", "comma behind the last argument at character 5"),
        ("'a", "string without an end at character 1"),
        (r"'\q'", r"unknown escape \\q at character 2"),
        (r"'\uD800'", "not allowed here"),
        (r"b'\u0041'", "not allowed here"),
        ("9223372036854775808", "out of range"),
        ("-9223372036854775809", "out of range"),
        ("18446744073709551616u", "out of range"),
        ("while", "reserved word"),
        ("a # b", "not part of CEL at character 3"),
        ("1{}", 'expected end, found "{"'),
        ("!-a", "needs parentheses"),
    ],
)
def test_errors_name_the_place(source: str, message: str) -> None:
    with pytest.raises(CelSyntaxError, match=message):
        parse(source)


@pytest.mark.parametrize(
    "source", ["(" * 5000 + ")" * 5000, "[" * 5000, "!" * 5000 + "a", "a" + ".b" * 5000, "1" + "+1" * 5000]
)
def test_depth_is_bounded(source: str) -> None:
    with pytest.raises(CelSyntaxError):
        parse(source)


@pytest.mark.skipif(not CASES.exists(), reason="../shared/validation-cases is missing: CEL's own cases NOT parsed")
def test_every_expression_of_the_official_suite_parses() -> None:
    refused = []
    cases = json.loads(CASES.read_text())
    assert len(cases) == 2456
    for case in cases:
        try:
            parse(case["expr"])
        except CelSyntaxError as error:
            refused.append((case["expr"], str(error)))
    # Optional selection and optional entries are an extension that protovalidate does not offer.
    assert [r for r in refused if ".?" not in r[0] and "[?" not in r[0] and "{?" not in r[0]] == []
    assert len(refused) == 48


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1.()[]{}?:,'\"\\!-+<>=&|in ur\n", max_size=25))
def test_any_text_parses_or_is_refused(source: str) -> None:
    try:
        at = len(source)
        parse(source)
    except CelSyntaxError as error:
        at = error.at
    assert 0 <= at <= len(source)
