"""The text format: what is written and read, against google.protobuf, and what errors say."""

from __future__ import annotations

import importlib
import struct
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import support
from google.protobuf import descriptor_pool, message_factory, text_format

FILES = ("text/all.proto", "text/open.proto")


@pytest.fixture(scope="module")
def descriptors() -> Any:
    return support.compile_protos(FILES, support.PROTOS)


@pytest.fixture(scope="module")
def google(descriptors: Any) -> Callable[[str], Any]:
    pool = descriptor_pool.DescriptorPool()
    for file in descriptors:
        pool.AddSerializedFile(file.SerializeToString())

    def read(text: str) -> Any:
        cls = message_factory.GetMessageClass(pool.FindMessageTypeByName("text.Everything"))
        return text_format.Parse(text, cls(), descriptor_pool=pool)

    return read


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    root = tmp_path_factory.mktemp("text")
    support.write_tree(support.run_plugin(FILES, "package=text_out", support.PROTOS), root)
    sys.path.insert(0, str(root))
    models = importlib.import_module("text_out.text.all.models")
    yield SimpleNamespace(
        models=models,
        Everything=models.Everything,
        Open=importlib.import_module("text_out.text.open.models").Open,
        DecodeError=importlib.import_module("text_out._runtime.errors").DecodeError,
        EncodeError=importlib.import_module("text_out._runtime.errors").EncodeError,
        wkt=importlib.import_module("text_out._runtime.wkt"),
    )
    sys.path.remove(str(root))


def everything(generated: SimpleNamespace) -> Any:
    models, cls = generated.models, generated.Everything
    message = cls(
        double_value=0.1,
        float_value=1.5,
        int32_value=-1,
        int64_value=-(2**63),
        uint32_value=2**32 - 1,
        uint64_value=2**64 - 1,
        sint32_value=-(2**31),
        sint64_value=-5,
        fixed32_value=7,
        fixed64_value=8,
        sfixed32_value=-7,
        sfixed64_value=-8,
        bool_value=True,
        string_value='tab\t quote" back\\ bell\a é 😀',
        bytes_value=bytes(range(256)),
        colour=models.Colour.VERDE,
        child=cls(int32_value=1, child=cls()),
        data=cls.Data(a=3),
        numbers=[1, -2],
        packed=[3, -4],
        words=["", "b"],
        children=[cls(), cls(bool_value=False)],
        colours=[models.Colour.RED, models.Colour.GREEN],
        counts={"a": 1, "": -1},
        by_number={-1: cls(bool_value=True)},
        choice=cls.Nested(cls(string_value="x")),
        any=generated.wkt.Any.pack(cls(int32_value=9)),
        time=generated.wkt.Timestamp(seconds=-1, nanos=999),
        struct={"a": [1.0, None, "x", True, {"b": {}}]},
        wrapped="w",
        doubles=[0.5, -1e300, 5e-324],
        zigzags=[-1, 2],
        floats=list(struct.unpack("<3f", struct.pack("<3f", 0.1, 3.4028235e38, 1e-45))),
    )
    models.extra.set(message, 5)
    models.extra_words.set(message, ["p", "q"])
    models.Holder.inside.set(message, models.Holder(x=2))
    return message


def test_round_trip(generated: SimpleNamespace) -> None:
    message = everything(generated)
    assert generated.Everything.from_text(message.to_text()) == message


def test_single_line_round_trip(generated: SimpleNamespace) -> None:
    message = everything(generated)
    text = message.to_text(single_line=True)
    assert "\n" not in text
    assert generated.Everything.from_text(text) == message


def test_google_reads_what_is_written(generated: SimpleNamespace, google: Callable[[str], Any]) -> None:
    message = everything(generated)
    theirs = google(message.to_text())
    assert generated.Everything.from_bytes(theirs.SerializeToString()) == message


def test_what_google_writes_is_read(generated: SimpleNamespace, google: Callable[[str], Any]) -> None:
    message = everything(generated)
    theirs = type(google("")).FromString(message.to_bytes())
    for as_utf8 in (True, False):
        assert generated.Everything.from_text(text_format.MessageToString(theirs, as_utf8=as_utf8)) == message


