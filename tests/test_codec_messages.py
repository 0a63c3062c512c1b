"""What messages do beyond bytes and JSON: merging, copies, options of the codec, streams, extensions."""

from __future__ import annotations

import io
import json
import re

import codec_support
import pytest
from google.protobuf import json_format


@pytest.fixture(scope="module")
def both() -> codec_support.Worlds:
    return codec_support.worlds()


def _merged(both: codec_support.Worlds, name: str, first: bytes, second: bytes) -> None:
    ours = both.ours[name].from_bytes(first)
    ours.merge_from(both.ours[name].from_bytes(second))
    theirs = both.theirs[name].FromString(first)
    theirs.MergeFrom(both.theirs[name].FromString(second))
    back = both.theirs[name].FromString(ours.to_bytes())
    assert back.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)
    # Two messages one after the other are their merge, too.
    parsed = both.ours[name].from_bytes(first).parse(second)
    assert parsed.to_bytes(deterministic=True) == ours.to_bytes(deterministic=True)


def test_merging_is_as_in_protobuf(both: codec_support.Worlds) -> None:
    kinds, known, legacy = (both.module(f"{name}.models") for name in ("kinds", "known", "legacy"))
    wkt = both.module("_runtime.wkt")
    choice = kinds.Choice
    pairs = [
        (kinds.Kinds(f_int32=1, f_string="a", o_bool=True), kinds.Kinds(f_string="b", o_bool=False)),
        (kinds.Kinds(f_message=kinds.Kinds(f_int32=1)), kinds.Kinds(f_message=kinds.Kinds(f_bool=True))),
        (kinds.Kinds(f_double=1.0), kinds.Kinds(f_double=-0.0)),
        (kinds.Lists(f_int32=[1], f_message=[kinds.Lists()]), kinds.Lists(f_int32=[2, 3], f_message=[kinds.Lists()])),
        (kinds.Maps(m_string={"a": "1", "b": "2"}), kinds.Maps(m_string={"b": "3", "c": "4"})),
        (kinds.Maps(m_message={"a": kinds.Maps(m_bool={True: 1})}), kinds.Maps(m_message={"a": kinds.Maps()})),
        (choice(pick=choice.Text("a")), choice(pick=choice.Number(0))),
        (choice(pick=choice.Nested(choice(beside="x"))), choice(pick=choice.Nested(choice(pick=choice.Yes(True))))),
        (choice(pick=choice.Text("a")), choice()),
        (legacy.Legacy(part=legacy.Legacy.Part(a=1)), legacy.Legacy(part=legacy.Legacy.Part(deep=[]))),
        (known.Known(timestamp=wkt.Timestamp(seconds=5)), known.Known(timestamp=wkt.Timestamp(nanos=7))),
        (known.Known(w_string="x"), known.Known(w_string="")),
        (known.Known(struct={"a": 1.0}), known.Known(struct={"b": None})),
        (known.Known(value=[1.0]), known.Known(value=[2.0])),
        (known.Known(value=[1.0]), known.Known(value="x")),
        (known.Known(list=["a"]), known.Known(list=["b"])),
        (known.Known(mask=wkt.FieldMask(paths=["a"])), known.Known(mask=wkt.FieldMask(paths=["b"]))),
    ]
    for first, second in pairs:
        _merged(both, first._full_name, first.to_bytes(), second.to_bytes())
    _merged(both, "codec.kinds.Nothing", b"\x08\x01", b"\x10\x02")


def test_merging_copies(both: codec_support.Worlds) -> None:
    kinds = both.module("kinds.models")
    into, other = kinds.Kinds(), kinds.Kinds(f_message=kinds.Kinds(f_int32=1))
    into.merge_from(other)
    other.f_message.f_int32 = 2
    assert into.f_message.f_int32 == 1
    with pytest.raises(TypeError, match="expected a Kinds, got a Lists"):
        into.merge_from(kinds.Lists())


def test_maps_in_the_order_of_their_keys(both: codec_support.Worlds) -> None:
    maps = both.module("kinds.models").Maps
    one = maps(
        m_string={"b": "", "a": ""}, m_int32={2: 0.0, -1: 0.0}, m_message={"x": maps(m_bool={True: 1, False: 2})}
    )
    two = maps(
        m_string={"a": "", "b": ""}, m_int32={-1: 0.0, 2: 0.0}, m_message={"x": maps(m_bool={False: 2, True: 1})}
    )
    assert one == two
    assert one.to_bytes() != two.to_bytes()
    assert one.to_bytes(deterministic=True) == two.to_bytes(deterministic=True)
    assert list(one.m_string) == ["b", "a"]
    assert maps.from_bytes(one.to_bytes(deterministic=True)) == one


