"""Codecs of Timestamp and Duration, by hand: they are in nearly every message, and small."""


# pyright: reportPrivateUsage=false, reportUnnecessaryComparison=false

from __future__ import annotations

from typing import Final

from .errors import DecodeError
from .json_values import expected
from .wire import (
    check_class,
    int32,
    int64,
    joined,
    kept,
    signed32,
    signed64,
    skip_field,
    too_deep,
    truncated,
    varint,
    varint_rest,
    wide_tag,
)
from .wkt import Duration, Timestamp
from .wkt.rfc3339 import parse, to_text

new: Final = object.__new__


def decode_Timestamp(
    b: bytes, p: int, end: int, into: Timestamp | None, depth: int
) -> Timestamp:
    """Read a Timestamp."""
    if depth < 0:
        raise too_deep()
    seconds = nanos = 0
    held = b""
    unknown: list[bytes] | None = None
    if into is not None:
        seconds, nanos, held = into._seconds, into._nanos, into._unknown
    # Five bytes of seconds, as the years 1978 to 3058 have, and four or five of nanos, as nearly all
    # have: read without a call.
    if (
        end - p > 5
        and b[p] == 8
        and (b1 := b[p + 1]) > 127
        and (b2 := b[p + 2]) > 127
        and (b3 := b[p + 3]) > 127
        and (b4 := b[p + 4]) > 127
        and (b5 := b[p + 5]) < 128
    ):
        n = b1 + b2 * 0x80 + b3 * 0x4000 + b4 * 0x20_0000
        seconds = n + b5 * 0x1000_0000 - 0x1020_4080
        p += 6
    if (
        end - p > 4
        and b[p] == 16
        and (b1 := b[p + 1]) > 127
        and (b2 := b[p + 2]) > 127
        and (b3 := b[p + 3]) > 127
    ):
        b4 = b[p + 4]
        n = b1 + b2 * 0x80 + b3 * 0x4000 + b4 * 0x20_0000
        if b4 < 128:
            nanos = n - 0x20_4080
            p += 5
        elif end - p > 5 and (b5 := b[p + 5]) < 8:
            nanos = n + b5 * 0x1000_0000 - 0x1020_4080
            p += 6
    while p < end:
        start = p
        t = b[p]
        if t > 127:
            t, p = wide_tag(b, p)
        at = p
        if t == 8:
            n = b[p + 1]
            p += 2
            if n > 127:
                n, p = varint_rest(b, n, p)
            seconds = n if n < 1 << 60 else signed64(n)
            if p >= end:
                break
            t = b[p]
        if t == 16:
            n = b[p + 1]
            p += 2
            if n > 127:
                n, p = varint_rest(b, n, p)
            nanos = n if n < 1 << 31 else signed32(n)
        if p == at:
            p = skip_field(b, start, end, depth)
            unknown = kept(unknown, b[start:p])
    if p != end:
        raise truncated()
    # As the class's own constructor does it, without the call.
    m = new(Timestamp)
    m._seconds = seconds
    m._nanos = nanos
    m._unknown = held if unknown is None else joined(held, unknown, depth)
    return m


def encode_Timestamp(m: Timestamp) -> bytes:
    """Write a Timestamp: both fields, as far as they are not zero, and what was not known."""
    if m.__class__ is not Timestamp:
        check_class(m, Timestamp)
    data = b""
    n = m._seconds
    if n != 0:
        data = b"\x08" + (varint(n) if 0 < n < 1 << 60 else int64(n))
    n = m._nanos
    if n != 0:
        data += b"\x10" + (varint(n) if 0 < n < 1 << 31 else int32(n))
    return data + m._unknown if m._unknown else data


def to_json_Timestamp(m: Timestamp) -> str:
    """RFC 3339; outside of the years 1 to 9999 there is no JSON form."""
    if m.__class__ is not Timestamp:
        check_class(m, Timestamp)
    return to_text(m._seconds, m._nanos)


def from_json_Timestamp(value: object, depth: int, lax: bool) -> Timestamp:
    """Read RFC 3339."""
    if not isinstance(value, str):
        raise expected("an RFC 3339 string", value)
    try:
        seconds, nanos = parse(value)
    except ValueError as error:
        raise DecodeError(str(error)) from None
    made = new(Timestamp)
    made._seconds = seconds
    made._nanos = nanos
    made._unknown = b""
    return made


def decode_Duration(
    b: bytes, p: int, end: int, into: Duration | None, depth: int
) -> Duration:
    """Read a Duration."""
    # The two have the same fields.
    before = None if into is None else _as_timestamp(into)
    read = decode_Timestamp(b, p, end, before, depth)
    made = Duration(seconds=read._seconds, nanos=read._nanos)
    made._unknown = read._unknown
    return made


def _as_timestamp(m: Duration) -> Timestamp:
    made = Timestamp(seconds=m._seconds, nanos=m._nanos)
    made._unknown = m._unknown
    return made


def encode_Duration(m: Duration) -> bytes:
    """Write a Duration."""
    if m.__class__ is not Duration:
        check_class(m, Duration)
    return encode_Timestamp(_as_timestamp(m))


def to_json_Duration(m: Duration) -> str:
    """Seconds with a fraction and an ``s``."""
    if m.__class__ is not Duration:
        check_class(m, Duration)
    return str(m)


def from_json_Duration(value: object, depth: int, lax: bool) -> Duration:
    """Read seconds with a fraction and an ``s``."""
    if not isinstance(value, str):
        raise expected('a string such as "1.5s"', value)
    try:
        return Duration.from_string(value)
    except ValueError as error:
        raise DecodeError(str(error)) from None
