"""Wrong values and wrong input: an error that names the place, never wrong bytes."""

from __future__ import annotations

import functools
import json
from typing import Any

import codec_support
import pytest


@pytest.fixture(scope="module")
def kinds() -> Any:
    return codec_support.worlds().module("kinds.models")


@pytest.fixture(scope="module")
def legacy() -> Any:
    return codec_support.worlds().module("legacy.models")


@pytest.fixture(scope="module")
def known() -> Any:
    return codec_support.worlds().module("known.models")


@pytest.fixture(scope="module")
def errors() -> Any:
    return codec_support.worlds().module("_runtime.errors")


INTEGERS = {
    "int32": (-(2**31), 2**31 - 1),
    "sint32": (-(2**31), 2**31 - 1),
    "sfixed32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "sint64": (-(2**63), 2**63 - 1),
    "sfixed64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "fixed32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
    "fixed64": (0, 2**64 - 1),
}


@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize("prefix", ["f_", "o_"])
def test_integers_end_where_their_type_ends(kinds: Any, errors: Any, kind: str, prefix: str) -> None:
    low, high = INTEGERS[kind]
    name = prefix + kind
    for value in (low, high):
        message = kinds.Kinds(**{name: value})
        assert getattr(kinds.Kinds.from_bytes(message.to_bytes()), name) == value
        assert getattr(kinds.Kinds.from_json(message.to_json()), name) == value
    for value in (low - 1, high + 1):
        message = kinds.Kinds(**{name: value})
        for encode in (message.to_bytes, message.to_json):
            with pytest.raises(errors.EncodeError) as caught:
                encode()
            assert caught.value.path == name
            assert str(value) in str(caught.value)


WRONG = [
    ("f_int32", 1.5),
    ("f_int32", "1"),
    ("f_int32", None),
    ("f_uint64", 2.0),
    ("f_sint32", 300.0),
    ("f_fixed32", 1.0),
    ("f_string", None),
    ("f_string", b"x"),
    ("f_string", 0),
    ("f_string", "\ud800"),
    ("f_bytes", None),
    ("f_bytes", "x"),
    ("f_bytes", [1]),
    ("f_bool", 1),
    ("f_bool", 0),
    ("f_bool", "yes"),
    ("f_bool", None),
    ("f_double", "1"),
    ("f_double", None),
    ("f_float", None),
    ("f_color", None),
    ("f_color", "RED"),
    ("f_color", 2**31),
    ("o_string", 5),
    ("o_bool", 2),
    ("o_int64", 0.5),
    ("o_color", "RED"),
    ("f_message", "x"),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=str)
def test_wrong_values_name_their_field(kinds: Any, errors: Any, name: str, value: object) -> None:
    outer = kinds.Kinds(f_message=kinds.Kinds(**{name: value}))
    for encode in (outer.to_bytes, outer.to_json, lambda: outer.to_json(emit_defaults=True)):
        with pytest.raises(errors.EncodeError) as caught:
            encode()
        assert caught.value.path == f"f_message.{name}"
        assert str(caught.value).startswith(f"codec.kinds.Kinds.f_message.{name}: ")


def test_wrong_messages_are_refused(kinds: Any, errors: Any) -> None:
    for value in (kinds.Lists(), kinds.Nothing(), {}, 1):
        with pytest.raises(errors.EncodeError, match="f_message: expected Kinds"):
            kinds.Kinds(f_message=value).to_bytes()
        with pytest.raises(errors.EncodeError, match="f_message: expected Kinds"):
            kinds.Kinds(f_message=value).to_json()


LISTS = [
    ("f_string", "abc", "f_string"),
    ("f_string", None, "f_string"),
    ("f_string", ["a", 1], "f_string[1]"),
    ("f_int32", [1, "2"], "f_int32[1]"),
    ("f_int32", [1, 2**31], "f_int32[1]"),
    ("f_double", [1.0, None], "f_double[1]"),
    ("f_bool", [True, 1], "f_bool[1]"),
    ("f_bytes", [b"", "x"], "f_bytes[1]"),
    ("f_message", [None], "f_message[0]"),
    ("expanded_float", ["x"], "expanded_float[0]"),
]