def test_form(generated: SimpleNamespace) -> None:
    cls = generated.Everything
    message = cls(
        string_value='a"\n',
        bytes_value=b"\xff",
        data=cls.Data(a=1),
        children=[cls(bool_value=True)],
        counts={"k": 1},
        any=generated.wkt.Any.pack(cls(int32_value=9)),
        floats=[0.1, 1.0, float("inf"), float("-inf"), float("nan")],
    )
    generated.models.extra.set(message, 5)
    assert message.to_text() == (
        'string_value: "a\\"\\n"\n'
        'bytes_value: "\\377"\n'
        "Data {\n  a: 1\n}\n"
        "children {\n  bool_value: true\n}\n"
        'counts {\n  key: "k"\n  value: 1\n}\n'
        "any {\n  [type.googleapis.com/text.Everything] {\n    int32_value: 9\n  }\n}\n"
        "floats: 0.1\nfloats: 1\nfloats: inf\nfloats: -inf\nfloats: nan\n"
        "[text.extra]: 5\n"
    )


def test_unknown_fields_are_shown_on_request(generated: SimpleNamespace) -> None:
    data = bytes.fromhex("c80c05cd0c01000000c90c0200000000000000ca0c021801ca0c02ffffcb0c0801cc0c")
    message = generated.Everything.from_bytes(data)
    assert message.to_text() == ""
    assert message.to_text(print_unknown_fields=True) == (
        '201: 5\n201: 0x00000001\n201: 0x0000000000000002\n201 {\n  3: 1\n}\n201: "\\377\\377"\n201 {\n  1: 1\n}\n'
    )


def test_any_of_an_unknown_type_stays_closed(generated: SimpleNamespace) -> None:
    message = generated.Everything(any=generated.wkt.Any(type_url="x.com/no.Such", value=b"\x08\x01"))
    assert message.to_text() == 'any {\n  type_url: "x.com/no.Such"\n  value: "\\010\\001"\n}\n'


def test_unknown_number_of_a_closed_enum_is_an_unknown_field(generated: SimpleNamespace) -> None:
    message = generated.Everything.from_bytes(bytes.fromhex("800109"))
    assert message.to_text() == ""
    assert message.to_text(print_unknown_fields=True) == "16: 9\n"


def test_open_enum_and_escaped_names(generated: SimpleNamespace) -> None:
    cls = generated.Open
    message = cls.from_text('shade: None shades: [LIGHT, 77] class: "c" by_name { value: LIGHT key: "x" }')
    assert message.to_bytes() == bytes.fromhex("08021201631a02014d22050a01781001")
    assert 'shade: None\nclass: "c"\n' in message.to_text()
    assert "shades: 77\n" in message.to_text()


VALID = [
    "",
    "# only a comment",
    "int32_value: 1; int64_value: 2, uint32_value: 3",
    "int32_value:1#c\nint64_value:0x1F uint32_value:017",
    "int32_value: -2147483648 uint32_value: 4294967295",
    "int64_value: - 5",
    "bool_value: t",
    "bool_value: False",
    "bool_value: 1",
    "float_value: 1f double_value: 1.e5",
    "float_value: .5F double_value: -inf",
    "double_value: Infinity float_value: NaN",
    "double_value: 1e400",
    "float_value: 1e39",
    "double_value: -nan",
    "float_value: -0",
    "string_value: 'a' \"b\"\n'c' # d\n 'e'",
    r"string_value: '\a\b\f\n\r\t\v\\\'\"'",
    r"string_value: '\101\x41\u00e9\U0001f600'",
    r"bytes_value: '\377\xff\0'",
    "child { int32_value: 1 }",
    "child: < int32_value: 1 >",
    "child <> data { a: 1 }",
    "Data { a: 1 }",
    "Data: { a: 1 }",
    "children [{}, <>] children {}",
    "numbers: [] numbers: [1,2] numbers: 3 packed: 4",
    "colour: GREEN colours: [RED, -1]",
    "counts { key: 'a' value: 1 } counts {} counts { value: 2 }",
    "by_number: [{ key: 1 value { int32_value: 1 } }]",
    "text: 'x'",
    "nested { number: 1 }",
    "[text.extra]: 1 [text.extra_message] { int32_value: 2 } [text.extra_words]: ['a', 'b']",
    "[text.Holder.inside] { x: 1 }",
    "any { [type.googleapis.com/text.Everything] { int32_value: 1 } }",
    "any { [type.googleapis.com/google.protobuf.Timestamp]: { seconds: 1 } }",
    "any { type_url: 'a/b' value: '' }",
    "time { seconds: -5 nanos: 1 } wrapped { value: 'x' }",
    "struct { fields { key: 'a' value { null_value: NULL_VALUE } } }",
]

