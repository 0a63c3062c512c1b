"""Statements that read fields from the wire: the branches of a generated decoder."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt
from typing import NamedTuple

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.statements import Expr, call
from protoc_gen_pds.schema import Field, Kind, Message
from protoc_gen_pds.targets.codec_module import VALUE, Module, is_plain
from protoc_gen_pds.targets.codec_scalars import FIXED32, LEN, NUMBERS, VARINT, wire_type

LARGEST_CHAIN = 20
"""Branches beyond which a decoder first chooses a range of tags."""


class Branch(NamedTuple):
    """What a decoder does for one tag."""

    tag: int
    keyword: str
    lines: tuple[str, ...]


class Block(NamedTuple):
    """Branches for a range of tags; ``guard`` is empty where there is one block only."""

    guard: str
    pad: str
    branches: tuple[Branch, ...]


class DecoderView(NamedTuple):
    """A decoder of a message, or of the entry of a map."""

    head: str
    fresh: str
    zeros: tuple[str, ...]
    blocks: tuple[Block, ...]
    store: tuple[str, ...]


def decoder(module: Module, message: Message) -> DecoderView:
    """The decoder of a message."""
    cls = module.cls(message)
    head = [*_RANGE, f"m: {cls} | None", "depth: int"]
    name = module.function("decode", message)
    return DecoderView(
        head=statements.signature(name, head, cls),
        fresh=cls,
        zeros=(),
        blocks=_blocks([*_cases(module, message)]),
        store=(),
    )


def entry_decoder(module: Module, field: Field) -> DecoderView:
    """The decoder of one entry of a map, which it stores in the map."""
    assert field.message is not None
    module.runtime("truncated")
    into = statements.Call("into: dict[", (module.types.value(field.map_key), module.types.value(field.map_value)), "]")
    head: list[Expr] = [*_RANGE, into, "depth: int"]
    name = module.function("decode", field.message)
    key, value = field.map_key, field.map_value
    cases = [
        *_entry_cases(module, key, "key"),
        *_entry_cases(module, value, "value"),
    ]
    zeros = statements.assign(f"key: {module.types.value(key)}", _zero(module, key), 4)
    stored = ["        into[key] = value"]
    if value.message is not None and not is_plain(value.message):
        zeros += statements.assign(f"value: {module.types.value(value)} | None", "None", 4)
        new = call(module.cls(value.message))
        stored = ["        if value is None:", *statements.assign("value", new, 12), *stored]
    else:
        zeros += statements.assign(f"value: {module.types.value(value)}", _zero(module, value), 4)
    return DecoderView(
        head=statements.signature(name, head, "bool"),
        fresh="",
        zeros=(*zeros, "    known = True"),
        blocks=_blocks(cases),
        store=("    if known:", *stored, "    return known"),
    )


PLAIN_ZEROS = {
    "BoolValue": "False",
    "BytesValue": 'b""',
    "DoubleValue": "0.0",
    "FloatValue": "0.0",
    "Int32Value": "0",
    "Int64Value": "0",
    "ListValue": "[]",
    "StringValue": '""',
    "Struct": "{}",
    "UInt32Value": "0",
    "UInt64Value": "0",
    "Value": "None",
}
"""What a plain value is where its message is empty."""

_RANGE = ("b: bytes", "p: int", "end: int")
_REST = ("b", "q", "(p := q + n)")
"""Arguments for the content of a length-delimited field.

``p`` is where the field begins and ``q`` where its content does, until ``p`` moves on to the next field. (A name
that is read and then assigned within one expression has the new value in both places once mypyc has compiled it.)
"""


def is_string_map(field: Field) -> bool:
    """Whether the runtime's own helper reads the entries of a map."""
    key, value = field.map_key, field.map_value
    return key.kind is Kind.STRING and value.kind is Kind.STRING and key.utf8 and value.utf8


class _Case(NamedTuple):
    tag: int
    body: tuple[tuple[str, Expr] | tuple[str, Expr, int] | str, ...]
    """Assignments as target, expression and further indentation, and other lines as they are, indented from 0."""


def _blocks(cases: list[_Case]) -> tuple[Block, ...]:
    cases.sort(key=lambda case: case.tag)
    if len(cases) <= LARGEST_CHAIN:
        return (Block("", "", _branches(cases, 12)),) if cases else ()
    size = isqrt(len(cases) - 1) + 1
    chunks = [cases[i : i + size] for i in range(0, len(cases), size)]
    blocks = []
    for i, chunk in enumerate(chunks):
        guard = f"{'if' if i == 0 else 'elif'} t < {chunks[i + 1][0].tag}:" if i + 1 < len(chunks) else "else:"
        blocks.append(Block(guard, "    ", _branches(chunk, 16)))
    return tuple(blocks)


def _branches(cases: list[_Case], indent: int) -> tuple[Branch, ...]:
    return tuple(Branch(case.tag, "elif" if i else "if", tuple(_lines(case, indent))) for i, case in enumerate(cases))


def _lines(case: _Case, indent: int) -> Iterator[str]:
    for item in case.body:
        if isinstance(item, str):
            yield " " * indent + item
            continue
        target, expr, *further = item
        inner = indent + 4 * sum(further)
        if target:
            yield from statements.assign(target, expr, inner)
        else:
            yield from statements.lines(expr, inner)


def _cases(module: Module, message: Message) -> Iterator[_Case]:
    for field in message.fields:
        target = f"m.{module.attribute(field)}"
        if field.is_map:
            yield _map(module, field, target)
        elif field.repeated:
            yield from _repeated(module, field, target)
        else:
            yield _singular(module, field, target)