@pytest.mark.parametrize(("name", "value", "path"), LISTS, ids=str)
def test_wrong_elements_name_their_index(kinds: Any, errors: Any, name: str, value: object, path: str) -> None:
    message = kinds.Lists()
    setattr(message, name, value)
    for encode in (message.to_bytes, message.to_json):
        with pytest.raises(errors.EncodeError) as caught:
            encode()
        assert caught.value.path == path


MAPS = [
    ("m_string", {"a": 1}, "m_string['a']"),
    ("m_string", {1: "a"}, "m_string"),
    ("m_string", None, "m_string"),
    ("m_string", [("a", "b")], "m_string"),
    ("m_int32", {2**31: 1.0}, "m_int32"),
    ("m_int32", {1: "x"}, "m_int32[1]"),
    ("m_bool", {1: 1}, "m_bool"),
    ("m_message", {"a": None}, "m_message['a']"),
    ("m_color", {1: "RED"}, "m_color[1]"),
]


@pytest.mark.parametrize(("name", "value", "path"), MAPS, ids=str)
def test_wrong_entries_name_their_key(kinds: Any, errors: Any, name: str, value: object, path: str) -> None:
    message = kinds.Maps()
    setattr(message, name, value)
    for encode in (message.to_bytes, message.to_json):
        with pytest.raises(errors.EncodeError) as caught:
            encode()
        assert caught.value.path == path


def test_wrong_members_of_a_oneof(kinds: Any, errors: Any) -> None:
    for value in ("text", 1, kinds.Choice.A(1)):
        message = kinds.Choice()
        message.pick = value
        for encode in (message.to_bytes, message.to_json, functools.partial(message.to_json, proto_names=True)):
            with pytest.raises(errors.EncodeError, match=r"codec\.kinds\.Choice\.pick: "):
                encode()
    with pytest.raises(errors.EncodeError) as caught:
        kinds.Choice(pick=kinds.Choice.Number("x")).to_bytes()
    assert caught.value.path == "pick.number"


def test_circles_are_refused(kinds: Any, errors: Any) -> None:
    message = kinds.Kinds()
    message.f_message = message
    for encode in (message.to_bytes, message.to_json):
        with pytest.raises(errors.EncodeError, match="nested too deep"):
            encode()


def test_required_fields_are_asked_for_when_writing(legacy: Any, errors: Any) -> None:
    for message in (legacy.Strict(id=1), legacy.Strict(id=1, name="x", inner=legacy.Strict(id=2))):
        with pytest.raises(errors.EncodeError, match="name: required field is not set"):
            message.to_bytes()
    assert legacy.Strict.from_bytes(b"\x08\x01").name is None
    assert legacy.Strict(id=0, name="").to_bytes() == b"\x08\x00\x12\x00"


INPUTS = [
    (b"\x0a", "truncated", 1, ""),
    (b"\x72\x05ab", "truncated", 0, ""),
    (b"\x72\x02\xff\xff", "invalid UTF-8", 2, "f_string"),
    (b"\x8a\x01\x04\x72\x02a\xff", "invalid UTF-8", 6, "f_message.f_string"),
    (b"\x00\x00", "field number out of range", 0, ""),
    (b"\x0f", "wire type 7", 0, ""),
    (b"\x0e\x00", "wire type 6", 0, ""),
    (b"\x1c\x00", "end of a group", 0, ""),
    (b"\x1b\x08\x01", "truncated group", 0, ""),
    (b"\x1b\x24\x00", "end of another group", 0, ""),
    (b"\x18" + b"\x80" * 10 + b"\x01", "varint of more than 10 bytes", 0, ""),
    (b"\x72\x80\x80\x80\x80\x80\x00", "length of more than 5 bytes", 0, ""),
    (b"\x80\x80\x80\x80\x80\x80\x01\x00", "field number out of range", 0, ""),
    (b"\x08\x01\x0d", "truncated", 2, ""),
]


