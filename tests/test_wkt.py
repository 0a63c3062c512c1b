"""The well-known types of the runtime: exact values, conversions, arithmetic, and Any with its registry."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf import duration_pb2, timestamp_pb2
from hypothesis import given
from hypothesis import strategies as st

from protoc_gen_pds.runtime import wkt
from protoc_gen_pds.runtime.registry import find_message
from protoc_gen_pds.runtime.wkt import Any, Duration, Empty, FieldMask, NullValue, StringValue, Struct, Timestamp, Value

MAX_NANOS = 315_576_000_000 * 10**9
durations = st.integers(-MAX_NANOS, MAX_NANOS).map(Duration.from_nanoseconds)
instants = st.integers(-62_135_596_800 * 10**9, 253_402_300_799 * 10**9 + 999_999_999)
timestamps = instants.map(Timestamp.from_nanoseconds)
aware = st.datetimes(timezones=st.timezones(), min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31))


def test_every_name_is_a_class_that_is_imported_when_used() -> None:
    for name in wkt.__all__:
        assert getattr(wkt, name) is not None
    with pytest.raises(AttributeError, match="Nope"):
        wkt.Nope  # noqa: B018


# Timestamp


@given(timestamps)
def test_a_timestamp_is_nanoseconds(value: Timestamp) -> None:
    assert 0 <= value.nanos < 10**9
    assert Timestamp.from_nanoseconds(value.to_nanoseconds()) == value
    assert Timestamp(seconds=value.seconds, nanos=value.nanos) == value


@given(timestamps)
def test_the_text_of_a_timestamp_is_that_of_protobuf(value: Timestamp) -> None:
    theirs = timestamp_pb2.Timestamp(seconds=value.seconds, nanos=value.nanos)
    assert str(value) == theirs.ToJsonString()
    assert Timestamp.from_string(str(value)) == value


@given(aware)
def test_datetimes_convert_exactly(moment: datetime) -> None:
    converted = Timestamp.from_datetime(moment)
    assert converted.to_datetime() == moment.astimezone(UTC)
    assert converted.to_datetime().tzinfo is timezone.utc  # noqa: UP017


def test_a_datetime_without_a_zone_is_no_point_in_time() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        Timestamp.from_datetime(datetime(2026, 1, 1))


def test_now_is_now() -> None:
    before, now, after = datetime.now(UTC), Timestamp.now(), datetime.now(UTC)
    assert before - timedelta(milliseconds=1) <= now.to_datetime() <= after + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        ("1970-01-01T00:00:00Z", 0, 0),
        ("1970-01-01T00:00:00.000000001Z", 0, 1),
        ("1970-01-01T01:00:00+01:00", 0, 0),
        ("1969-12-31T23:00:00.5-01:00", 0, 500_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
    ],
)
def test_timestamps_from_text(text: str, seconds: int, nanos: int) -> None:
    assert Timestamp.from_string(text) == Timestamp(seconds=seconds, nanos=nanos)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01t00:00:00Z",
        "1970-01-01T00:00:00z",
        "1970-01-01 00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-02-30T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.0000000001Z",
        "1970-01-01T00:00:00+24:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "١٩٧٠-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z\n",
    ],
)
def test_what_is_no_timestamp(text: str) -> None:
    with pytest.raises(ValueError, match=r"is|has an offset"):
        Timestamp.from_string(text)


def test_a_timestamp_out_of_range_has_no_text() -> None:
    for value in (Timestamp(seconds=253_402_300_800), Timestamp(nanos=-1), Timestamp(nanos=10**9)):
        with pytest.raises(ValueError, match="is not valid"):
            str(value)


@given(timestamps, timestamps)
def test_timestamps_are_ordered_and_differ_by_durations(a: Timestamp, b: Timestamp) -> None:
    assert (a < b, a <= b, a > b, a >= b) == tuple(
        getattr(a.to_nanoseconds(), f"__{name}__")(b.to_nanoseconds()) for name in ("lt", "le", "gt", "ge")
    )
    assert a + (b - a) == b
    assert b - (b - a) == a
    assert (a == b) == (hash(a) == hash(b) and a.to_nanoseconds() == b.to_nanoseconds())


def test_timestamps_and_timedeltas() -> None:
    start = Timestamp(seconds=10)
    assert start + timedelta(seconds=1.5) == Timestamp(seconds=11, nanos=500_000_000)
    assert timedelta(seconds=1) + start == Timestamp(seconds=11)
    assert start - timedelta(seconds=11) == Timestamp(seconds=-1)
    with pytest.raises(TypeError):
        start + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        start < 1  # type: ignore[operator]  # noqa: B015


# Duration


@given(durations)
def test_the_text_of_a_duration_is_that_of_protobuf(value: Duration) -> None:
    theirs = duration_pb2.Duration(seconds=value.seconds, nanos=value.nanos)
    assert str(value) == theirs.ToJsonString()
    assert Duration.from_string(str(value)) == value


@given(durations, durations)
def test_arithmetic_of_durations(a: Duration, b: Duration) -> None:
    x, y = a.to_nanoseconds(), b.to_nanoseconds()
    assert (a + b).to_nanoseconds() == x + y
    assert (a - b).to_nanoseconds() == x - y
    assert (-a).to_nanoseconds() == -x
    assert abs(a).to_nanoseconds() == abs(x)
    assert (3 * a).to_nanoseconds() == (a * 3).to_nanoseconds() == 3 * x
    assert (a < b, a <= b, a > b, a >= b, bool(a)) == (x < y, x <= y, x > y, x >= y, bool(x))
    assert a.seconds * a.nanos >= 0


@given(st.timedeltas(timedelta(days=-3_650_000), timedelta(days=3_650_000)))
def test_timedeltas_convert_exactly(delta: timedelta) -> None:
    assert Duration.from_timedelta(delta).to_timedelta() == delta
    assert Duration() + delta == Duration.from_timedelta(delta)


def test_nanoseconds_are_cut_off_towards_zero() -> None:
    assert Duration(nanos=1_999).to_timedelta() == timedelta(microseconds=1)
    assert Duration(nanos=-1_999).to_timedelta() == timedelta(microseconds=-1)
    assert Duration(seconds=1, nanos=500_000_000).total_seconds() == 1.5


@pytest.mark.parametrize("text", ["", "1", "1.s", ".5s", "1.0000000001s", "+1s", "1 s", "1S", "315576000001s", "--1s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is (not a duration|longer than)"):
        Duration.from_string(text)


# What both are


@pytest.mark.parametrize("value", [Timestamp(seconds=5, nanos=7), Duration(seconds=-5, nanos=-7)])
def test_values_are_immutable_and_hashable(value: Timestamp | Duration) -> None:
    with pytest.raises(AttributeError):
        value.seconds = 1  # type: ignore[misc]
    assert len({value, type(value)(seconds=value.seconds, nanos=value.nanos)}) == 1
    assert value.copy() is value
    assert copy.deepcopy(value) is value
    assert pickle.loads(pickle.dumps(value)) == value
    assert repr(value) == f"{type(value).__name__}(seconds={value.seconds}, nanos={value.nanos})"


# The others


def test_any_holds_a_message_with_its_type() -> None:
    packed = Any.pack(Duration(seconds=5))
    assert packed.type_url == "type.googleapis.com/google.protobuf.Duration"
    assert packed.type_name == "google.protobuf.Duration"
    assert packed.holds(Duration)
    assert not packed.holds(Empty)
    assert packed.unpack(Duration) == Duration(seconds=5)
    assert packed.unpack() == Duration(seconds=5)
    with pytest.raises(TypeError, match=r"expected google\.protobuf\.Empty, got google\.protobuf\.Duration"):
        packed.unpack(Empty)
    with pytest.raises(TypeError, match="an empty Any"):
        Any().unpack(Empty)
    with pytest.raises(LookupError, match=r"'acme\.Nope'"):
        Any(type_url="type.googleapis.com/acme.Nope").unpack()


def test_the_registry_finds_what_is_not_imported_yet() -> None:
    assert find_message("google.protobuf.FieldMask") is FieldMask
    assert find_message("google.protobuf.Nope") is None
    assert find_message("acme.Nope") is None


def test_values_of_json() -> None:
    assert Struct(fields={"a": [1.0, None, {"b": True}]}).fields["a"] == [1.0, None, {"b": True}]
    assert Value().value is None
    assert Value(value=NullValue.NULL_VALUE).value == 0
    assert NullValue.NULL_VALUE is NullValue(0)


def test_wrappers_hold_one_value() -> None:
    assert StringValue(value="x").value == "x"
    assert StringValue() == StringValue(value="")
    assert repr(StringValue(value="x")) == "StringValue(value='x')"
