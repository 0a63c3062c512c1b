"""The plugin as protoc and buf run it: the protocol, features, editions, and the programs that start it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from invocation import API, Invocation, tool, write_plugin
from support import BACKUP, PROTO_DIR, PROTOS, ROOT, backup_request, compile_protos, make_request, write_tree

from protoc_gen_pds import plugin
from protoc_gen_pds.compiler import compile_files

DOCUMENT = BACKUP.removesuffix(".proto") + ".pb.md"


def run_program(data: bytes, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "protoc_gen_pds", *arguments],
        input=data,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def test_features_and_editions_of_the_response() -> None:
    response = plugin.respond(backup_request("emit=docs"))
    assert response.supported_features == (
        plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
        | plugin_pb2.CodeGeneratorResponse.FEATURE_SUPPORTS_EDITIONS
    )
    assert (response.minimum_edition, response.maximum_edition) == (998, 1002)


def test_request_on_stdin_response_on_stdout() -> None:
    request = backup_request("emit=docs")
    result = run_program(request.SerializeToString())
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == plugin.respond(request).SerializeToString(deterministic=True)


def test_files_are_sorted_and_unique() -> None:
    response = plugin.respond(make_request(compile_protos(API, PROTO_DIR), API))
    names = [file.name for file in response.file]
    assert names == sorted(set(names))


def test_empty_tokens_and_spaces_in_the_parameter() -> None:
    response = plugin.respond(backup_request(",emit=docs,, docs = exact ,"))
    assert not response.error
    assert [file.name for file in response.file] == [DOCUMENT]


def test_source_file_descriptors_replace_what_protoc_has_stripped() -> None:
    """protoc sends source-retention options only there."""
    (full,) = compile_protos({"m.proto": 'syntax = "proto3"; message M { string kept = 1; }'})
    stripped = descriptor_pb2.FileDescriptorProto()
    stripped.CopyFrom(full)
    del stripped.message_type[0].field[:]
    request = make_request([stripped], ["m.proto"], "emit=docs")
    request.source_file_descriptors.append(full)
    (file,) = plugin.respond(request).file
    assert "| kept |" in file.content


def test_a_request_for_nothing_is_answered_with_nothing() -> None:
    response = plugin.respond(make_request(compile_protos([BACKUP], PROTO_DIR), []))
    assert not response.error
    assert [file.name for file in response.file if file.name.endswith((".md", "models.py"))] == []


def test_dump_and_replay(tmp_path: Path) -> None:
    dump = tmp_path / "request.binpb"
    request = backup_request("emit=docs")
    result = run_program(request.SerializeToString(), PROTOC_GEN_PDS_DUMP=str(dump))
    assert result.returncode == 0
    assert dump.read_bytes() == request.SerializeToString()
    replay = run_program(b"", "generate", "--replay", str(dump), "--out", str(tmp_path / "out"))
    assert replay.returncode == 0, replay.stderr
    (expected,) = plugin.respond(request).file
    assert (tmp_path / "out" / DOCUMENT).read_bytes().decode() == expected.content


@pytest.mark.parametrize("compiler", ["protoc", "grpc_tools"])
def test_edition_2023_through_the_compilers(compiler: str, tmp_path: Path) -> None:
    invocation = Invocation(tmp_path, [PROTOS])
    result = getattr(invocation, compiler)(["tree/edition.proto"], "package=sample")
    assert (result.returncode, result.stderr) == (0, "")
    assert "sample/tree/edition/models.py" in invocation.tree()


@pytest.mark.parametrize("edition", ["2024", "2026"])
def test_newer_editions_through_protoc(edition: str, tmp_path: Path) -> None:
    source = tmp_path / "proto" / "new.proto"
    source.parent.mkdir()
    source.write_text(f'edition = "{edition}";\npackage new;\nmessage M {{ string s = 1; }}\n')
    invocation = Invocation(tmp_path, [source.parent])
    flags = [f"-I{source.parent}", f"--descriptor_set_out={os.devnull}", "--experimental_editions"]
    probe = subprocess.run([tool("protoc"), *flags, "new.proto"], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"NOT TESTED: this protoc does not know edition {edition}: {probe.stderr.strip()}")
    result = invocation.protoc(["new.proto"], "package=sample")
    assert (result.returncode, result.stderr) == (0, "")
    assert "sample/new/models.py" in invocation.tree()


def test_buf_generates_from_a_workspace_with_several_modules(tmp_path: Path) -> None:
    invocation = Invocation(tmp_path, [PROTO_DIR, PROTOS / "docs"])
    result = invocation.buf(parameter="emit=docs")
    assert (result.returncode, result.stderr) == (0, "")
    assert DOCUMENT in invocation.tree()
    assert len(invocation.tree()) == len(API)


RULED = """\
syntax = "proto3";
package shop.v1;
import "buf/validate/validate.proto";
import "google/api/annotations.proto";
import "shop/parts.proto";
// An order.
message Order {
  string id = 1 [(buf.validate.field).string = {min_len: 3, pattern: "^[a-z]+$"}];
  repeated Part parts = 2 [(buf.validate.field).repeated.min_items = 1];
  string note = 3 [(buf.validate.field).cel = {id: "note", message: "no x", expression: "this != 'x'"}];
}
service Shop {
  rpc Get(Order) returns (Part) { option (google.api.http) = {get: "/v1/{id}"}; }
}
"""
PARTS = """\
edition = "2023";
package shop.v1;
import "buf/validate/validate.proto";
message Part { int32 count = 1 [(buf.validate.field).int32.gt = 0, features.field_presence = IMPLICIT]; }
"""


def test_an_image_with_rules_gives_the_same_tree_as_sources(tmp_path: Path) -> None:
    files = ["shop/order.proto", "shop/parts.proto"]
    proto = tmp_path / "proto"
    write_tree({"shop/order.proto": RULED, "shop/parts.proto": PARTS}, proto)
    image = tmp_path / "image.binpb"
    found = compile_files(files, [str(proto)])
    image.write_bytes(descriptor_pb2.FileDescriptorSet(file=found).SerializeToString())
    trees = {}
    for name in ("buf", "protoc", "generate"):
        invocation = Invocation(tmp_path / name, [proto])
        if name == "generate":
            result = invocation.generate(files, "--package", "acme")
        else:
            result = getattr(invocation, f"{name}_image")(image, files, "package=acme")
        assert (result.returncode, result.stderr) == (0, ""), name
        trees[name] = invocation.tree()
    assert b"min_len" in trees["generate"]["acme/shop/order/validators.py"]
    assert b"gt" in trees["generate"]["acme/shop/parts/validators.py"]
    assert trees["buf"] == trees["generate"]
    assert trees["protoc"] == trees["generate"]


def test_an_image_without_paths_gives_every_file_of_it(tmp_path: Path) -> None:
    """buf takes what it finds in a FileDescriptorSet for sources, imports included."""
    image = tmp_path / "image.binpb"
    found = compile_protos({"a.proto": 'syntax = "proto3";\nimport "google/api/annotations.proto";\nmessage M {}\n'})
    image.write_bytes(descriptor_pb2.FileDescriptorSet(file=found).SerializeToString())
    invocation = Invocation(tmp_path / "buf")
    result = invocation.buf_image(image, [], "package=acme")
    assert (result.returncode, result.stderr) == (0, "")
    names = [file.name for file in found]
    assert len(names) > 3
    assert invocation.tree() == {
        file.name: file.content.encode() for file in plugin.respond(make_request(found, names, "package=acme")).file
    }


def test_the_console_script_of_the_installation() -> None:
    program = Path(tool("protoc-gen-pds"))
    request = backup_request("emit=docs")
    result = subprocess.run([program], input=request.SerializeToString(), capture_output=True, timeout=60, check=False)
    assert (result.returncode, result.stderr) == (0, b"")
    assert [file.name for file in plugin_pb2.CodeGeneratorResponse.FromString(result.stdout).file] == [DOCUMENT]


def test_at_a_terminal_it_explains_itself_instead_of_waiting(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    try:
        result = subprocess.run(
            [write_plugin(tmp_path)], stdin=terminal, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        os.close(controller)
        os.close(terminal)
    assert "usage:" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