@pytest.mark.parametrize(("data", "reason", "offset", "path"), INPUTS, ids=repr)
def test_malformed_bytes_name_the_offset(
    kinds: Any, errors: Any, data: bytes, reason: str, offset: int, path: str
) -> None:
    with pytest.raises(errors.DecodeError) as caught:
        kinds.Kinds.from_bytes(data)
    assert reason in caught.value.reason
    assert (caught.value.offset, caught.value.path) == (offset, path)
    assert caught.value.message_name == "codec.kinds.Kinds"
    assert f"(at byte {offset})" in str(caught.value)


def test_every_truncation_is_refused_or_whole(kinds: Any, errors: Any) -> None:
    data = kinds.Lists(f_int32=[1, 300], f_string=["é", "x"], f_message=[kinds.Lists(f_double=[1.5])]).to_bytes()
    # Whole fields are a message of their own.
    whole = {0, 5, 9, 12, len(data)}
    for size in range(len(data) + 1):
        if size in whole:
            assert kinds.Lists.from_bytes(data[:size]).to_bytes() == data[:size]
        else:
            with pytest.raises(errors.DecodeError):
                kinds.Lists.from_bytes(data[:size])


def _nested(levels: int) -> bytes:
    data = b""
    for _ in range(levels):
        size = len(data)
        length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
        data = b"\x8a\x01" + length + data
    return data


def test_depth_has_a_limit(kinds: Any, errors: Any) -> None:
    theirs = codec_support.worlds().theirs["codec.kinds.Kinds"]
    assert kinds.Kinds.from_bytes(_nested(100)).to_bytes() == theirs.FromString(_nested(100)).SerializeToString()
    with pytest.raises(errors.DecodeError, match="nested more than 100 deep"):
        kinds.Kinds.from_bytes(_nested(101))
    assert kinds.Kinds.from_bytes(b"\x1b" * 100 + b"\x1c" * 100)._unknown == b"\x1b" * 100 + b"\x1c" * 100
    with pytest.raises(errors.DecodeError, match="nested more than 100 deep"):
        kinds.Kinds.from_bytes(b"\x1b" * 101 + b"\x1c" * 101)
    with pytest.raises(errors.DecodeError):
        kinds.Kinds.from_bytes(b"\x1b" * 100_000)


def test_json_depth_has_a_limit(kinds: Any, known: Any, errors: Any) -> None:
    kinds.Kinds.from_json('{"fMessage":' * 100 + "{}" + "}" * 100)
    for text in (
        '{"fMessage":' * 101 + "{}" + "}" * 101,
        '{"fMessage":' * 100_000 + "{}" + "}" * 100_000,
    ):
        with pytest.raises(errors.DecodeError, match="nested more than 100 deep"):
            kinds.Kinds.from_json(text)
    with pytest.raises(errors.DecodeError, match="nested more than 100 deep"):
        known.Known.from_json('{"value":' + "[" * 200 + "]" * 200 + "}")


JSON_INPUTS = [
    ('{"fInt32": "x"}', "fInt32", "not a number"),
    ('{"fInt32": 1.5}', "fInt32", "fraction"),
    ('{"fInt32": 2147483648}', "fInt32", "out of range"),
    ('{"fInt32": true}', "fInt32", "expected an integer, got true"),
    ('{"fInt32": "1e999999999"}', "fInt32", "out of range"),
    ('{"fUint64": -1}', "fUint64", "out of range"),
    ('{"fString": 1}', "fString", "expected a string, got a number"),
    ('{"fString": "\\ud800"}', "fString", "lone surrogate"),
    ('{"fBool": "true"}', "fBool", "expected true or false"),
    ('{"fBytes": "*"}', "fBytes", "not base64"),
    ('{"fDouble": 1e999}', "fDouble", "out of range"),
    ('{"fFloat": 1e39}', "fFloat", "out of range"),
    ('{"fDouble": "inf"}', "fDouble", "not a number"),
    ('{"fColor": "PINK"}', "fColor", "no value of enum"),
    ('{"fMessage": {"fMessage": {"fInt32": []}}}', "fMessage.fMessage.fInt32", "got a list"),
    ('{"fMessage": []}', "fMessage", "expected an object"),
    ('{"nope": 1}', "", "no field is called 'nope'"),
    ('{"fInt32": 1, "f_int32": 2}', "", "'fInt32' is there twice"),
    ("[]", "", "expected an object, got a list"),
]


