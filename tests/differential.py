"""Compares a generated message class with google.protobuf's (upb): messages of every content, whole and damaged.

Hypothesis builds the messages from descriptors, so that any schema will do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import codec_support
import pytest
from google.protobuf import json_format, text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError as TheirDecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from hypothesis import strategies as st
from random_protos import HOMES

PLAIN = frozenset(f"google.protobuf.{name}" for name, home in HOMES.items() if home in ("struct", "wrappers"))
"""Messages that are plain Python values in the fields of others, so that their unknown fields are dropped."""
MUTATIONS = 40
"""Damaged forms of each message that are decoded."""


@dataclass
class Pair:
    """Our class and theirs for one message, and how many damaged forms of it were decoded, and refused."""

    name: str
    ours: Any
    theirs: Any
    pool: Any
    errors: Any
    """Our module of errors."""
    decodes: int = 0
    refused: int = 0

    @classmethod
    def of(cls, both: codec_support.Worlds, name: str) -> Pair:
        return cls(name, both.ours[name], both.theirs[name], both.pool, both.module("_runtime.errors"))

    @property
    def messages(self) -> st.SearchStrategy[Any]:
        """Messages of google.protobuf."""
        return messages(self.theirs.DESCRIPTOR)

    @property
    def damaged(self) -> st.SearchStrategy[list[bytes]]:
        """Damaged forms of such a message's bytes."""
        return damaged(self.theirs.DESCRIPTOR)

    def same_bytes(self, theirs: Any) -> None:
        """Bytes mean the same both ways."""
        ours = self.ours.from_bytes(theirs.SerializeToString())
        _assert_same_values(ours, theirs)
        back = ours.to_bytes()
        assert _canonical(self.theirs.FromString(back)) == _canonical(theirs)
        assert self.ours.from_bytes(back).to_bytes() == back
        assert ours.copy().to_bytes() == back
        assert len(ours.to_bytes(deterministic=True)) == len(back)

    def same_json(self, theirs: Any) -> None:
        """JSON is the same both ways."""
        ours = self.ours.from_bytes(theirs.SerializeToString())
        try:
            expected = json_format.MessageToJson(theirs, descriptor_pool=self.pool)
        except (json_format.SerializeToJsonError, ValueError, TypeError, OverflowError):
            with pytest.raises(self.errors.EncodeError):
                ours.to_json()
            return
        text = ours.to_json()
        assert _difference(json.loads(text), json.loads(expected)) == ""
        assert json.loads(self.ours.from_json(expected).to_json()) == json.loads(text)
        parsed = _read(text, self.theirs(), self.pool)
        if parsed is None:
            assert _read(expected, self.theirs(), self.pool) is None
            return
        assert _without_unknown(parsed) == _without_unknown(self.theirs.FromString(theirs.SerializeToString()))
        options = {"emit_defaults": True, "proto_names": True}
        verbose = json_format.MessageToDict(
            theirs,
            always_print_fields_with_no_presence=True,
            preserving_proto_field_name=True,
            descriptor_pool=self.pool,
        )
        assert _difference(json.loads(ours.to_json(**options)), json.loads(json.dumps(verbose))) == ""

    def same_text(self, theirs: Any) -> None:
        """The text format means the same both ways."""
        ours = self.ours.from_bytes(theirs.SerializeToString())
        text = ours.to_text()
        wanted = _without_unknown(self.theirs.FromString(theirs.SerializeToString()))
        parsed = text_format.Parse(text, self.theirs(), descriptor_pool=self.pool)
        assert _without_unknown(parsed) == wanted
        expected = text_format.MessageToString(theirs, descriptor_pool=self.pool)
        assert _without_unknown(self.theirs.FromString(self.ours.from_text(expected).to_bytes())) == wanted

    def same_verdict(self, inputs: list[bytes]) -> None:
        """Damaged bytes are refused by both, or mean the same."""
        for data in inputs:
            self.decodes += 1
            try:
                expected = self.theirs.FromString(data)
            except TheirDecodeError:
                self.refused += 1
                with pytest.raises(self.errors.DecodeError):
                    self.ours.from_bytes(data)
                continue
            ours, reason = _attempt(self.ours, data, self.errors.DecodeError)
            if ours is None:
                assert reason == "field number out of range", data
                continue
            if not expected.IsInitialized():
                continue
            back = self.theirs.FromString(ours.to_bytes())
            if _canonical(back) != _canonical(expected) and _normal(back) != _normal(expected):
                assert list(unknown_fields(back)) == list(unknown_fields(expected)), data
                assert _without_unknown(back) == _without_unknown(expected), data


_int32 = st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from([0, 1, -1, 127, 128, -(2**31), 2**31 - 1]))
_int64 = st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from([0, 1, -1, -(2**63), 2**63 - 1]))
_uint32 = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 127, 128, 16383, 16384, 2**32 - 1]))
_uint64 = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 2**63, 2**64 - 1]))
_text = st.one_of(st.text(max_size=12), st.text(min_size=126, max_size=130, alphabet="aé"))

_nan = float("nan")
"""The one that JSON gives back: it has no others."""

SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_DOUBLE: st.floats().map(lambda x: _nan if x != x else x),
    FieldDescriptor.TYPE_FLOAT: st.floats(width=32).map(lambda x: _nan if x != x else x),
    FieldDescriptor.TYPE_INT32: _int32,
    FieldDescriptor.TYPE_SINT32: _int32,
    FieldDescriptor.TYPE_SFIXED32: _int32,
    FieldDescriptor.TYPE_INT64: _int64,
    FieldDescriptor.TYPE_SINT64: _int64,
    FieldDescriptor.TYPE_SFIXED64: _int64,
    FieldDescriptor.TYPE_UINT32: _uint32,
    FieldDescriptor.TYPE_FIXED32: _uint32,
    FieldDescriptor.TYPE_UINT64: _uint64,
    FieldDescriptor.TYPE_FIXED64: _uint64,
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=12),
}

_json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)


def _single(draw: Any, field: Any, depth: int) -> Any:
    if field.message_type is not None:
        return _message(draw, field.message_type, depth)
    if field.enum_type is not None:
        numbers = [value.number for value in field.enum_type.values]
        if not field.enum_type.is_closed and field.enum_type.name != "NullValue":
            numbers += [99, -7]
        return draw(st.sampled_from(numbers))
    return draw(SCALARS[field.type])


def _message(draw: Any, descriptor: Any, depth: int) -> Any:
    """A message as bytes: what it is made of is then the same for both."""
    theirs = codec_support.message_class(descriptor)()
    name = descriptor.full_name
    if name == "google.protobuf.Timestamp":
        theirs.seconds = draw(st.integers(-62135596800, 253402300799))
        theirs.nanos = draw(st.sampled_from([0, 1, 1000, 999999999, 500000000]))
    elif name == "google.protobuf.Duration":
        sign = draw(st.sampled_from([1, -1]))
        theirs.seconds = sign * draw(st.integers(0, 315576000000))
        theirs.nanos = sign * draw(st.sampled_from([0, 1, 1000, 999999999]))
    elif name == "google.protobuf.FieldMask":
        theirs.paths.extend(draw(st.lists(st.sampled_from(["a", "a_b.c", "foo_bar"]), max_size=3)))
    elif name == "google.protobuf.Any":
        if draw(st.booleans()):
            theirs.type_url = "type.googleapis.com/codec.kinds.Choice"
            theirs.value = b"\x0a\x01x"
    elif name == "google.protobuf.Value":
        json_format.ParseDict(draw(_json_values), theirs)
    elif name == "google.protobuf.Struct":
        json_format.ParseDict(draw(st.dictionaries(st.text(max_size=4), _json_values, max_size=3)), theirs)
    elif name == "google.protobuf.ListValue":
        json_format.ParseDict(draw(st.lists(_json_values, max_size=3)), theirs)
    else:
        _fill(draw, theirs, depth)
    return theirs


def _fill(draw: Any, message: Any, depth: int) -> None:
    extensions = message.DESCRIPTOR.file.pool.FindAllExtensions(message.DESCRIPTOR)
    fields = [*message.DESCRIPTOR.fields, *sorted(extensions, key=lambda field: field.number)]
    for oneof in message.DESCRIPTOR.oneofs:
        if len(oneof.fields) > 1:
            kept = draw(st.sampled_from(list(oneof.fields)))
            fields = [f for f in fields if f.containing_oneof is not oneof or f is kept]
    chosen = draw(st.lists(st.sampled_from(fields), max_size=8, unique_by=lambda f: f.number)) if fields else []
    required = [f for f in fields if f.is_required and f not in chosen]
    for field in chosen + required:
        if field.message_type is not None and depth <= 0 and not field.is_required:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _fill_map(draw, message, field, depth)
        elif field.is_repeated:
            for _ in range(draw(st.integers(0, 3))):
                value = _single(draw, field, depth - 1)
                held = _get(message, field)
                held.add().CopyFrom(value) if field.message_type is not None else held.append(value)
        else:
            value = _single(draw, field, depth - 1)
            if field.message_type is not None:
                _get(message, field).CopyFrom(value)
                _get(message, field).SetInParent()
            else:
                _set(message, field, value)


def _get(message: Any, field: Any) -> Any:
    return message.Extensions[field] if field.is_extension else getattr(message, field.name)


def _set(message: Any, field: Any, value: Any) -> None:
    if field.is_extension:
        message.Extensions[field] = value
    else:
        setattr(message, field.name, value)


def _fill_map(draw: Any, message: Any, field: Any, depth: int) -> None:
    key, value = field.message_type.fields
    held = getattr(message, field.name)
    for _ in range(draw(st.integers(0, 3))):
        name = draw(SCALARS[key.type])
        content = _single(draw, value, depth - 1)
        if value.message_type is not None:
            held[name].CopyFrom(content)
        else:
            held[name] = content


@st.composite
def messages(draw: Any, descriptor: Any) -> Any:
    """A message of google.protobuf."""
    return _message(draw, descriptor, 3)


