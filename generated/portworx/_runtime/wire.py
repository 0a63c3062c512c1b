"""The protobuf wire format: what generated codecs read and write with (protobuf.dev/programming-guides/encoding).

Readers take the bytes and a position, and return a new position. They do not check that a value ends
before its message does: the loops of generated decoders end at or beyond ``end``, and one comparison
there finds every value that is too long. Reading beyond the input is an IndexError or a struct.error,
and invalid UTF-8 a UnicodeDecodeError: :meth:`Message.from_bytes` makes DecodeErrors of them that name
the field and the offset.
"""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from .errors import DecodeError
from .parts import Grouped, Parts

if TYPE_CHECKING:
    from enum import IntEnum

    from .enum_table import EnumTable
    from .message import Member

T = TypeVar("T")
E = TypeVar("E", bound="IntEnum")

MAX_DEPTH = 100
"""How deeply messages may be nested in the input, as in other protobuf implementations."""

_TWO_64 = 1 << 64

# -- reading ---------------------------------------------------------------------------------------


def read_varint(b: bytes, p: int) -> tuple[int, int]:
    """A varint at ``p`` as an unsigned 64-bit number, and the position after it."""
    value = b[p]
    p += 1
    return (value, p) if value < 128 else varint_rest(b, value, p)


def read_size(b: bytes, p: int) -> tuple[int, int]:
    """A length at ``p``, and the position after it."""
    value = b[p]
    p += 1
    return (value, p) if value < 128 else size_rest(b, value, p)