@pytest.mark.parametrize(("text", "path", "reason"), JSON_INPUTS, ids=lambda value: str(value)[:40])
def test_wrong_json_names_its_path(kinds: Any, errors: Any, text: str, path: str, reason: str) -> None:
    with pytest.raises(errors.DecodeError) as caught:
        kinds.Kinds.from_json(text)
    assert reason in caught.value.reason
    assert caught.value.path == path
    assert caught.value.message_name == "codec.kinds.Kinds"
    if "\\u" not in text and "999" not in text:
        with pytest.raises(errors.DecodeError):
            kinds.Kinds.from_dict(json.loads(text))


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"fInt32": NaN}', '{"fInt32": 01}', '{"a": 1, "a": 2}', "{} {}", '{"fDouble": Infinity}', "\ufeff{}"],
)
def test_what_is_not_json_is_refused(kinds: Any, errors: Any, text: str) -> None:
    with pytest.raises(errors.DecodeError):
        kinds.Kinds.from_json(text)
    with pytest.raises(errors.DecodeError):
        kinds.Kinds.from_json(b"\xff\xfe{}")


def test_json_elements_have_paths(kinds: Any, errors: Any) -> None:
    with pytest.raises(errors.DecodeError) as caught:
        kinds.Lists.from_json('{"fMessage": [{}, {"fInt32": [1, null]}]}')
    assert caught.value.path == "fMessage[1].fInt32[1]"
    with pytest.raises(errors.DecodeError) as caught:
        kinds.Maps.from_json('{"mMessage": {"a": {"mInt32": {"1": "x"}}}}')
    assert caught.value.path == "mMessage['a'].mInt32['1']"
    with pytest.raises(errors.DecodeError, match="there twice"):
        kinds.Maps.from_json('{"mInt32": {"1": 1, "1.0": 2}}')


def test_two_members_of_a_oneof_are_refused(kinds: Any, errors: Any) -> None:
    with pytest.raises(errors.DecodeError, match="two members of oneof pick"):
        kinds.Choice.from_json('{"text": "a", "number": 1}')
    message = kinds.Choice.from_json('{"text": null, "number": 1}')
    assert message.pick == kinds.Choice.Number(1)


def _parts(size: int, count: int) -> bytes:
    """A message within a Choice in several parts, each with an unknown field of some bytes."""
    unknown = b"\xa2\x06" + bytes([size & 127 | 128, size >> 7]) + bytes(size)
    part = b"\x1a" + bytes([len(unknown) & 127 | 128, len(unknown) >> 7]) + unknown
    return part * count


def test_a_message_in_many_parts_is_joined_or_refused_before_it_takes_the_square(kinds: Any, errors: Any) -> None:
    # Large unknown fields and a small one behind them, as two messages one after the other have: always joined.
    for size, count in ((16000, 50), (16000, 900), (5, 2500)):
        data = _parts(size, count) + _parts(3, 1)
        message = kinds.Choice.from_bytes(data)
        assert len(message.nested._unknown) == count * (size + 4) + 7
        assert message.to_bytes() == kinds.Choice.from_bytes(message.to_bytes()).to_bytes()
    with pytest.raises(errors.DecodeError, match="unknown fields in more than 1000 parts"):
        kinds.Choice.from_bytes(_parts(130, 1200))
    outermost = kinds.Choice()
    for _ in range(1500):
        outermost.parse(b"\xa2\x06\x82\x01" + bytes(130))
    assert len(outermost._unknown) == 1500 * 134


def test_numbers_of_any_length_are_refused(kinds: Any, errors: Any) -> None:
    digits = "9" * 5000
    for text in (f'"1e{digits}"', f'"1e-{digits}"', f"1e{digits}", f'"{digits}"', digits):
        with pytest.raises(errors.DecodeError):
            kinds.Kinds.from_json(f'{{"fInt32": {text}}}')


