"""Small rules that ask for much: each is an error of one line or code of a sensible size, and soon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import support

from protoc_gen_pds import plugin
from protoc_gen_pds.compiler import compile_files

PROTO = """
syntax = "proto3";
package probe;
import "buf/validate/validate.proto";
message M {
  option (buf.validate.message).cel = { id: "r", message: "broken", expression: %s };
  string s = 1 [(buf.validate.field).string.pattern = %s];
  int64 i = 2;
}
"""
EIGHT = str(list(range(8)))
NINE = str([str(i) for i in range(9)])


def generate(tmp_path: Path, expression: str = "true", pattern: str = "") -> str:
    """The validators of a message with a rule and a pattern, or the error."""
    return respond(tmp_path, PROTO % (json.dumps(expression), json.dumps(pattern)))


def respond(tmp_path: Path, text: str) -> str:
    pytest.importorskip("protovalidate", reason="NOT TESTED: protovalidate, which has validate.proto, is not installed")
    (tmp_path / "probe.proto").write_text(text)
    files = compile_files(["probe.proto"], [str(tmp_path)])
    response = plugin.respond(support.make_request(files, ["probe.proto"], "emit=validators,package=probed"))
    content = {file.name: file.content for file in response.file}
    return response.error or content["probed/probe/validators.py"]


def nested(macro: str, items: str, depth: int, body: str) -> str:
    return "".join(f"{items}.{macro}(x{i}, " for i in range(depth)) + body + ")" * depth


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1" * 5000 + " > 0", "a number of more than 100 digits"),
        ('["aaaaaaaaaa"]' + ".map(x, x + x)" * 40 + ".size() > 0", "a constant of more than 1,000,000 characters"),
        ("[[1, 2]]" + ".map(x, x + x)" * 40 + ".size() > 0", "a constant of more than 1,000,000 characters"),
        (f'"{"a" * 32}"' + '.replace("a", "aaaaaaaaaaaaaaaa")' * 9 + ".size() > 0", "a constant of more than"),
        (nested("all", str([1] * 1000), 3, "x0 + x1 + x2 > 0"), "macros over constant lists take more than"),
        (" + ".join(["this.i"] * 240) + " > 0", "it is nested too deeply for Python; split it into several rules"),
        ("this.i" + " + dyn(this.i)" * 200 + " == 0", "it is nested too deeply for Python"),
        ("(" * 100 + "true" + ")" * 100, "nested more than 60 deep"),
        ("true" + " && true" * 300, "more than 250 operators in a row"),
        (" ? 1 : ".join(["this.i > 0"] * 100) + " ? 1 : 2", "nested more than 60 deep"),
        (f"duration('{'9' * 5000}s') > duration('1s')", "... "),
    ],
)
def test_an_expression_that_is_too_large_is_an_error(tmp_path: Path, expression: str, reason: str) -> None:
    error = generate(tmp_path, expression)
    assert error.startswith("probe.proto:5:1: (buf.validate.message).cel[0], rule ")
    assert reason in error
    assert "\n" not in error
    assert len(error) < 1100


@pytest.mark.parametrize(
    ("expression", "size"),
    [
        (nested("all", EIGHT, 6, "this.i > x0 + x1 + x2 + x3 + x4 + x5"), 25_000),
        (nested("all", NINE, 20, "this.s != x0"), 5_000),
        (nested("all", NINE, 2, "this.s.matches(x0 + x1)"), 20_000),
        (" && ".join(["this.i / 1 > 0"] * 250), 20_000),
        (" || ".join(["this.i > 0"] * 250), 5_000),
    ],
)
def test_nested_macros_and_long_chains_are_code_of_a_sensible_size(tmp_path: Path, expression: str, size: int) -> None:
    code = generate(tmp_path, expression)
    assert code.startswith("# Generated")
    # Deep nesting is indented deeply: what counts is what has to be read and run.
    assert len("".join(code.split())) < size
    compile(code, "validators.py", "exec")


@pytest.mark.parametrize(
    "pattern",
    [
        "|".join(f"x{i}*y*" for i in range(3000)),
        "(" + "|".join(f"x{i}y" for i in range(3000)) + ")*z",
        "(" + "|".join(chr(0x4E00 + i) for i in range(3000)) + "|aa|a)*b",
        "a?" * 5000,
        "a*" * 3000 + "b",
        "abcdefghij" * 20_000,
    ],
)
def test_a_pattern_that_is_too_large_is_an_error(tmp_path: Path, pattern: str) -> None:
    error = generate(tmp_path, pattern=pattern)
    assert error.startswith("probe.proto:7:3: (buf.validate.field).string.pattern, rule ")
    assert "too large to be made safe; split it, or list the texts that are possible" in error
    assert "\n" not in error


@pytest.mark.parametrize("pattern", ["|".join(f"word{i}" for i in range(2000)), "[a-z]{1,64}(-[a-z]{1,64}){0,15}"])
def test_patterns_of_a_sensible_size_are_not_refused(tmp_path: Path, pattern: str) -> None:
    assert generate(tmp_path, pattern=pattern).startswith("# Generated")


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        (
            'message M {\n  option (buf.validate.message).cel_expression = "this.s.matches(this.p)";\n'
            "  string s = 1;\n  string p = 2;\n}\n",
            'probe.proto:4:1: (buf.validate.message).cel_expression[0], rule "this.s.matches(this.p)": ',
        ),
        (
            "message M {\n  string s = 1\n"
            '      [(buf.validate.field).cel = {id: "a", expression: "this.matches(\'^\' + this)"}];\n}\n',
            'probe.proto:5:3: (buf.validate.field).cel[0], rule "a": ',
        ),
        (
            "message M {\n\n  repeated string s = 1\n"
            "      [(buf.validate.field).cel_expression = \"this.all(p, 'abc'.matches(p))\"];\n}\n",
            "probe.proto:6:3: (buf.validate.field).cel_expression[0], rule \"this.all(p, 'abc'.matches(p))\": ",
        ),
    ],
)
def test_a_pattern_that_comes_from_the_message_is_refused_with_advice(tmp_path: Path, rules: str, place: str) -> None:
    head = 'syntax = "proto3";\npackage probe;\nimport "buf/validate/validate.proto";\n'
    error = respond(tmp_path, head + rules)
    assert error == (
        place + "matches() needs a pattern that is known when the code is generated, so that it cannot take"
        " exponential time; compare with startsWith(), contains() or the patterns that are possible"
    )
