"""Generated decoders: their variables, the order of their branches, and what they return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isqrt
from typing import NamedTuple

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.defaults import zero_literal
from protoc_gen_pds.python.statements import call
from protoc_gen_pds.schema import Field, Kind, Message, Oneof, Presence
from protoc_gen_pds.targets.codec.module import Module, elements, is_plain
from protoc_gen_pds.targets.codec.read import Case, Line, cases, entry_cases, variable
from protoc_gen_pds.targets.codec.scalars import NUMBERS

LARGEST_CHAIN = 20
"""Branches beyond which a decoder first chooses a range of tags."""


class Branch(NamedTuple):
    """What a decoder does for one tag: the line that asks for it, and those that follow."""

    head: str
    lines: tuple[str, ...]


class Block(NamedTuple):
    """Branches for a range of tags; ``guard`` is empty where there is one block only."""

    guard: str
    pad: str
    branches: tuple[Branch, ...]


class DecoderView(NamedTuple):
    """A decoder of a message, or of the entry of a map.

    Attributes:
        head: its signature.
        cls: the message's class; empty for an entry.
        fresh: lines that give the fields their defaults.
        given: lines that take the fields from a message to merge into, or nothing.
        chain: branches for tags of one byte, each of which goes on with the next field; in the order of
            their tags, in which nearly everybody writes fields.
        blocks: alternatives for longer tags.
        store: lines that make the result.
    """

    head: str
    cls: str
    fresh: tuple[str, ...]
    given: tuple[str, ...]
    chain: Block | None
    blocks: tuple[Block, ...]
    store: tuple[str, ...]


def decoder(module: Module, message: Message) -> DecoderView:
    """The decoder of a message: its fields are local variables until all have been read."""
    cls = module.cls(message)
    head = [*_RANGE, f"into: {cls} | None", "depth: int"]
    name = module.function("decode", message)
    variables = [
        (f"m.{module.names.attribute(element)}", variable(element), *_initial(module, element))
        for element in elements(message)
    ]
    chain, blocks = _branches(module, list(cases(module, message)))
    return DecoderView(
        head=statements.signature(name, head, cls),
        cls=cls,
        fresh=tuple(
            line
            for _, local, annotation, value in variables
            for line in statements.assign(f"{local}: {annotation}" if annotation else local, value, 8)
        ),
        given=tuple(line for attribute, local, _, _ in variables for line in statements.assign(local, attribute, 8)),
        chain=chain,
        blocks=blocks,
        store=tuple(line for attribute, local, _, _ in variables for line in statements.assign(attribute, local, 4)),
    )


def _initial(module: Module, element: Field | Oneof) -> tuple[str, str]:
    """Annotation, where the default does not tell the type, and default of a field's variable."""
    if isinstance(element, Oneof):
        union = (
            module.names.oneof_alias(element)
            if len(element.fields) > 1
            else module.names.member_class(element.fields[0])
        )
        return f"{module.cls(element.parent)}.{union} | None", "None"
    if element.repeated:
        return module.types.field(element), "{}" if element.is_map else "[]"
    if element.presence is not Presence.IMPLICIT:
        return module.types.field(element), "None"
    if element.enum is not None:
        return "", f"{module.table(element.enum)}[0]"
    return "", zero_literal(element)


def entry_decoder(module: Module, field: Field) -> DecoderView:
    """The decoder of one entry of a map, which it stores in the map."""
    assert field.message is not None
    module.runtime("truncated")
    into = f"into: dict[{module.types.value(field.map_key)}, {module.types.value(field.map_value)}]"
    head = [*_RANGE, into, "depth: int"]
    name = module.function("decode", field.message)
    key, value = field.map_key, field.map_value
    found = [*entry_cases(module, key, "key"), *entry_cases(module, value, "value")]
    zeros = statements.assign(f"key: {module.types.value(key)}", _zero(module, key), 4)
    stored = ["        into[key] = value"]
    if value.message is not None and not is_plain(value.message):
        zeros += statements.assign(f"value: {module.types.value(value)} | None", "None", 4)
        new = call(module.cls(value.message))
        stored = ["        if value is None:", *statements.assign("value", new, 12), *stored]
    else:
        zeros += statements.assign(f"value: {module.types.value(value)}", _zero(module, value), 4)
    chain, blocks = _branches(module, found)
    return DecoderView(
        head=statements.signature(name, head, "bool"),
        cls="",
        fresh=(*zeros, "    known = True"),
        given=(),
        chain=chain,
        blocks=blocks,
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


def _branches(module: Module, found: list[Case]) -> tuple[Block | None, tuple[Block, ...]]:
    """The chain for tags of one byte, and the blocks for longer ones."""
    found.sort(key=lambda case: case.tag)
    narrow = [case for case in found if case.tag < 128]
    wide = found[len(narrow) :]
    if not narrow:
        return None, _blocks(wide)
    # Fields with long tags do not ask for each short one.
    guard, pad = ("if t < 128:", "    ") if wide else ("", "")
    chain = tuple(_link(module, case, 12 + len(pad), is_last=case is narrow[-1]) for case in narrow)
    return Block(guard, pad, chain), _blocks(wide)


def _link(module: Module, case: Case, indent: int, *, is_last: bool) -> Branch:
    """A branch that goes on with the field after it, whose own branch follows."""
    keyword = "while" if case.repeats else "if"
    onward = () if is_last and not case.repeats else ("if p >= end:", "    break", "t = b[p]")
    head: tuple[str, ...] = ()
    if case.rest:
        head = ("n = b[p + 1]", "q = p + 2", "if n > 127:", f"    n, q = {module.runtime(case.rest)}(b, n, q)")
    return Branch(f"{keyword} t == {case.tag}:", tuple(_lines((*head, *case.body, *onward), indent)))


def _blocks(found: list[Case]) -> tuple[Block, ...]:
    if len(found) <= LARGEST_CHAIN:
        return (Block("", "", _alternatives(found, 12)),) if found else ()
    size = isqrt(len(found) - 1) + 1
    chunks = [found[i : i + size] for i in range(0, len(found), size)]
    blocks = []
    for i, chunk in enumerate(chunks):
        guard = f"{'if' if i == 0 else 'elif'} t < {chunks[i + 1][0].tag}:" if i + 1 < len(chunks) else "else:"
        blocks.append(Block(guard, "    ", _alternatives(chunk, 16)))
    return tuple(blocks)


def _alternatives(found: list[Case], indent: int) -> tuple[Branch, ...]:
    return tuple(
        Branch(f"{'elif' if i else 'if'} t == {case.tag}:", tuple(_lines(case.body, indent)))
        for i, case in enumerate(found)
    )


def _lines(body: Iterable[Line], indent: int) -> Iterator[str]:
    for item in body:
        if isinstance(item, str):
            yield " " * indent + item
            continue
        target, expr, *further = item
        inner = indent + 4 * sum(further)
        if target:
            yield from statements.assign(target, expr, inner)
        else:
            yield from statements.lines(expr, inner)


def _zero(module: Module, field: Field) -> str:
    if field.enum is not None:
        return f"{module.cls(field.enum)}.{module.names.enum_value(field.enum.values[0])}"
    if field.message is not None:
        return PLAIN_ZEROS[field.message.full_name.removeprefix("google.protobuf.")]
    if field.kind is Kind.STRING:
        return '""'
    return 'b""' if field.kind is Kind.BYTES else NUMBERS[field.kind].zero