def test_json_without_a_required_field_is_refused_where_it_needs_a_wire_form(
    known: Any, legacy: Any, errors: Any
) -> None:
    with pytest.raises(errors.DecodeError, match=r"Strict\.id: required field is not set"):
        known.Known.from_json('{"any": {"@type": "a/codec.legacy.Strict"}}')
    with pytest.raises(errors.DecodeError, match=r"x_strict\.name: required field is not set"):
        legacy.Legacy.from_json('{"[codec.legacy.x_strict]": {"id": 1}}')


def test_errors_repeat_a_part_of_the_input_only(kinds: Any, known: Any, errors: Any) -> None:
    huge = "x" * 1_000_000
    for cls, text in (
        (kinds.Kinds, f'{{"fColor": "{huge}"}}'),
        (kinds.Maps, f'{{"mInt32": {{"{huge}": 1}}}}'),
        (known.Known, f'{{"timestamp": "{huge}"}}'),
        (known.Known, f'{{"any": {{"@type": "a/{huge}"}}}}'),
    ):
        with pytest.raises(errors.DecodeError) as caught:
            cls.from_json(text)
        assert len(str(caught.value)) < 3000
    with pytest.raises(errors.DecodeError) as caught:
        kinds.Kinds.from_text(huge)
    assert len(str(caught.value)) < 3000


def test_what_is_no_bytes_is_a_type_error(kinds: Any) -> None:
    values: tuple[Any, ...] = (5, "x", [8, 1], None)
    for value in values:
        with pytest.raises(TypeError):
            kinds.Kinds.from_bytes(value)
        with pytest.raises(TypeError):
            kinds.Kinds().parse(value)
    assert kinds.Kinds().parse(memoryview(b"\x18\x05")) == kinds.Kinds.from_bytes(bytearray(b"\x18\x05"))


def _counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[None]:
    calls: list[None] = []
    real = getattr(module, name)

    def counting(*arguments: Any) -> Any:
        calls.append(None)
        return real(*arguments)

    monkeypatch.setattr(module, name, counting)
    return calls


def test_groups_in_groups_are_read_once_and_not_once_a_level(errors: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = codec_support.worlds().module("edition.models").Edition
    wire = codec_support.worlds().module("_runtime.wire")
    fields, depth = 1000, 90
    # 5 is the delimited field, and 100 an unknown one.
    data = b"\xa0\x06\x01" * fields
    for _ in range(depth):
        data = b"\x2b" + data + b"\x2c"
    wide = (b"\x2b" + b"\x2b\x2b\xa0\x06\x01\x2c\x2c" * 2 + b"\x33\x2b\x2c\x34" + b"\x2c") * 2
    for whole in (data, wide, data + wide):
        assert edition.from_bytes(edition.from_bytes(whole).to_bytes()) == edition.from_bytes(whole)
    calls = _counted(monkeypatch, wire, "read_tag")
    innermost = edition.from_bytes(data)
    assert len(calls) < 8 * fields
    for _ in range(depth):
        innermost = innermost.delimited
    assert innermost._unknown == b"\xa0\x06\x01" * fields
    calls.clear()
    with pytest.raises(errors.DecodeError, match="truncated"):
        edition.from_bytes(data + b"\x2b\xa0")
    assert len(calls) < 20 * fields


def test_the_path_of_a_fault_in_json_is_found_in_one_pass(
    kinds: Any, errors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = codec_support.worlds().module("_runtime.json_values")
    calls = _counted(monkeypatch, values, "_integer_from_json")
    count, depth = 200, 80
    text = ", ".join(["1"] * count)
    inner = f'{{"fMessage": [{{"fInt32": [{text}]}}, {{"fInt32": [{text}, "x"]}}]}}'
    for _ in range(depth):
        inner = f'{{"fMessage": [{inner}]}}'
    with pytest.raises(errors.DecodeError) as caught:
        kinds.Lists.from_json(inner)
    assert caught.value.path == "fMessage[0]." * depth + f"fMessage[1].fInt32[{count}]"
    assert len(calls) < 10 * count


def test_the_reason_is_that_of_the_path(kinds: Any, errors: Any) -> None:
    with pytest.raises(errors.DecodeError) as caught:
        kinds.Kinds.from_json('{"fString": 1, "fInt32": "x"}')
    assert (caught.value.path, caught.value.reason) == ("fString", "expected a string, got a number")
