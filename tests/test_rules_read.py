"""Rules read from options: paths, constants, inner rules, any import path, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.rules.read import Ignore, Reader
from protoc_gen_pds.schema import Message, load

SET = Path(__file__).parent.parent.parent / "shared" / "validation-cases" / "fdset.binpb"
NEEDED = (
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/timestamp.proto",
    "buf/validate/validate.proto",
)
VALIDATE = NEEDED[-1]
Rules = dict[str, Any]
TYPES = descriptor_pb2.FieldDescriptorProto

pytestmark = pytest.mark.skipif(not SET.is_file(), reason="needs ../shared/validation-cases")


def _files() -> list[descriptor_pb2.FileDescriptorProto]:
    everything = descriptor_pb2.FileDescriptorSet.FromString(SET.read_bytes()).file
    return [next(file for file in everything if file.name == name) for name in NEEDED]


def _options(kind: str, rules: Rules) -> bytes:
    """Options as bytes: those of ``google.protobuf.<kind>`` with rules in JSON form."""
    pool = descriptor_pool.DescriptorPool()
    for file in _files():
        pool.Add(file)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"google.protobuf.{kind}"))()
    json_format.ParseDict(rules, message, descriptor_pool=pool)
    data: bytes = message.SerializeToString()
    return data


def _file(import_path: str = VALIDATE) -> tuple[descriptor_pb2.FileDescriptorProto, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3", dependency=[import_path])
    return file, file.message_type.add(name="M")


def _schema(file: descriptor_pb2.FileDescriptorProto, path: str = VALIDATE) -> tuple[Reader, Message]:
    files = _files()
    files[-1].name = path
    schema = load([*files, file], [file.name])
    return Reader(schema), schema.messages["t.M"]


def _field(
    rules: Rules, type: TYPES.Type = TYPES.TYPE_STRING, label: TYPES.Label = TYPES.LABEL_OPTIONAL, path: str = VALIDATE
) -> tuple[Reader, Any]:
    file, message = _file(path)
    field = message.field.add(name="f", number=1, type=type, label=label)
    field.options.MergeFromString(_options("FieldOptions", {"[buf.validate.field]": rules}))
    reader, model = _schema(file, path)
    return reader, model.fields[0]


@pytest.mark.parametrize("path", [VALIDATE, "third_party/validate.proto"])
def test_standard_rules_bring_their_own_expressions(path: str) -> None:
    reader, field = _field({"string": {"minLen": "3"}, "required": True, "ignore": "IGNORE_IF_ZERO_VALUE"}, path=path)
    rules = reader.field(field)
    assert [(rule.id, rule.path) for rule in rules.rules] == [
        ("string.min_len", (("string", 14, 11), ("min_len", 2, 4))),
    ]
    assert "rules.min_len" in rules.rules[0].expression
    assert rules.rules[0].names["rule"].constant == 3
    assert rules.is_required
    assert rules.ignore is Ignore.IF_ZERO_VALUE


def test_own_expressions_have_an_index_in_their_path() -> None:
    reader, field = _field({"cel": [{"id": "a", "expression": "true"}, {"id": "b", "expression": "false"}]})
    assert [(rule.id, rule.path) for rule in reader.field(field).rules] == [
        ("a", (("cel", 23, 11, 0),)),
        ("b", (("cel", 23, 11, 1),)),
    ]


def test_rules_of_items_are_below_the_list() -> None:
    rules = {"repeated": {"minItems": "1", "items": {"string": {"const": "a"}}}}
    reader, field = _field(rules, label=TYPES.LABEL_REPEATED)
    found = reader.field(field)
    assert [rule.id for rule in found.rules] == ["repeated.min_items"]
    assert found.items is not None
    assert [step[0] for step in found.items.rules[0].path] == ["repeated", "items", "string", "const"]


def test_a_field_without_rules() -> None:
    file, message = _file()
    message.field.add(name="f", number=1, type=TYPES.TYPE_STRING, label=TYPES.LABEL_OPTIONAL)
    reader, model = _schema(file)
    assert reader.field(model.fields[0]).empty
    assert not reader.message(model).rules


def test_rules_of_another_type_are_refused() -> None:
    reader, field = _field({"int32": {"gt": 1}})
    with pytest.raises(GenerationError, match=r"t\.proto.*\(buf\.validate\.field\)\.int32"):
        reader.field(field)


@pytest.mark.parametrize("depth", ["field", "type"])
def test_rules_that_nothing_in_the_request_declares_are_refused(depth: str) -> None:
    file, message = _file()
    field = message.field.add(name="f", number=1, type=TYPES.TYPE_STRING, label=TYPES.LABEL_OPTIONAL)
    # Number 1234 with the value 1, below the extension 1159, or below its field string (14).
    unknown = b"\x90\x4d\x01"
    inner = unknown if depth == "field" else b"\x72" + bytes([len(unknown)]) + unknown
    field.options.MergeFromString(b"\xba\x48" + bytes([len(inner)]) + inner)
    reader, model = _schema(file)
    with pytest.raises(GenerationError, match=r"t\.proto.*1234"):
        reader.field(model.fields[0])


@pytest.mark.parametrize(
    ("names", "reason"), [([], "at least one"), (["nothing"], '"nothing"'), (["f", "f"], "named twice")]
)
def test_faulty_groups_are_refused(names: list[str], reason: str) -> None:
    file, message = _file()
    message.field.add(name="f", number=1, type=TYPES.TYPE_STRING, label=TYPES.LABEL_OPTIONAL)
    rules = {"[buf.validate.message]": {"oneof": [{"fields": names}]}}
    message.options.MergeFromString(_options("MessageOptions", rules))
    reader, model = _schema(file)
    with pytest.raises(GenerationError, match=reason):
        reader.message(model)


def test_a_required_oneof() -> None:
    file, message = _file()
    message.field.add(name="f", number=1, type=TYPES.TYPE_STRING, label=TYPES.LABEL_OPTIONAL, oneof_index=0)
    oneof = message.oneof_decl.add(name="o")
    oneof.options.MergeFromString(_options("OneofOptions", {"[buf.validate.oneof]": {"required": True}}))
    reader, model = _schema(file)
    assert reader.oneof(model.oneofs[0])
