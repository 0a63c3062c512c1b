"""Codecs of Timestamp and Duration, by hand: they are in nearly every message, and small."""


# pyright: reportPrivateUsage=false, reportUnnecessaryComparison=false

from __future__ import annotations

from .errors import DecodeError
from .json_values import expected
from .wire import (
    check_class,
    int32,
    int64,
    read_tag,
    read_varint,
    signed32,
    signed64,
    skip_field,
    too_deep,
    truncated,
    varint,
    varint_rest,
)
from .wkt import Duration, Timestamp
from .wkt.rfc3339 import parse, to_text


def decode_Timestamp(
    b: bytes, p: int, end: int, m: Timestamp | None, depth: int
) -> Timestamp:
    """Read a Timestamp."""
    if depth < 0:
        raise too_deep()
    seconds = nanos = 0
    unknown: list[bytes] = []
    if m is not None:
        seconds, nanos, unknown = m._seconds, m._nanos, [m._unknown]
    while p < end:
        t = b[p]
        if t == 8:
            n = b[p + 1]
            p += 2
            if n > 127:
                n, p = varint_rest(b, n, p)
            seconds = n if n < 1 << 63 else signed64(n)
        elif t == 16:
            n = b[p + 1]
            p += 2
            if n > 127:
                n, p = varint_rest(b, n, p)
            nanos = n if n < 1 << 31 else signed32(n)
        else:
            q = p
            p = skip_field(b, p, end, depth)
            tag, after = read_tag(b, q)
            # A known tag in more bytes than it needs is a known tag.
            if tag == 8:
                seconds = signed64(read_varint(b, after)[0])
            elif tag == 16:
                nanos = signed32(read_varint(b, after)[0])
            else:
                unknown.append(b[q:p])
    if p != end:
        raise truncated()
    # As the class's own constructor does it, without the call.
    made = Timestamp.__new__(Timestamp)
    made._seconds = seconds
    made._nanos = nanos
    made._unknown = b"".join(unknown) if unknown else b""
    return made


def encode_Timestamp(m: Timestamp) -> bytes:
    """Write a Timestamp."""
    if m.__class__ is not Timestamp:
        check_class(m, Timestamp)
    return encode_time(m._seconds, m._nanos, m._unknown)


def encode_time(seconds: int, nanos: int, unknown: bytes) -> bytes:
    """Both fields, as far as they are not zero, and what was not known."""
    data = b""
    if seconds != 0:
        data = b"\x08" + (varint(seconds) if 0 < seconds < 1 << 63 else int64(seconds))
    if nanos != 0:
        data += b"\x10" + (varint(nanos) if 0 < nanos < 1 << 31 else int32(nanos))
    return data + unknown if unknown else data


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
    made = Timestamp.__new__(Timestamp)
    made._seconds = seconds
    made._nanos = nanos
    made._unknown = b""
    return made


def decode_Duration(
    b: bytes, p: int, end: int, m: Duration | None, depth: int
) -> Duration:
    """Read a Duration."""
    # The two have the same fields.
    before = None if m is None else _as_timestamp(m)
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
    return encode_time(m._seconds, m._nanos, m._unknown)


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