def _canonical(message: Any) -> bytes:
    return bytes(message.SerializePartialToString(deterministic=True))


def _without_unknown(message: Any) -> bytes:
    message.DiscardUnknownFields()
    return _normal(message)


def unknown_fields(message: Any) -> Iterator[Any]:
    """Numbers, wire types and content of the unknown fields of a message and of those in it that keep them."""
    if message.DESCRIPTOR.full_name in PLAIN:
        return
    yield from map(_unknown_field, UnknownFieldSet(message))
    for _, _, inner in _fields(message):
        for item in inner:
            yield list(unknown_fields(item))


def _fields(message: Any) -> Iterator[tuple[Any, Any, list[Any]]]:
    """The fields of a message that are set, with their values, and the messages in each."""
    for field, value in message.ListFields():
        if _content(field).message_type is None:
            yield field, value, []
        elif codec_support.is_map(field):
            yield field, value, list(value.values())
        else:
            yield field, value, list(value) if field.is_repeated else [value]


def _content(field: Any) -> Any:
    """The field of the values, which in a map is one of its entries."""
    return field.message_type.fields_by_name["value"] if codec_support.is_map(field) else field


def _unknown_field(field: Any) -> tuple[int, int, Any]:
    group = field.wire_type == 3
    return field.field_number, field.wire_type, list(map(_unknown_field, field.data)) if group else field.data


def _normal(message: Any) -> bytes:
    _normalise(message)
    return _canonical(message)


def _normalise(message: Any) -> None:
    """Make the deliberate differences in values disappear."""
    if message.DESCRIPTOR.full_name == "google.protobuf.Value" and message.WhichOneof("kind") in (None, "null_value"):
        message.null_value = 0
    for field, value, inner in _fields(message):
        for item in inner:
            _normalise(item)
        if _content(field).type == FieldDescriptor.TYPE_FLOAT:
            if codec_support.is_map(field):
                for key in [key for key in value if value[key] != value[key]]:
                    value[key] = _nan
            elif field.is_repeated:
                value[:] = [_nan if item != item else item for item in value]
            elif value != value:
                _set(message, field, _nan)


def _assert_same_values(ours: Any, theirs: Any) -> None:
    """Every scalar of the message itself."""
    table = {field.name: field for field in ours._codec.fields()}
    for field in theirs.DESCRIPTOR.fields:
        if field.message_type is not None:
            continue
        held = table[field.name].get(ours)
        if field.is_repeated:
            assert list(map(repr, map(_plain, held))) == list(map(repr, getattr(theirs, field.name)))
        elif field.has_presence and not theirs.HasField(field.name):
            assert held is None
        else:
            assert repr(_plain(held)) == repr(getattr(theirs, field.name)), field.full_name


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _difference(ours: Any, theirs: Any, path: str = "") -> str:
    """Where two JSON values differ first, or nothing."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            if (found := _difference(ours.get(key), theirs.get(key), f"{path}.{key}")) or key not in ours:
                return found or f"{path}.{key} is missing"
        return ""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = zip(ours, theirs, strict=True)
        return next((found for i, (a, b) in enumerate(pairs) if (found := _difference(a, b, f"{path}[{i}]"))), "")
    same = ours == theirs and (str(ours) == str(theirs) or "-0.0" not in (str(ours), str(theirs)))
    return "" if same else f"{path}: {ours!r} != {theirs!r}"


def _read(text: str, into: Any, pool: Any) -> Any:
    """What google.protobuf reads from JSON; None for the largest float, which it writes and does not read."""
    try:
        return json_format.Parse(text, into, descriptor_pool=pool)
    except json_format.ParseError as error:
        if "Float value too" not in str(error):
            raise
        return None


@st.composite
def damaged(draw: Any, descriptor: Any) -> list[bytes]:
    """Forms of a message's bytes with bits flipped, cut, doubled or spliced."""
    # Deterministic, so that the same seed damages the same bytes.
    data = draw(messages(descriptor)).SerializeToString(deterministic=True)
    random = draw(st.randoms(use_true_random=False))
    found = []
    for _ in range(MUTATIONS):
        changed = bytearray(data)
        for _ in range(random.randint(1, 3)):
            kind = random.randint(0, 5)
            at = random.randint(0, len(changed)) if changed else 0
            if kind == 0:
                del changed[at:]
            elif kind == 1 and at < len(changed):
                changed[at] ^= 1 << random.randint(0, 7)
            elif kind == 2 and at < len(changed):
                changed[at] = random.choice([0, 1, 0x7F, 0x80, 0xFF, 3, 4, 0x0B, 0x0C])
            elif kind == 3:
                changed[at:at] = bytes(random.randint(0, 255) for _ in range(random.randint(1, 4)))
            elif kind == 4:
                changed += data
            else:
                del changed[at : at + random.randint(1, 3)]
        found.append(bytes(changed))
    return found


def _attempt(cls: Any, data: bytes, refusal: type[Exception]) -> tuple[Any, str]:
    """The message, or None and the reason."""
    try:
        return cls.from_bytes(data), ""
    except refusal as error:
        return None, error.reason  # type: ignore[attr-defined]
