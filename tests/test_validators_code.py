"""Checks as a careful engineer would write them: nothing that cannot happen, and no line that a formatter changes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import support
from invocation import tool

from protoc_gen_pds import plugin
from protoc_gen_pds.compiler import compile_files

PROTO = """
syntax = "proto3";
package shop;
import "buf/validate/validate.proto";
import "google/protobuf/any.proto";
message Order {
  option (buf.validate.message).cel = {
    id: "odd"
    expression: "this.lines.size() % 2 == 1 ? '' : 'a quorum needs an odd number, got %d'.format([this.lines.size()])"
  };
  string id = 1 [(buf.validate.field).string.uuid = true, (buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE];
  string mail = 2 [(buf.validate.field).string.email = true, (buf.validate.field).required = true];
  repeated string lines = 3 [(buf.validate.field).repeated.items = {string: {ip: true}, ignore: IGNORE_IF_ZERO_VALUE}];
  google.protobuf.Any spec = 4 [(buf.validate.field).any.in = "shop/Spec"];
  string url = 5 [(buf.validate.field).string.uri = true];
}
"""


@pytest.fixture
def code(tmp_path: Path) -> str:
    pytest.importorskip("protovalidate", reason="NOT TESTED: protovalidate, which has validate.proto, is not installed")
    (tmp_path / "shop.proto").write_text(PROTO)
    files = compile_files(["shop.proto"], [str(tmp_path)])
    response = plugin.respond(support.make_request(files, ["shop.proto"], "emit=validators,package=shop_api"))
    assert not response.error
    return next(file.content for file in response.file if file.name == "shop_api/shop/validators.py")


def test_what_is_known_not_to_be_empty_is_not_compared_with_the_empty_text(code: str) -> None:
    assert "if not pattern1(v1):" in code
    assert "if not cel.is_email(v2):" in code
    assert "if not cel.is_ip(x3):" in code
    assert "string.uuid_empty" not in code
    assert "string.email_empty" not in code
    assert "string.ip_empty" not in code
    assert "string.uri_empty" in code


def test_one_value_is_compared_and_not_looked_up(code: str) -> None:
    assert 'if v4.type_url != "shop/Spec":' in code


def test_a_long_text_that_is_computed_has_a_line_of_its_own(code: str, tmp_path: Path) -> None:
    assert "        if len(m.lines) % 2 != 1:\n            text = " in code
    assert 'c.report(at, "odd", text)' in code
    (tmp_path / "validators.py").write_text(code)
    command = [tool("ruff"), "format", "--isolated", "--no-cache", "--check", "validators.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
