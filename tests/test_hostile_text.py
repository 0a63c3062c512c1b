"""Text of a .proto is data: no comment, default, JSON name or file name ever becomes code."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from hypothesis import given, settings
from hypothesis import strategies as st
from support import PROTOS, compile_protos, make_request, run_plugin

from protoc_gen_pds import plugin

HOSTILE = (
    '"""',
    '""" + __import__("os").abort() + """',
    '"',
    "'''",
    "\\",
    '\\"',
    '"\\',
    '\\\\"""',
    "x\n    import os\n",
    "# type: ignore\n# noqa",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "{x}{!r}%s%(y)s$z",
    "\r\nimport os\r",
    "\x0cimport os",
    "\u2028import os\u2029\x85",
    "\x00\x1b[31m\x7f",
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH SPACE}\N{BYTE ORDER MARK}",
    "\\N{BULLET}\\u0041\\x41\\",
    "coding: utf-7",
    "a" * 300,
    " ",
    "\n\n",
)

SOURCE = """
syntax = "proto2";
package hostile;

message M {
  optional string text = 1 [default = "x"];
  optional bytes raw = 2 [default = "x"];
  optional E e = 3 [default = ONE, deprecated = true];
  required M inner = 4;
  repeated int32 many = 5;
  map<string, M> by_name = 6;
  oneof pick {
    string left = 7;
    M right = 8;
  }
  optional group Part = 9 {
    optional int32 n = 1;
  }
  extensions 100 to 200;
  message Nested {}
}

extend M {
  optional string extra = 100 [default = "x"];
}

enum E {
  ONE = 1;
  TWO = 2;
}

service S {
  rpc Get(M) returns (M);
  rpc Chat(stream M) returns (stream M) {
    option deprecated = true;
  }
}
"""


class _Skeleton(ast.NodeTransformer):
    """Code without text: docstrings are dropped and other strings emptied."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)

    def visit_Pass(self, node: ast.Pass) -> None:
        """A class whose only content was its docstring."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(type(node.value)()) if isinstance(node.value, str | bytes) else node


def skeletons(response: plugin_pb2.CodeGeneratorResponse) -> dict[str, str]:
    assert not response.error
    return {
        file.name: ast.dump(_Skeleton().visit(ast.parse(file.content, file.name)))
        for file in response.file
        if file.name.endswith(".py") and "/_runtime/" not in file.name
    }


@functools.cache
def source() -> descriptor_pb2.FileDescriptorProto:
    (file,) = compile_protos({"hostile.proto": SOURCE})
    return file


def fields_of(message: descriptor_pb2.DescriptorProto) -> Iterator[descriptor_pb2.FieldDescriptorProto]:
    yield from message.field
    for nested in message.nested_type:
        yield from fields_of(nested)


def generate_with(text: str) -> plugin_pb2.CodeGeneratorResponse:
    """The source with a text wherever a .proto can carry one."""
    file = descriptor_pb2.FileDescriptorProto()
    file.CopyFrom(source())
    for location in file.source_code_info.location:
        location.leading_comments = location.trailing_comments = text
        location.leading_detached_comments[:] = [text]
    fields = [field for message in file.message_type for field in fields_of(message)] + list(file.extension)
    for number, field in enumerate(fields):
        field.json_name = f"{number}{text}"
        if field.default_value == "x":
            is_text = field.type == field.TYPE_STRING
            field.default_value = text if is_text else "".join(f"\\{byte:03o}" for byte in text.encode())
    return plugin.respond(make_request([file], [file.name], "package=hostile"))


@functools.cache
def expected() -> dict[str, str]:
    return skeletons(generate_with("text"))


def test_there_is_code_to_look_at() -> None:
    assert any(name.endswith("/models.py") for name in expected())
    assert "ClassDef(name='M'" in expected()["hostile/hostile/models.py"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_known_tricks(text: str) -> None:
    assert skeletons(generate_with(text)) == expected()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"])), max_size=4).map("".join))
def test_any_text(text: str) -> None:
    assert skeletons(generate_with(text)) == expected()


@pytest.mark.parametrize(
    "name",
    ['a"""b.proto', "a\nimport os\n.proto", "a\\.proto", "{{x}}.proto", "a b'c.proto", "ä-#1.proto", "class.proto"],
)
def test_file_names(name: str) -> None:
    def under(name: str) -> dict[str, str]:
        file = descriptor_pb2.FileDescriptorProto()
        file.CopyFrom(source())
        file.name = name
        found = skeletons(plugin.respond(make_request([file], [name], "package=hostile")))
        return {path.rpartition("/")[2]: skeleton for path, skeleton in found.items() if path.count("/") == 2}

    assert under(name) == under("hostile.proto") != {}


def test_defaults_keep_their_value() -> None:
    for text in HOSTILE:
        constants = {
            node.value
            for file in generate_with(text).file
            if file.name.endswith("/models.py")
            for node in ast.walk(ast.parse(file.content))
            if isinstance(node, ast.Constant)
        }
        assert {text, text.encode()} <= constants


@pytest.mark.parametrize("name", sorted(path.name for path in (PROTOS / "tree").glob("*.proto")))
def test_edge_case_files_give_code_that_parses(name: str) -> None:
    files = run_plugin([f"tree/{name}"], "package=sample", PROTOS)
    for path, content in files.items():
        if path.endswith(".py"):
            compile(content, path, "exec", dont_inherit=True)