def test_delimited_fields_hold_plain_values(both: codec_support.Worlds) -> None:
    edition = both.module("edition.models").Edition
    message = edition(wrapper="a", wrappers=[1, 0], value={"b": 1.0, "a": [{"d": 2.0, "c": 3.0}]}, struct={"x": None})
    data = message.to_bytes()
    assert edition.from_bytes(data) == message
    assert data.startswith(b"\x93\x01\x0a\x01a\x94\x01\x9b\x01\x08\x01\x9c\x01\x9b\x01\x9c\x01")
    assert edition.from_json(message.to_json(emit_defaults=True)) == edition.from_text(message.to_text()) == message
    other = edition(value={"a": [{"c": 3.0, "d": 2.0}], "b": 1.0})
    assert edition(value=message.value).to_bytes(deterministic=True) == other.to_bytes(deterministic=True)


def test_the_sign_of_zero_in_json_values(both: codec_support.Worlds) -> None:
    known = both.module("known.models").Known
    text = known(value=-0.0, struct={"x": -0.0, "y": 0.0}).to_json()
    assert text == '{"struct": {"x": -0.0, "y": 0}, "value": -0.0}'
    assert str(known.from_json(text).value) == "-0.0"


def test_json_of_extensions_has_defaults_and_proto_names_too(both: codec_support.Worlds) -> None:
    legacy = both.module("legacy.models")
    message = legacy.Legacy()
    legacy.x_payload.set(message, legacy.Payload(s="a"))
    legacy.x_part.set(message, legacy.Legacy.Part(deep_one=1))
    found = message.to_dict(emit_defaults=True, proto_names=True)
    assert found["[codec.legacy.x_payload]"] == {"s": "a", "n": []}
    assert found["[codec.legacy.x_part]"] == {"deep": [], "deep_one": 1}
    assert message.to_dict()["[codec.legacy.x_part]"] == {"deepOne": 1}


def test_streams_of_messages(both: codec_support.Worlds) -> None:
    kinds, delimited = both.module("kinds.models"), both.module("_runtime.delimited")
    errors = both.module("_runtime.errors")
    sent = [kinds.Kinds(f_string="x" * size) for size in (0, 1, 200, 20_000)]
    stream = io.BytesIO()
    for message in sent:
        delimited.write_delimited(stream, message)
    stream.seek(0)
    assert list(delimited.iter_delimited(stream, kinds.Kinds)) == sent
    assert delimited.read_delimited(stream, kinds.Kinds) is None
    for data, reason in [
        (b"\x80", "within a size"),
        (b"\x05abc", "within a message"),
        (b"\xff\xff\xff\xff\xff\x01", "not a size"),
        (b"\x02\x72\x05", "truncated"),
    ]:
        with pytest.raises(errors.DecodeError, match=reason):
            delimited.read_delimited(io.BytesIO(data), kinds.Kinds)
    with pytest.raises(errors.DecodeError, match="up to 10 are accepted"):
        delimited.read_delimited(io.BytesIO(b"\x0b" + b"x" * 11), kinds.Kinds, max_size=10)


def test_unknown_fields_come_back(both: codec_support.Worlds) -> None:
    nothing = both.ours["codec.kinds.Nothing"]
    data = b"\x08\x01" + b"\x12\x02ab" + b"\x1d\x01\x02\x03\x04" + b"\x21" + b"x" * 8 + b"\x2b\x08\x01\x2c"
    assert nothing.from_bytes(data).to_bytes() == data
    # A known number with another wire type is unknown.
    kinds = both.module("kinds.models").Kinds
    message = kinds.from_bytes(b"\x1a\x01x" + b"\x18\x05")
    assert message.f_int32 == 5
    assert message.to_bytes() == b"\x18\x05\x1a\x01x"


def test_decoding_is_linear_in_unknown_fields(both: codec_support.Worlds) -> None:
    nothing = both.ours["codec.kinds.Nothing"]
    data = b"\x08\x01" * 200_000
    assert nothing.from_bytes(data).to_bytes() == data


def test_packed_and_expanded_are_both_read(both: codec_support.Worlds) -> None:
    lists = both.module("kinds.models").Lists
    assert lists.from_bytes(b"\x18\x01\x1a\x02\x02\x03\x18\x04").f_int32 == [1, 2, 3, 4]
    assert lists.from_bytes(b"\x92\x01\x02\x05\x06").expanded_int32 == [5, 6]
    assert lists(expanded_int32=[5, 6]).to_bytes() == b"\x90\x01\x05\x90\x01\x06"
    assert lists(f_int32=[5, 6]).to_bytes() == b"\x1a\x02\x05\x06"