INVALID = [
    ("int32_value", "1:12: expected ':', found the end"),
    ("int32_value 1", "1:13: expected ':', found '1'"),
    ("int32_value: 2147483648", "1:14: 2147483648 is out of range for int32"),
    ("int32_value: 99999999999999999999999999999999999999", "1:14: "),
    ("uint32_value: -1", "1:15: -1 is out of range for uint32"),
    ("int32_value: 1.0", "1:14: expected an integer, found '1.0'"),
    ("int32_value: 1a", "1:14: a number ends in"),
    ("int32_value: 08", "1:14: a number ends in"),
    ("int32_value: 0x", "1:14: a number ends in"),
    ("int32_value: true", "1:14: expected an integer, found 'true'"),
    ("int32_value: '1'", "1:14: expected an integer"),
    ("\n\nint32_value: 1\n int32_value: 2", "4:2: field 'int32_value' appears twice"),
    ("int32_value: [1]", "1:14: expected an integer, found '['"),
    ("bool_value: 2", "1:13: 2 is no bool"),
    ("bool_value: TRUE", "1:13: expected true or false"),
    ("float_value: 0x1p3", "1:14: "),
    ("float_value: 017", "1:14: expected a number, found '017'"),
    ("string_value: unquoted", "1:15: expected a string, found 'unquoted'"),
    ("string_value: 'open", "1:15: a string does not end on its line"),
    ("string_value: 'a\nb'", "1:15: a string does not end on its line"),
    (r"string_value: '\q'", "1:16: no valid escape"),
    (r"string_value: '\400'", "1:16: no valid escape"),
    (r"string_value: '\ud83d\ude00'", "1:16: no valid escape"),
    (r"string_value: 'x\ud83d'", "1:17: no valid escape"),
    (r"string_value: '\U00110000'", "1:16: no valid escape"),
    (r"string_value: '\x'", "1:16: no valid escape"),
    ("child { int32_value: 1 >", "1:24: expected a field name, found '>'"),
    ("child { int32_value: 1", "1:23: expected a field name, found the end"),
    ("child: 1", "1:8: expected '{', found '1'"),
    ("}", "1:1: expected a field name, found '}'"),
    ("numbers: [1 2]", "1:13: expected ',', found '2'"),
    ("numbers: [1,]", "1:13: expected an integer, found ']'"),
    ("colour: BLUE", "1:9: 'BLUE' is no value of enum Colour"),
    ("colour: 5", "1:9: 5 is no value of enum Colour"),
    ("nothing: 1", "1:1: text.Everything has no field 'nothing'"),
    ("DATA { a: 1 }", "1:1: text.Everything has no field 'DATA'"),
    ("text: 'x' number: 1", "1:11: fields 'text' and 'number' are of the same oneof choice"),
    ("[text.missing]: 1", "1:1: text.Everything has no extension 'text.missing' that is known"),
    ("child { [type.googleapis.com/text.Everything] {} }", "1:9: only an Any holds a type in brackets"),
    ("any { [a.com/no.Such] {} }", "1:7: no message class 'no.Such' has been imported"),
    ("any { [a.com/text.Everything] {} value: '' }", "1:34: field 'value' appears twice"),
    ("any { value: '' [a.com/text.Everything] {} }", "1:17: an Any holds one message and nothing else"),
    ("int32_value: 1,,", "1:16: expected a field name"),
    ("int32_value: 1 @", "1:16: '@' begins no token"),
    ("int32_value: 1 /* c */", "1:16: '/' begins no token"),
]