def _map(module: Module, field: Field, target: str) -> _Case:
    tag = field.number << 3 | LEN
    assert field.message is not None
    if is_string_map(field):
        entries = call(
            module.runtime("read_string_map"), "b", "q", "q + n", "end", str(tag), target, "unknown", "depth - 1"
        )
        return _Case(tag, (("p", entries),))
    read = call(module.function("decode", field.message), *_REST, target, "depth - 1")
    # An entry with other fields, or a number that its closed enum does not have, is kept whole.
    return _Case(tag, ("start = p", ("known", read), "if not known:", "    unknown.append(b[start:p])"))


def _entry_cases(module: Module, field: Field, target: str) -> Iterator[_Case]:
    tag = field.number << 3 | wire_type(field.kind)
    if field.enum is not None and field.enum.closed:
        find = _find(module, field, "e")
        yield _Case(tag, (find, "if e is None:", "    known = False", "else:", f"    {target} = e", "p = q"))
        return
    before, expr, after = _value(module, field, target)
    yield _Case(tag, (*before, (target, expr), *after))


def _repeated(module: Module, field: Field, target: str) -> Iterator[_Case]:
    number = field.number
    tag = number << 3 | wire_type(field.kind)
    packable = field.kind in NUMBERS or field.kind is Kind.ENUM
    if field.enum is not None and field.enum.closed:
        table, e = module.table(field.enum), f"e{number}"
        find = _find(module, field, e)
        keep = (f"if {e} is None:", "    unknown.append(b[p:q])")
        yield _Case(tag, (find, *keep, "else:", ("", call(f"{target}.append", e), 1), "p = q"))
        read = call(module.runtime("read_packed_closed"), *_REST, target, table, str(number))
        yield _Case(number << 3 | LEN, (("", call("unknown.append", read)),))
        return
    before, expr, after = _value(module, field, "None")
    yield _Case(tag, (*before, ("", call(f"{target}.append", expr)), *after))
    if not packable:
        return
    scalar = NUMBERS.get(field.kind)
    if scalar is not None and scalar.code:
        read = call(module.runtime("read_packed_fixed"), *_REST, target, f'"{scalar.code}"')
    elif scalar is not None:
        convert = scalar.convert if scalar.convert in ("int", "bool") else module.runtime(scalar.convert)
        read = call(module.runtime("read_packed"), *_REST, target, convert)
    else:
        assert field.enum is not None
        read = call(module.runtime("read_packed"), *_REST, target, f"{module.table(field.enum)}.__getitem__")
    yield _Case(number << 3 | LEN, (("", read),))


def _singular(module: Module, field: Field, target: str) -> _Case:
    tag = field.number << 3 | wire_type(field.kind)
    member = module.member(field) if field.oneof else ""
    if field.enum is not None and field.enum.closed:
        e = f"e{field.number}"
        stored: Expr = call(member, e) if member else e
        keep = (f"if {e} is None:", "    unknown.append(b[p:q])")
        return _Case(tag, (_find(module, field, e), *keep, "else:", (target, stored, 1), "p = q"))
    into: Expr = target
    if member and field.message is not None:
        into = call(module.runtime("held"), target, member)
    before, expr, after = _value(module, field, into)
    if not member and field.kind in NUMBERS and NUMBERS[field.kind].code:
        # The readers of fixed width give tuples of one.
        target, expr = f"({target},)", call(module.runtime(NUMBERS[field.kind].read), "b", "q - 1")
    if member:
        expr = call(member, expr)
    elif field.message is not None and field.message.full_name == VALUE:
        expr = call(module.runtime("null_kept", "wkt_plain"), expr)
    return _Case(tag, (*before, (target, expr), *after))


def _find(module: Module, field: Field, name: str) -> tuple[str, Expr]:
    """Look up a number of a closed enum, for which there may be no member."""
    assert field.enum is not None
    return name, call(f"{module.table(field.enum)}.find", "n")


def _value(module: Module, field: Field, into: Expr) -> tuple[tuple[str, ...], Expr, tuple[str, ...]]:
    """Lines before, the expression for one value, and lines after."""
    kind = field.kind
    if field.message is not None:
        decode = module.function("decode", field.message, plain=is_plain(field.message))
        if kind is Kind.GROUP:
            stop = f"stop, after = {module.runtime('group_end')}(b, q - 1, end, t >> 3, depth)"
            return (stop,), call(decode, "b", "q - 1", "stop", into, "depth - 1"), ("p = after",)
        return (), call(decode, *_REST, into, "depth - 1"), ()
    if kind is Kind.STRING:
        how = () if field.utf8 else ('"utf-8"', '"surrogateescape"')
        return (), call("b[q : (p := q + n)].decode", *how), ()
    if kind is Kind.BYTES:
        return (), "b[q : (p := q + n)]", ()
    if field.enum is not None:
        return (), statements.Call(f"{module.table(field.enum)}[", ("n",), "]"), ("p = q",)
    scalar = NUMBERS[kind]
    if scalar.wire_type == VARINT:
        if scalar.read_helper:
            module.runtime(scalar.read_helper)
        return (), scalar.read, ("p = q",)
    width = 3 if scalar.wire_type == FIXED32 else 7
    return (), f"{module.runtime(scalar.read)}(b, q - 1)[0]", (f"p = q + {width}",)


def _zero(module: Module, field: Field) -> str:
    if field.enum is not None:
        return f"{module.cls(field.enum)}.{module.names.enum_value(field.enum.values[0])}"
    if field.message is not None:
        return PLAIN_ZEROS[field.message.full_name.removeprefix("google.protobuf.")]
    if field.kind is Kind.STRING:
        return '""'
    return 'b""' if field.kind is Kind.BYTES else NUMBERS[field.kind].zero