def test_numbers_that_a_closed_enum_lacks_are_kept(both: codec_support.Worlds) -> None:
    legacy = both.module("legacy.models")
    theirs = both.theirs["codec.legacy.Legacy"]
    for data in (
        b"\x18\x63",
        b"\x20\x01\x20\x63\x20\x02",
        b"\x2a\x03\x01\x63\x02",
        b"\x32\x05\x0a\x01a\x10\x63",
        b"\x40\x63",
    ):
        message = legacy.Legacy.from_bytes(data)
        assert theirs.FromString(message.to_bytes()) == theirs.FromString(data)
        assert 0x63 not in (*message.closed_list, *message.closed_packed, *message.closed_map.values(), message.closed)
    with pytest.raises(ValueError, match="closed"):
        legacy.Legacy(closed=99).to_bytes()


def test_strings_that_proto2_does_not_check(both: codec_support.Worlds) -> None:
    legacy = both.module("legacy.models")
    data = b"\x12\x03a\xffb"
    message = legacy.Legacy.from_bytes(data)
    assert message.to_bytes() == data
    with pytest.raises(both.module("_runtime.errors").EncodeError):
        message.to_json()


def test_extensions_read_and_write(both: codec_support.Worlds) -> None:
    legacy = both.module("legacy.models")
    theirs = both.theirs["codec.legacy.Legacy"]
    message = legacy.Legacy(number=1)
    legacy.x_int.set(message, -5)
    legacy.x_strings.set(message, ["a", "b"])
    legacy.x_payload.set(message, legacy.Payload(s="x", n=[1, 2]))
    legacy.x_packed.set(message, [1, 2**40])
    legacy.x_closed.set(message, legacy.Closed.TWO)
    read = theirs.FromString(message.to_bytes())
    find = both.pool.FindExtensionByName
    assert read.Extensions[find("codec.legacy.x_int")] == -5
    assert list(read.Extensions[find("codec.legacy.x_strings")]) == ["a", "b"]
    assert list(read.Extensions[find("codec.legacy.x_packed")]) == [1, 2**40]
    again = legacy.Legacy.from_bytes(read.SerializeToString())
    assert legacy.x_payload.get(again) == legacy.Payload(s="x", n=[1, 2])
    assert legacy.x_closed.get(again) is legacy.Closed.TWO
    text = again.to_json()
    assert json.loads(text) == json.loads(json_format.MessageToJson(read, descriptor_pool=both.pool))
    assert legacy.Legacy.from_json(text).to_bytes(deterministic=True) == again.to_bytes(deterministic=True)
    with pytest.raises(both.module("_runtime.errors").DecodeError, match="no extension"):
        legacy.Legacy.from_json('{"[codec.legacy.nope]": 1}')


def test_extensions_are_compared_by_value(both: codec_support.Worlds) -> None:
    legacy = both.module("legacy.models")
    one, other = legacy.Legacy(), legacy.Legacy()
    for key, value in ((legacy.x_int, 1), (legacy.x_packed, [1, 2])):
        key.set(one, value)
    for key, value in ((legacy.x_packed, [1, 2]), (legacy.x_int, 1)):
        key.set(other, value)
    assert one == other
    assert legacy.Legacy.from_text(one.to_text()) == one, "written one by one in text, and packed in bytes"
    legacy.x_int.set(other, 2)
    assert one != other
    unknown = b"\xa0\x06\x01"
    assert legacy.Payload.from_bytes(unknown + b"\xa8\x06\x02") == legacy.Payload.from_bytes(b"\xa8\x06\x02" + unknown)
    assert legacy.Payload.from_bytes(unknown * 2) != legacy.Payload.from_bytes(unknown)


def test_values_that_an_extension_does_not_take_are_named(both: codec_support.Worlds) -> None:
    legacy = both.module("legacy.models")
    message = legacy.Legacy()
    for key, value, text in (
        (legacy.x_int, None, "codec.legacy.x_int: expected an int of 32 bits, got None"),
        (legacy.x_int, 2**40, "codec.legacy.x_int: expected an int of 32 bits, got 1099511627776 (int)"),
        (legacy.x_strings, "ab", "codec.legacy.x_strings: expected a list, got 'ab' (str)"),
        (legacy.x_strings, ["a", 1], "codec.legacy.x_strings[1]: expected a str, got 1 (int)"),
        (legacy.x_payload, legacy.Legacy(), "codec.legacy.x_payload: expected Payload, got a Legacy"),
        (legacy.x_payload, legacy.Payload(n=["a"]), "x_payload.n[0]: expected an int of 32 bits, got 'a' (str)"),
    ):
        with pytest.raises(TypeError, match=re.escape(text)):
            key.set(message, value)
    with pytest.raises(ValueError, match=r"x_strict\.id: required field is not set"):
        legacy.x_strict.set(message, legacy.Strict())
    with pytest.raises(ValueError, match="x_closed: expected a Closed, got 9"):
        legacy.x_closed.set(message, 9)
    assert message == legacy.Legacy()


