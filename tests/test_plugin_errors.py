"""Wrong input is refused in one line that says where and what; nothing is written and nobody sees a traceback."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invocation import API, Invocation
from support import BACKUP, ROOT, backup_request, compile_protos, make_request

from protoc_gen_pds import plugin
from protoc_gen_pds.schema.custom_options import is_repeated


def error_of(request: plugin_pb2.CodeGeneratorRequest) -> str:
    """The error of a response that must be one line and without files."""
    response = plugin.respond(request)
    assert list(response.file) == []
    assert response.error
    assert "\n" not in response.error
    # protoc refuses a plugin that leaves these out, and hides its error.
    assert response.supported_features
    return response.error


def error_for(sources: Mapping[str, str], parameter: str = "") -> str:
    return error_of(make_request(compile_protos(sources), sources, parameter))


# -- options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("packge=x", 'unknown option "packge"; did you mean "package"?'),
        ("strip-prefix=x", 'unknown option "strip-prefix"; did you mean "strip_prefix"?'),
        ("Docs=rich", 'unknown option "Docs"; did you mean "docs"?'),
        ("docs=pretty", 'option docs: "pretty" is not one of exact, rich'),
        ("emit=models,docs", "option emit: repeat it for several outputs: emit=models,emit=docs"),
        ("emit=models,emit=docs,client", "option emit: repeat it for several outputs: emit=docs,emit=client"),
        ("package=a,package=b", 'option package is given twice; keep one of "a" and "b"'),
        ("package=", "option package has no value; write package=VALUE"),
        ("docs_file=../x.md", 'option docs_file: "../x.md" is not a plain path inside of the output directory'),
        ("docs_file=/x.md", 'option docs_file: "/x.md" is not a plain path inside of the output directory'),
        ("templates=/nowhere/at/all", 'option templates: "/nowhere/at/all" is not a directory'),
    ],
)
def test_options(parameter: str, expected: str) -> None:
    assert error_of(backup_request(parameter)) == expected


def test_an_option_like_no_other_lists_the_options() -> None:
    assert re.match(r'unknown option "zzz"; known options: .*\bpackage, .*\binit\b', error_of(backup_request("zzz=1")))


@pytest.mark.parametrize("package", ["a-b", "class", "a..b", ".a", "1a", "a b", "../a", "a/b"])
def test_a_package_that_python_could_not_import(package: str) -> None:
    error = error_of(backup_request(f"package={package}"))
    assert error.startswith(f'option package: "{package}" is not a Python package name')


# -- schema -------------------------------------------------------------------------------------------


def test_missing_import() -> None:
    request = backup_request()
    kept = [file for file in request.proto_file if not file.name.endswith("meta.proto")]
    error = error_of(make_request(kept, [BACKUP]))
    name = "public/portworx/common/apiv1/meta.proto"
    assert error.startswith(f'{BACKUP}:9:1: import "{name}" is not in the request;')


def test_file_to_generate_without_descriptor() -> None:
    request = backup_request()
    error = error_of(make_request(request.proto_file, ["not/there.proto"]))
    assert error.startswith("not/there.proto: the request has no descriptor for this file")


@pytest.mark.parametrize(
    ("edition", "named"), [(1003, "edition number 1003"), (1, "edition 1_test_only"), (2**31 - 1, "edition max")]
)
def test_unsupported_edition(edition: int, named: str) -> None:
    file = descriptor_pb2.FileDescriptorProto(name="new.proto", syntax="editions")
    file.MergeFromString(b"\x70" + _varint(edition))
    error = error_of(make_request([file], ["new.proto"]))
    assert error == f"new.proto: {named} is not supported; use proto2, proto3 or an edition from 2023 to 2026"


def test_unresolved_type_is_shown_where_it_is_used() -> None:
    files = compile_protos({"m.proto": 'syntax = "proto3";\nmessage A {}\nmessage M {\n  A a = 1;\n}\n'})
    files[0].message_type[1].field[0].type_name = ".Gone"
    assert error_of(make_request(files, ["m.proto"])).startswith('m.proto:4:3: type ".Gone" is not in the request;')


# -- colliding names ----------------------------------------------------------------------------------

EMPTY = 'syntax = "proto3"; message M {}'


@pytest.mark.parametrize(
    ("names", "parameter", "mentions"),
    [
        (["a-b.proto", "a_b.proto"], "", "a_b/"),
        (["a/b.proto", "b.proto"], "strip_prefix=a", "b/"),
        (["x/Up.proto", "x/up.proto"], "", "x/Up/"),
        (["x/Up.proto", "X/down.proto"], "", "X/"),
        (["a/up.proto", "A/up.proto"], "emit=docs", "a/up.pb.md"),
        (["x/Up.proto", "X/down.proto"], "init=none", "X/"),
        (["a/b.proto", "a/b/c.proto"], "", "a/b/__init__.py"),
        (["_runtime/message.proto", "z.proto"], "", "_runtime"),
        (["_runtime.proto", "z.proto"], "", "_runtime"),
        (["a/models.proto", "a.proto"], "init=none", "a/models"),
    ],
)
def test_colliding_output_names(names: list[str], parameter: str, mentions: str) -> None:
    sources = {name: f'syntax = "proto3"; package p{i}; message M {{}}' for i, name in enumerate(names)}
    error = error_for(sources, parameter)
    assert mentions in error
    assert any(error.startswith(f"{name}:") for name in names)


def test_a_package_inside_of_another_needs_init_none() -> None:
    names = ["a/b.proto", "a/b/c.proto"]
    sources = {name: f'syntax = "proto3"; package p{i}; message M {{}}' for i, name in enumerate(names)}
    whole = plugin.respond(make_request(compile_protos(sources), names, "init=none"))
    assert not whole.error
    parts = [plugin.respond(make_request(compile_protos(sources), [name], "init=none")) for name in names]
    merged = {file.name: file.content for part in parts for file in part.file}
    assert merged == {file.name: file.content for file in whole.file}


def test_names_that_only_look_alike_do_not_collide() -> None:
    sources = {
        name: f'syntax = "proto3"; package p{i}; message M {{}}'
        for i, name in enumerate(["a/b.proto", "a/bc.proto", "a/c/b.proto", "b.proto", "a.b.proto"])
    }
    response = plugin.respond(make_request(compile_protos(sources), sources))
    assert not response.error


# -- templates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("one\n{% for x in %}\n", r"docs/exact\.md\.j2:2: template does not parse: "),
        ("one\ntwo\n{{ files[0].nonsense }}\n", r"docs/exact\.md\.j2:3: template failed: .*nonsense"),
        ("{{ nonsense }}\n", r"docs/exact\.md\.j2:1: template failed: .*nonsense"),
        ("\n{{ 1 / 0 }}\n", r"docs/exact\.md\.j2:2: template failed: ZeroDivisionError"),
        ("{% include 'docs/gone.j2' %}\n", r'docs/exact\.md\.j2:?\d*: template "docs/gone\.j2" is missing'),
        ("{% macro m() %}\n\n{{ nonsense }}\n{% endmacro %}{{ m() }}\n", r"docs/exact\.md\.j2:3: .*nonsense"),
    ],
)
def test_template_errors_name_the_template_and_the_line(template: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "docs" / "exact.md.j2"
    path.parent.mkdir()
    path.write_text(template)
    assert re.match(expected, error_of(backup_request(f"emit=docs,templates={tmp_path}")))


# -- through the compilers ----------------------------------------------------------------------------


def breakage(tmp_path: Path) -> dict[str, tuple[str, str]]:
    """Parameters that fail in different parts of the plugin, and what the user must be told."""
    template = tmp_path / "broken" / "docs" / "exact.md.j2"
    template.parent.mkdir(parents=True)
    template.write_text("\n{{ nonsense }}\n")
    return {
        "option": ("packge=x", 'unknown option "packge"; did you mean "package"?'),
        "template": (f"templates={template.parent.parent}", "docs/exact.md.j2:2: template failed: "),
    }


RUNS: dict[str, Callable[[Invocation, str], subprocess.CompletedProcess[str]]] = {
    "protoc": lambda invocation, parameter: invocation.protoc(API, parameter),
    "grpc_tools": lambda invocation, parameter: invocation.grpc_tools(API, parameter),
    "buf": lambda invocation, parameter: invocation.buf(strategy="all", parameter=parameter),
}


@pytest.mark.parametrize("kind", ["option", "template"])
@pytest.mark.parametrize("compiler", RUNS)
def test_the_compiler_prints_the_line_and_writes_nothing(compiler: str, kind: str, tmp_path: Path) -> None:
    parameter, expected = breakage(tmp_path)[kind]
    invocation = Invocation(tmp_path)
    result = RUNS[compiler](invocation, parameter)
    assert result.returncode != 0
    assert expected in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "Traceback" not in result.stderr
    assert invocation.tree() == {}


@pytest.mark.parametrize("compiler", RUNS)
def test_the_compiler_prints_a_collision(compiler: str, tmp_path: Path) -> None:
    source = tmp_path / "sources"
    source.mkdir()
    for index, name in enumerate(["a-b.proto", "a_b.proto"]):
        (source / name).write_text(f'syntax = "proto3"; package p{index}; message M {{}}\n')
    invocation = Invocation(tmp_path, [source])
    runs = {
        "protoc": lambda: invocation.protoc(["a-b.proto", "a_b.proto"]),
        "grpc_tools": lambda: invocation.grpc_tools(["a-b.proto", "a_b.proto"]),
        "buf": invocation.buf,
    }
    result = runs[compiler]()
    assert result.returncode != 0
    assert "a_b/" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert invocation.tree() == {}


# -- requests that are none ---------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"not a request at all", b"\x0a\x05ab", b""], ids=repr)
def test_unreadable_request(data: bytes) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "protoc_gen_pds"], input=data, capture_output=True, cwd=ROOT, timeout=60, check=False
    )
    assert result.returncode == 1
    assert result.stdout == b""
    assert result.stderr.startswith(b"protoc-gen-pds: stdin is not a CodeGeneratorRequest")
    assert result.stderr.count(b"\n") == 1


class _Standard:
    """Stands in for sys.stdin and sys.stdout."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)