@pytest.mark.parametrize("text", VALID)
def test_valid(generated: SimpleNamespace, google: Callable[[str], Any], text: str) -> None:
    ours = generated.Everything.from_text(text)
    theirs = google(text.replace(" - 5", " -5"))
    twin = generated.Everything.from_bytes(theirs.SerializeToString())
    # NaN differs from itself, and maps are in any order.
    assert ours == twin or ours.to_bytes() == twin.to_bytes()


@pytest.mark.parametrize(("text", "error"), INVALID)
def test_invalid(generated: SimpleNamespace, text: str, error: str) -> None:
    with pytest.raises(generated.DecodeError) as caught:
        generated.Everything.from_text(text)
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize(
    "text",
    [
        "old: 1",
        "old: -1.5 older: 'a' 'b'",
        "old { nothing: 1 [a.b] { c: 1 } }",
        "old: [1, NAME, 'x']",
        "old [{a: 1}, <b: 2>]; older: []",
        "old: { any { [a.com/b.C] {} } }",
    ],
)
def test_reserved_names_are_passed_over(generated: SimpleNamespace, text: str) -> None:
    message = generated.Everything.from_text(f"{text} int32_value: 1")
    assert message == generated.Everything(int32_value=1)


def test_reserved_name_needs_a_colon_before_a_scalar(generated: SimpleNamespace) -> None:
    with pytest.raises(generated.DecodeError, match="1:5: expected ':' or"):
        generated.Everything.from_text("old 1")


def test_depth(generated: SimpleNamespace) -> None:
    cls = generated.Everything
    assert cls.from_text("child {" * 100 + "}" * 100).to_bytes()
    for name in ("child", "old"):
        with pytest.raises(generated.DecodeError, match="nested more than 100 deep"):
            cls.from_text(f"{name} {{" * 101 + "}" * 101)


def test_names_in_brackets_may_have_white_space_and_comments(generated: SimpleNamespace) -> None:
    message = generated.Everything.from_text("[ text # one\n . extra ]: 4")
    assert generated.models.extra.get(message) == 4


def test_bool_in_any_notation_of_integers(generated: SimpleNamespace) -> None:
    # The format has it, google.protobuf's Python parser does not.
    assert generated.Everything.from_text("bool_value: 0x1") == generated.Everything(bool_value=True)


def test_string_that_is_not_utf8(generated: SimpleNamespace) -> None:
    with pytest.raises(generated.DecodeError, match=r"^1:8: a string that is not UTF-8$"):
        generated.Open.from_text(r"class: '\xff'")


def test_numbers_of_any_length_are_out_of_range(generated: SimpleNamespace) -> None:
    for number in ("9" * 5000, "0x" + "f" * 5000, "07" * 5000):
        for name in ("int32_value", "bool_value", "colour"):
            with pytest.raises(generated.DecodeError, match=f"^1:{len(name) + 3}: "):
                generated.Everything.from_text(f"{name}: {number}")
    zeros = "0" * 5000
    assert generated.Everything.from_text(f"int32_value: 0x{zeros}7 int64_value: {zeros}17") == generated.Everything(
        int32_value=7, int64_value=15
    )


def test_what_is_nested_without_a_limit_is_shown_to_a_limit(generated: SimpleNamespace) -> None:
    held = generated.wkt.Any.pack(generated.Everything(int32_value=1))
    for _ in range(300):
        held = generated.wkt.Any.pack(held)
    message = generated.Everything(any=held)
    text = message.to_text()
    assert text.count("[type.googleapis.com/google.protobuf.Any] {") == 99
    assert generated.Everything.from_text(text) == message
    unknown = b""
    for _ in range(300):
        unknown = (
            b"\xca\x0c" + len(unknown).to_bytes(1, "little") + unknown
            if len(unknown) < 128
            else (b"\xca\x0c" + bytes((len(unknown) & 127 | 128, len(unknown) >> 7)) + unknown)
        )
    text = generated.Everything.from_bytes(unknown).to_text(print_unknown_fields=True)
    assert text.count("201 {") == 100


def test_messages_too_deep_for_the_stack_are_refused(generated: SimpleNamespace) -> None:
    message = generated.Everything()
    for _ in range(sys.getrecursionlimit() // 2):
        message = generated.Everything(child=message)
    assert message.to_bytes()
    with pytest.raises(generated.EncodeError, match="nested too deep"):
        message.to_text()