def test_closed_enums_are_closed_in_json_too(both: codec_support.Worlds) -> None:
    legacy = both.module("legacy.models")
    with pytest.raises(both.module("_runtime.errors").EncodeError, match="closed: expected a Closed, got 9"):
        legacy.Legacy(closed=9).to_json()
    text = '{"[codec.legacy.x_closed]": "NEW"}'
    assert legacy.Legacy.from_json(text, ignore_unknown=True) == legacy.Legacy()
    with pytest.raises(both.module("_runtime.errors").DecodeError):
        legacy.Legacy.from_json(text)


def test_options_of_json(both: codec_support.Worlds) -> None:
    kinds = both.module("kinds.models")
    message = kinds.Kinds(f_int32=1, f_message=kinds.Kinds(f_color=kinds.Color.BLUE))
    assert message.to_json() == '{"fInt32": 1, "fMessage": {"fColor": "BLUE"}}'
    assert message.to_json(indent=1) == '{\n "fInt32": 1,\n "fMessage": {\n  "fColor": "BLUE"\n }\n}'
    assert message.to_dict(proto_names=True) == {"f_int32": 1, "f_message": {"f_color": "BLUE"}}
    assert message.to_dict(emit_defaults=True)["fString"] == ""
    assert "oInt32" not in message.to_dict(emit_defaults=True)
    assert kinds.Lists().to_dict(emit_defaults=True)["fInt32"] == []
    assert kinds.Maps().to_dict(emit_defaults=True)["mInt32"] == {}
    lax = kinds.Kinds.from_json('{"nope": 1, "fColor": "PINK", "fInt32": 3}', ignore_unknown=True)
    assert lax == kinds.Kinds(f_int32=3)
    assert kinds.Lists.from_json('{"fColor": ["RED", "PINK"]}', ignore_unknown=True).f_color == [kinds.Color.RED]
    assert kinds.Kinds.from_dict(message.to_dict()) == message


def test_json_text_is_the_same_without_the_encoder_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    from protoc_gen_pds.runtime import json as runtime_json

    value = {"a": [1, {"b": '"\\\n\x00é\U0001f600'}, True, None, 1.5, -0.0, 10**20], "c": {}, "d": []}
    text = runtime_json._encode(value)
    assert text == json.dumps(value, ensure_ascii=False)
    monkeypatch.setattr(runtime_json, "_chunks", None)
    assert runtime_json._encode(value) == text


def test_fields_called_by_both_names(both: codec_support.Worlds) -> None:
    kinds = both.module("kinds.models")
    assert kinds.Kinds.from_json('{"f_int32": 1, "fString": "x"}') == kinds.Kinds(f_int32=1, f_string="x")
    assert kinds.Kinds.from_json('{"fInt64": "9223372036854775807"}').f_int64 == 2**63 - 1
    assert kinds.Kinds.from_json('{"fInt32": 1e2}').f_int32 == 100
    assert kinds.Kinds.from_json('{"fBytes": "-_"}').f_bytes == kinds.Kinds.from_json('{"fBytes": "+/=="}').f_bytes


def test_numbers_beyond_the_names_of_an_enum(both: codec_support.Worlds) -> None:
    kinds = both.module("kinds.models")
    message = kinds.Kinds.from_bytes(b"\x80\x01\x63")
    assert message.f_color == 99
    assert message.to_json() == '{"fColor": 99}'
    assert kinds.Kinds.from_json('{"fColor": 99}') == message
    assert kinds.Kinds.from_json('{"fColor": "ROUGE"}').f_color is kinds.Color.RED


def test_the_table_of_fields(both: codec_support.Worlds) -> None:
    codec_of = both.module("_runtime.message").codec_of
    fields = {field.name: field for field in codec_of(both.ours["codec.kinds.Maps"]).fields()}
    assert fields["m_message"].type is both.ours["codec.kinds.Maps"]
    assert (fields["m_bool"].key, fields["m_bool"].kind, fields["m_bool"].label) == ("bool", "sfixed32", "map")
    assert fields["m_to_bool"].json_name == "mToBool"
    choice = both.ours["codec.kinds.Choice"]
    members = {field.name: field for field in codec_of(choice).fields()}
    assert members["text"].get(choice(pick=choice.Text("x"))) == "x"
    assert members["number"].get(choice(pick=choice.Text("x"))) is None
