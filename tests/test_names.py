"""Python names: what the rules say, and that no two .proto names become one Python name."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import PROTOS, compile_protos

from protoc_gen_pds.options import Options
from protoc_gen_pds.python.names import (
    ENUM_API,
    MESSAGE_API,
    Names,
    camel_case,
    escape,
    module_name,
    snake_case,
    unique,
)
from protoc_gen_pds.schema import Schema, load

RESERVED = frozenset(keyword.kwlist) | MESSAGE_API | ENUM_API

proto_names = st.one_of(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True),
    st.builds(
        lambda prefix, word, suffix: prefix + word + suffix,
        st.sampled_from(["", "_", "__", "field_", "field__", "value_"]),
        st.sampled_from(sorted(RESERVED)),
        st.sampled_from(["", "_", "__", "___"]),
    ),
)


@pytest.fixture(scope="module")
def schema() -> Schema:
    names = sorted(path.relative_to(PROTOS / "models").as_posix() for path in (PROTOS / "models").rglob("*.proto"))
    return load(compile_protos(names, PROTOS / "models"), names)


@given(proto_names, proto_names)
def test_escaping_is_injective(one: str, other: str) -> None:
    a, b = escape(one, RESERVED, "field_"), escape(other, RESERVED, "field_")
    assert (a == b) == (one == other)


@given(proto_names)
def test_escaped_names_are_public_identifiers_and_not_reserved(name: str) -> None:
    escaped = escape(name, RESERVED, "field_")
    assert escaped.isidentifier()
    assert not escaped.startswith("_")
    assert escaped not in RESERVED


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("plain", "plain"),
        ("class", "class_"),
        ("class_", "class__"),
        ("classes", "classes"),
        ("to_bytes", "to_bytes_"),
        ("_id", "field__id"),
        ("field__id", "field_field__id"),
        ("field_id", "field_id"),
        ("__init__", "field___init__"),
        ("_", "field__"),
        ("self", "self"),
        ("str", "str"),
    ],
)
def test_escaping(name: str, escaped: str) -> None:
    assert escape(name, RESERVED, "field_") == escaped


@pytest.mark.parametrize(
    ("segment", "module"),
    [("backup", "backup"), ("a-b", "a_b"), ("a.b", "a__b"), ("1", "_1"), ("class", "class_"), ("a+b", "a_x2b_b")],
)
def test_module_names(segment: str, module: str) -> None:
    assert module_name(segment) == module


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12))
def test_every_file_name_becomes_a_module(segment: str) -> None:
    name = module_name(segment)
    assert name.isidentifier()
    assert not keyword.iskeyword(name)


def test_cases() -> None:
    assert snake_case("GetBackup") == "get_backup"
    assert snake_case("ListV2HTTPRoutes") == "list_v2_http_routes"
    assert camel_case("backup_config_id") == "BackupConfigId"
    assert camel_case("__") == "__"
    assert camel_case("_40_days") == "_40Days"


def test_unique_adds_underscores() -> None:
    taken = {"a"}
    assert [unique("a", taken), unique("a", taken), unique("b", taken)] == ["a_", "a__", "b"]


def test_names_in_a_class_are_distinct(schema: Schema) -> None:
    names = Names(Options())
    checked = 0
    for file in schema.to_generate:
        for message in file.walk_messages():
            if message.is_map_entry:
                continue
            own = [
                *(names.attribute(field) for field in message.fields),
                *(names.attribute(oneof) for oneof in message.oneofs),
                *(names.class_name(nested) for nested in message.messages if not nested.is_map_entry),
                *(names.class_name(enum) for enum in message.enums),
                *(names.member_class(field) for oneof in message.oneofs for field in oneof.fields),
                *(names.oneof_alias(oneof) for oneof in message.oneofs),
                *(names.default_property(field) for field in message.fields if field.default is not None),
            ]
            assert len(own) == len(set(own)), message
            assert names.members(message) >= set(own)
            checked += 1
    assert checked > 50


def test_the_public_api_of_messages_is_reserved() -> None:
    from protoc_gen_pds.runtime.message import Message

    public = {name for name in dir(Message) if not name.startswith("_")}
    assert public == set(MESSAGE_API)


def test_the_attributes_of_enums_are_reserved() -> None:
    from protoc_gen_pds.runtime.enums import ClosedEnum, ProtoEnum

    for enum in (ProtoEnum, ClosedEnum):
        attributes = {name for name in dir(enum("E", {"A": 0}).A) if not name.startswith("_")} - {"A"}
        attributes |= {name for name in dir(type(enum)) if not name.startswith("_")} | {"name", "value"}
        assert attributes <= ENUM_API


def test_function_suffixes_are_distinct(schema: Schema) -> None:
    names = Names(Options())
    for file in schema.to_generate:
        elements = [*file.walk_messages(), *file.walk_enums()]
        suffixes = [names.function_suffix(element) for element in elements]
        assert len(suffixes) == len(set(suffixes))