def run_main(data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes]:
    stdout = _Standard()
    monkeypatch.setattr(sys, "stdin", _Standard(data))
    monkeypatch.setattr(sys, "stdout", stdout)
    try:
        return plugin.main(), stdout.buffer.getvalue()
    finally:
        monkeypatch.undo()


SMALL = make_request(
    compile_protos(
        {
            "fuzz.proto": """
            edition = "2023";
            package fuzz;
            // Comment.
            message M {
              string s = 1 [default = "x"];
              repeated M ms = 2;
              map<string, E> es = 3;
              oneof o { int32 a = 4; M b = 5 [features.message_encoding = DELIMITED]; }
              enum E { ZERO = 0; ONE = 1; }
              extensions 100 to 200;
            }
            extend M { int32 x = 100; }
            service S { rpc Get(M) returns (stream M); }
            """
        }
    ),
    ["fuzz.proto"],
    "package=fuzz",
)
WIRE = SMALL.SerializeToString(deterministic=True)


def answered(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes in: an unreadable request, an error of one line, or files; never an exception."""
    status, output = run_main(data, monkeypatch)
    if status:
        assert (status, output) == (1, b"")
        return
    response = plugin_pb2.CodeGeneratorResponse.FromString(output)
    assert "\n" not in response.error
    assert "internal error" not in response.error
    assert not (response.error and response.file)


def test_truncated_requests(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for end in range(0, len(WIRE), 5):
        answered(WIRE[:end], monkeypatch)
    assert "Traceback" not in capsys.readouterr().err


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WIRE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_mutated_requests(mutations: list[tuple[int, int]]) -> None:
    data = bytearray(WIRE)
    for position, value in mutations:
        data[position] = value
    with pytest.MonkeyPatch.context() as monkeypatch:
        answered(bytes(data), monkeypatch)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.large_base_example])
@given(st.data())
def test_requests_that_no_compiler_would_send(data: st.DataObject) -> None:
    """Well-formed protobuf, impossible schema: one field of some message is unset, repeated or replaced."""
    request = plugin_pb2.CodeGeneratorRequest.FromString(WIRE)
    message = request.proto_file[-1]
    while nested := [
        child
        for field, value in message.ListFields()
        if field.message_type and field.name != "source_code_info"
        for child in (list(value) if is_repeated(field) else [value])
    ]:
        message = data.draw(st.integers(0, len(nested)).map([message, *nested].__getitem__))
        if data.draw(st.booleans()):
            break
    fields = message.DESCRIPTOR.fields
    field = fields[data.draw(st.integers(0, len(fields) - 1))]
    action = data.draw(st.sampled_from(["clear", "double", "replace"]))
    value = getattr(message, field.name)
    if action == "clear" or (field.message_type and not is_repeated(field)):
        message.ClearField(field.name)
    elif is_repeated(field):
        if value:
            value.append(value[0])
    elif field.enum_type:
        setattr(message, field.name, data.draw(st.sampled_from([v.number for v in field.enum_type.values])))
    elif isinstance(value, str):
        setattr(
            message, field.name, data.draw(st.sampled_from(["", ".", "M", ".fuzz.M", ".fuzz.M.E", "a b", "1", '"']))
        )
    elif isinstance(value, bool):
        setattr(message, field.name, not value)
    elif isinstance(value, int):
        setattr(message, field.name, data.draw(st.sampled_from([-1, 0, 1, 2, 19000, 2**29 - 1, 2**31 - 1])))
    with pytest.MonkeyPatch.context() as monkeypatch:
        answered(request.SerializeToString(), monkeypatch)


# -- what nobody expected -----------------------------------------------------------------------------


def test_a_bug_is_one_line_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(context: object) -> object:
        return {}["missing\nkey"]

    monkeypatch.setattr("protoc_gen_pds.generate.TARGETS", (broken,))
    error = error_of(backup_request())
    assert re.match(r"internal error: KeyError: .*missing.*\(protoc_gen_pds/generate\.py:\d+\); .*report", error)


def test_a_descriptor_that_protobuf_itself_refuses_is_no_bug() -> None:
    request = plugin_pb2.CodeGeneratorRequest.FromString(WIRE)
    request.proto_file[0].message_type[0].field[3].oneof_index = 7
    assert error_of(request).startswith("fuzz.proto: descriptor refused: ")


@pytest.mark.parametrize("docs", ["exact", "rich"])
def test_comments_that_are_not_utf8(docs: str, tmp_path: Path) -> None:
    """Compilers do not look into comments, and old .proto files are Latin-1."""
    source = tmp_path / "sources" / "old.proto"
    source.parent.mkdir()
    source.write_bytes('syntax = "proto3"; // été\n// été\nmessage M { string s = 1; /* été */ }\n'.encode("latin-1"))
    invocation = Invocation(tmp_path, [source.parent])
    result = invocation.protoc(["old.proto"], f"package=old,docs={docs}")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\ufffdt\ufffd" in invocation.tree()["old.pb.md"].decode()


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