def varint_rest(b: bytes, first: int, p: int) -> tuple[int, int]:
    """The rest of a varint whose first byte, 128 or more, has been read.

    The bytes are summed with their continuation bits, which are then taken off together: multiplying
    and adding is what interpreters are fastest at.
    """
    byte = b[p]
    value = first + byte * 128
    if byte < 128:
        return value - 0x80, p + 1
    byte = b[p + 1]
    value += byte * 0x4000
    if byte < 128:
        return value - 0x4080, p + 2
    byte = b[p + 2]
    value += byte * 0x20_0000
    if byte < 128:
        return value - 0x20_4080, p + 3
    byte = b[p + 3]
    value += byte * 0x1000_0000
    if byte < 128:
        return value - 0x1020_4080, p + 4
    value -= 0x8_1020_4080
    p += 4
    shift = 35
    while shift < 70:
        byte = b[p]
        p += 1
        value += (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, p
        shift += 7
    raise DecodeError("varint of more than 10 bytes")


def size_rest(b: bytes, first: int, p: int) -> tuple[int, int]:
    """The rest of a length whose first byte, 128 or more, has been read: five bytes in all at most."""
    byte = b[p]
    if byte < 128:
        return first + byte * 128 - 0x80, p + 1
    size, q = varint_rest(b, first, p)
    if q - p > 4:
        raise DecodeError("length of more than 5 bytes")
    return size, q


def field_rest(b: bytes, first: int, p: int, tag: int) -> tuple[int, int]:
    """The rest of what follows a tag: a length, or a varint."""
    return size_rest(b, first, p) if tag & 2 else varint_rest(b, first, p)


def wide_tag(b: bytes, p: int) -> tuple[int, int]:
    """A tag of several bytes at ``p``, and the position of its last byte.

    So what follows a tag is at ``p + 1`` in generated decoders, whether it has one byte or several.
    """
    tag, p = read_tag(b, p)
    return tag, p - 1


def skip_field(
    b: bytes,
    p: int,
    end: int,
    depth: int,
    ends: dict[int, tuple[int, int]] | None = None,
) -> int:
    """The position after the field whose tag is at ``p``: one that its message does not know.

    Args:
        b: the input.
        p: where the field begins.
        end: where its message ends.
        depth: how many levels may follow.
        ends: as in :func:`group_end`.

    Raises:
        DecodeError: it is no valid field: number 0, an unknown wire type, a group that does not
            end, or groups in groups beyond the depth limit.
    """
    tag, p = read_tag(b, p)
    wire_type = tag & 7
    if wire_type == 0:
        _, p = read_varint(b, p)
    elif wire_type == 2:
        n, p = read_size(b, p)
        p += n
    elif wire_type == 1:
        p += 8
    elif wire_type == 5:
        p += 4
    elif wire_type == 3:
        _, p = group_end(b, p, end, tag >> 3, depth, ends)
    elif wire_type == 4:
        raise DecodeError("end of a group that did not begin")
    else:
        raise DecodeError(f"wire type {wire_type} does not exist")
    if p > end:
        raise DecodeError("truncated")
    return p


def group_end(
    b: bytes,
    p: int,
    end: int,
    number: int,
    depth: int,
    ends: dict[int, tuple[int, int]] | None = None,
) -> tuple[int, int]:
    """Where the group that begins at ``p`` ends: before and after its end tag.

    Args:
        b: the input.
        p: where the group begins, after its tag.
        end: where its message ends.
        number: the group's field number.
        depth: how many levels may follow.
        ends: results by ``p`` of groups with groups in them. Whoever goes into a group after looking
            for its end passes the same dict again: else the innermost of many groups is read once
            for each of them.
    """
    if depth <= 0:
        raise too_deep()
    found = ends.get(p) if ends else None
    if found is not None:
        return found
    begin = p
    nested = False
    while p < end:
        tag, q = read_tag(b, p)
        if tag & 7 == 4:
            if tag >> 3 != number:
                raise DecodeError("end of another group than the one that began")
            if nested and ends is not None:
                ends[begin] = p, q
            return p, q
        nested = nested or tag & 7 == 3
        p = skip_field(b, p, end, depth - 1, ends)
    raise DecodeError("truncated group")


def open_group(
    b: bytes, p: int, end: int, number: int, depth: int
) -> tuple[bytes, int, int, int]:
    """The group that begins at ``p``, for its decoder.

    Returns:
        The bytes that its fields are in, where they begin and end in them, and the position after
        the group in ``b``. Where groups are in groups, the bytes are a part of ``b`` that knows the
        ends of all of them, so that they are looked for once and not once a level.
    """
    if isinstance(b, Grouped):
        stop, after = group_end(b, p, end, number, depth, b.ends)
        return b, p, stop, after
    ends: dict[int, tuple[int, int]] = {}
    stop, after = group_end(b, p, end, number, depth, ends)
    ends.pop(p, None)
    if not ends:
        return b, p, stop, after
    part = Grouped(b[p:stop])
    part.ends = {at - p: (i - p, j - p) for at, (i, j) in ends.items()}
    return part, 0, stop - p, after


def read_tag(b: bytes, p: int) -> tuple[int, int]:
    """A tag at ``p``, and the position after it.

    Raises:
        DecodeError: the field number is 0 or beyond 2**29 - 1.
    """
    tag, q = read_varint(b, p)
    if not 0 < tag >> 3 < 1 << 29 or q - p > 5:
        raise DecodeError("field number out of range")
    return tag, q


def too_deep() -> DecodeError:
    """The error of messages nested beyond the limit."""
    return DecodeError(f"messages nested more than {MAX_DEPTH} deep")


def truncated() -> DecodeError:
    """The error of a message whose last field is longer than the message."""
    return DecodeError("truncated")


def signed32(n: int) -> int:
    """A varint as int32: upper bits are dropped, as other implementations do."""
    n &= 0xFFFFFFFF
    return n if n < 0x80000000 else n - 0x100000000


def signed64(n: int) -> int:
    """A varint as int64."""
    return n if n < 1 << 63 else n - _TWO_64


def unsigned32(n: int) -> int:
    """A varint as uint32: upper bits are dropped, as other implementations do."""
    return n & 0xFFFFFFFF


def zigzag32(n: int) -> int:
    """A varint as sint32."""
    n &= 0xFFFFFFFF
    return n >> 1 ^ -(n & 1)


def zigzag64(n: int) -> int:
    """A varint as sint64."""
    return n >> 1 ^ -(n & 1)


def kept(unknown: list[bytes] | None, field: bytes) -> list[bytes]:
    """The fields to keep, with one more; most messages have none, and no list for them."""
    if unknown is None:
        return [field]
    unknown.append(field)
    return unknown


LARGE = 1 << 14
MAX_PARTS = 1000


def joined(held: bytes, unknown: list[bytes], depth: int) -> bytes:
    """The fields to keep of a message, behind those that it holds where it comes in several parts.

    Raises:
        DecodeError: a message within another one comes in more than 1,000 parts with large unknown
            fields: joining them takes the square of their number, and only an attacker writes that.
    """
    more = b"".join(unknown)
    if not held:
        return more
    if len(held) < LARGE or depth == MAX_DEPTH:
        return held + more
    both = Parts(held + more)
    if isinstance(held, Parts):
        both.number = held.number + 1
        if both.number > MAX_PARTS:
            raise DecodeError(f"unknown fields in more than {MAX_PARTS} parts")
    return both


def read_string_map(
    b: bytes,
    p: int,
    stop: int,
    end: int,
    tag: int,
    into: dict[str, str],
    unknown: list[bytes] | None,
    depth: int,
) -> tuple[int, list[bytes] | None]:
    """Entries of a map<string, string>: that at ``p`` to ``stop``, and those that follow it at once.

    Args:
        b: the input.
        p: where the first entry begins, after its tag and length.
        stop: where it ends.
        end: where the message ends.
        tag: the map's tag.
        into: the map.
        unknown: the message's fields to keep: an entry with other fields than key and value is one.
        depth: how many levels may follow.

    Returns:
        The position after the entries, and the fields to keep.
    """
    if depth < 0:
        raise too_deep()
    next_tag = tag if tag < 128 else -1
    while True:
        if (
            p < stop
            and b[p] == 10
            and (q := p + 2 + b[p + 1]) < stop <= p + 127
            and b[q] == 18
            and q + 2 + b[q + 1] == stop
        ):
            # Key, then value, both short: how everybody writes an entry.
            into[b[p + 2 : q].decode()] = b[q + 2 : stop].decode()
        elif not _read_string_entry(b, p, stop, into, depth):
            unknown = kept(unknown, prefix(tag, stop - p) + b[p:stop])
        if stop >= end or b[stop] != next_tag:
            return stop, unknown
        n = b[stop + 1]
        if n > 127:
            return stop, unknown
        p = stop + 2
        stop = p + n


def _read_string_entry(
    b: bytes, p: int, end: int, into: dict[str, str], depth: int
) -> bool:
    """One entry in any form; False where it has other fields than key and value."""
    key = value = ""
    known = True
    while p < end:
        tag, q = read_tag(b, p)
        if tag == 10:
            n, q = read_size(b, q)
            key = b[q : (p := q + n)].decode()
        elif tag == 18:
            n, q = read_size(b, q)
            value = b[q : (p := q + n)].decode()
        else:
            p = skip_field(b, p, end, depth)
            known = False
    if p != end:
        raise truncated()
    if known:
        into[key] = value
    return known


def read_packed(
    b: bytes, p: int, end: int, into: list[T], convert: Callable[[int], T]
) -> None:
    """Packed varints from ``p`` to ``end``, each converted, are appended to a list."""
    append = into.append
    while p < end:
        n = b[p]
        p += 1
        if n > 127:
            n, p = varint_rest(b, n, p)
        append(convert(n))
    if p != end:
        raise truncated()


def read_packed_fixed(b: bytes, p: int, end: int, into: list[T], code: str) -> None:
    """Packed numbers of fixed width, as :mod:`struct` code ``code``, are appended to a list."""
    count, rest = divmod(end - p, 4 if code in "Iif" else 8)
    if rest or end > len(b):
        raise truncated()
    into.extend(struct.unpack_from(f"<{count}{code}", b, p))


def read_packed_closed(
    b: bytes,
    p: int,
    end: int,
    into: list[E],
    table: EnumTable[E],
    number: int,
    unknown: list[bytes] | None,
) -> list[bytes] | None:
    """Packed values of a closed enum; those without a name join the fields to keep, which are returned."""
    while p < end:
        n, p = read_varint(b, p)
        found = table.find(n)
        if found is None:
            unknown = kept(unknown, varint(number << 3) + varint(n))
        else:
            into.append(found)
    if p != end:
        raise truncated()
    return unknown


unpack_double: Callable[[bytes, int], tuple[float]] = struct.Struct("<d").unpack_from
unpack_float: Callable[[bytes, int], tuple[float]] = struct.Struct("<f").unpack_from
unpack_fixed32: Callable[[bytes, int], tuple[int]] = struct.Struct("<I").unpack_from
unpack_fixed64: Callable[[bytes, int], tuple[int]] = struct.Struct("<Q").unpack_from
unpack_sfixed32: Callable[[bytes, int], tuple[int]] = struct.Struct("<i").unpack_from
unpack_sfixed64: Callable[[bytes, int], tuple[int]] = struct.Struct("<q").unpack_from


def held(member: object, kind: type[Member[T]]) -> T | None:
    """The value of a oneof that holds this member already: messages merge into it."""
    return member.value if isinstance(member, kind) else None


# -- writing ---------------------------------------------------------------------------------------

BYTE: Final[tuple[bytes, ...]] = tuple(bytes((n,)) for n in range(128))
"""Varints of one byte."""


_pack_4: Final[Callable[..., bytes]] = struct.Struct("4B").pack
_pack_5: Final[Callable[..., bytes]] = struct.Struct("5B").pack


def varint(n: int) -> bytes:
    """A number from 0 to 2**64 - 1 as a varint."""
    if n < 128:
        return BYTE[n]
    if n < 1 << 14:
        return bytes((n & 127 | 128, n >> 7))
    if n < 1 << 21:
        return bytes((n & 127 | 128, n >> 7 & 127 | 128, n >> 14))
    if n < 1 << 28:
        return _pack_4(n & 127 | 128, n >> 7 & 127 | 128, n >> 14 & 127 | 128, n >> 21)
    if n < 1 << 35:
        # Times of today, sizes of files.
        return _pack_5(
            n & 127 | 128,
            n >> 7 & 127 | 128,
            n >> 14 & 127 | 128,
            n >> 21 & 127 | 128,
            n >> 28,
        )
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def int32(value: int) -> bytes:
    """An int32, or the number of an enum, as a varint."""
    if -1 < value < 128:
        return BYTE[value]
    if not -0x80000000 <= value < 0x80000000:
        raise OverflowError
    return varint(value & 0xFFFFFFFFFFFFFFFF)


def int64(value: int) -> bytes:
    """An int64 as a varint."""
    if -1 < value < 128:
        return BYTE[value]
    if not -(1 << 63) <= value < 1 << 63:
        raise OverflowError
    return varint(value & 0xFFFFFFFFFFFFFFFF)


def uint32(value: int) -> bytes:
    """A uint32 as a varint."""
    if not -1 < value < 1 << 32:
        raise OverflowError
    return varint(value)


def uint64(value: int) -> bytes:
    """A uint64 as a varint."""
    if not -1 < value < _TWO_64:
        raise OverflowError
    return varint(value)


def sint32(value: int) -> bytes:
    """A sint32 as a varint: small negative numbers are short."""
    if not -0x80000000 <= value < 0x80000000:
        raise OverflowError
    return varint(value << 1 ^ value >> 31)


def sint64(value: int) -> bytes:
    """A sint64 as a varint: small negative numbers are short."""
    if not -(1 << 63) <= value < 1 << 63:
        raise OverflowError
    return varint(value << 1 ^ value >> 63)


def boolean(value: bool) -> bytes:
    """A bool; anything else, 1 included, is a TypeError."""
    if value is True:
        return BYTE[1]
    if value is False:
        return BYTE[0]
    raise TypeError


pack_double: Callable[[float], bytes] = struct.Struct("<d").pack
pack_float: Callable[[float], bytes] = struct.Struct("<f").pack
pack_fixed32: Callable[[int], bytes] = struct.Struct("<I").pack
pack_fixed64: Callable[[int], bytes] = struct.Struct("<Q").pack
pack_sfixed32: Callable[[int], bytes] = struct.Struct("<i").pack
pack_sfixed64: Callable[[int], bytes] = struct.Struct("<q").pack


def packed_fixed(values: list[T], code: str) -> bytes:
    """Numbers of fixed width, as :mod:`struct` code ``code``, one after the other."""
    return struct.pack(f"<{len(values)}{code}", *values)


@cache
def prefixes(tag: int) -> tuple[bytes, ...]:
    """The tag of a length-delimited field together with each length below 128."""
    head = varint(tag)
    return tuple(head + length for length in BYTE)


def prefix(tag: int, length: int) -> bytes:
    """The tag of a length-delimited field, and its length."""
    return varint(tag) + varint(length)


def sized(data: bytes) -> bytes:
    """Bytes after their length."""
    return varint(len(data)) + data


KEYS: Final = prefixes(10)
VALUES: Final = prefixes(18)


def write_string_map(
    parts: list[bytes], heads: tuple[bytes, ...], values: dict[str, str]
) -> None:
    """The entries of a map<string, string>, the most frequent map by far; ``heads`` are its prefixes."""
    for key, text in values.items():
        k, v = key.encode(), text.encode()
        i, n = len(k), len(v)
        if i + n < 124:
            parts.extend((heads[i + n + 4], KEYS[i], k, VALUES[n], v))
        else:
            entry = b"".join((b"\n", varint(i), k, b"\x12", varint(n), v))
            # A head without its length, zero, is the tag.
            parts.extend((heads[0][:-1], varint(len(entry)), entry))


def check_class(value: object, cls: type) -> None:
    """Refuse what is no instance of a class; generated encoders ask when it is not exactly that class."""
    if not isinstance(value, cls):
        raise TypeError


def check_list(value: object) -> None:
    """Refuse what is no list: a str would be taken for its characters."""
    if not isinstance(value, (list, tuple)):
        raise TypeError


def check_bytes(value: object) -> None:
    """Refuse what is no bytes-like object of single bytes."""
    if not isinstance(value, (bytes, bytearray)):
        raise TypeError


def bytes_of(value: bytes) -> bytes:
    """Bytes as they are; anything else than a bytes-like object is a TypeError."""
    check_bytes(value)
    return value


def missing() -> ValueError:
    """The error of a required field that is not set."""
    return ValueError("required field is not set")


def not_a_member() -> TypeError:
    """The error of a oneof that holds something else than one of its members."""
    return TypeError("not a member of the oneof")
