"""Statements that read one field from the wire: the branches of a generated decoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from protoc_gen_pds.python.statements import call
from protoc_gen_pds.schema import Field, Kind, Message, Oneof
from protoc_gen_pds.targets.codec.module import VALUE, Module, is_plain, is_string_map, tag_literal
from protoc_gen_pds.targets.codec.scalars import FIXED32, LEN, NUMBERS, VARINT, wire_type

_REST = ("b", "q", "(p := q + n)")
"""Arguments for the content of a length-delimited field.

``p`` is where the field's tag ends and ``q`` where its content begins, until ``p`` moves on to the next field. (A name
that is read and then assigned within one expression has the new value in both places once mypyc has compiled it.)
"""


Line: TypeAlias = str | tuple[str, str] | tuple[str, str, int]
"""A line as it is, indented from 0; or an assignment as target, expression and further indentation."""


SIZE, NUMBER = "size_rest", "varint_rest"


class Case(NamedTuple):
    """What a decoder does for one tag."""

    tag: int
    rest: str
    """What of the runtime reads the number or length ``n`` after the tag where it is long; empty for fixed width."""
    body: tuple[Line, ...]
    repeats: bool = False
    """Whether fields with the tag follow one another."""


def variable(element: Field | Oneof) -> str:
    """The local variable that holds a field, or a oneof, while its message is read."""
    return f"v{element.number if isinstance(element, Field) else min(f.number for f in element.fields)}"


def cases(module: Module, message: Message) -> Iterator[Case]:
    """The cases of a message's fields."""
    for field in message.fields:
        target = variable(field.oneof or field)
        if field.is_map:
            yield _map(module, field, target)
        elif field.repeated:
            yield from _repeated(module, field, target)
        else:
            yield _singular(module, field, target)


def _map(module: Module, field: Field, target: str) -> Case:
    tag = field.number << 3 | LEN
    assert field.message is not None
    if is_string_map(field):
        entries = call(
            module.runtime("read_string_map"), "b", "q", "q + n", "end", str(tag), target, "unknown", "depth - 1"
        )
        return Case(tag, SIZE, (("p, unknown", entries),))
    read = call(module.function("decode", field.message), *_REST, target, "depth - 1")
    # An entry with other fields, or a number that its closed enum does not have, is kept whole.
    entry = f"{module.runtime('prefix')}({tag}, n) + b[q:p]"
    keep = call(module.runtime("kept"), "unknown", entry)
    return Case(tag, SIZE, (("known", read), "if not known:", ("unknown", keep, 1)), repeats=True)


def entry_cases(module: Module, field: Field, target: str) -> Iterator[Case]:
    """The case of a map's key or value, which becomes a local variable."""
    tag = field.number << 3 | wire_type(field.kind)
    if field.enum is not None and field.enum.closed:
        find = _find(module, field, "e")
        body = (find, "if e is None:", "    known = False", "else:", f"    {target} = e", "p = q")
        yield Case(tag, NUMBER, body)
        return
    rest, before, expr, after = _value(module, field, target)
    yield Case(tag, rest, (*before, (target, expr), *after))


def _repeated(module: Module, field: Field, target: str) -> Iterator[Case]:
    number = field.number
    tag = number << 3 | wire_type(field.kind)
    packable = field.kind in NUMBERS or field.kind is Kind.ENUM
    if field.enum is not None and field.enum.closed:
        e = f"e{number}"
        find, keep = _find(module, field, e), _keep_number(module, tag)
        append = ("", call(f"{target}.append", e), 1)
        body = (find, f"if {e} is None:", keep, "else:", append, "p = q")
        yield Case(tag, NUMBER, body, repeats=True)
        table = module.table(field.enum)
        read = call(module.runtime("read_packed_closed"), *_REST, target, table, str(number), "unknown")
        yield Case(number << 3 | LEN, SIZE, (("unknown", read),))
        return
    rest, before, expr, after = _value(module, field, "None")
    yield Case(tag, rest, (*before, ("", call(f"{target}.append", expr)), *after), repeats=True)
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
    yield Case(number << 3 | LEN, SIZE, (("", read),))


def _singular(module: Module, field: Field, target: str) -> Case:
    tag = field.number << 3 | wire_type(field.kind)
    member = module.member(field) if field.oneof else ""
    if field.enum is not None and field.enum.closed:
        e = f"e{field.number}"
        stored = call(member, e) if member else e
        find, keep = _find(module, field, e), _keep_number(module, tag)
        return Case(tag, NUMBER, (find, f"if {e} is None:", keep, "else:", (target, stored, 1), "p = q"))
    into = target
    if member and field.message is not None:
        into = call(module.runtime("held"), target, member)
    rest, before, expr, after = _value(module, field, into)
    if not member and field.kind in NUMBERS and NUMBERS[field.kind].code:
        # The readers of fixed width give tuples of one.
        target, expr = f"({target},)", call(module.runtime(NUMBERS[field.kind].read), "b", "p + 1")
    if member:
        expr = call(member, expr)
    elif field.message is not None and field.message.full_name == VALUE:
        expr = call(module.runtime("null_kept", "wkt_plain"), expr)
    return Case(tag, rest, (*before, (target, expr), *after))


def _find(module: Module, field: Field, name: str) -> tuple[str, str]:
    """Look up a number of a closed enum, for which there may be no member."""
    assert field.enum is not None
    return name, call(f"{module.table(field.enum)}.find", "n")


def _keep_number(module: Module, tag: int) -> tuple[str, str, int]:
    """Keep a number that a closed enum does not have, from ``p + 1`` to ``q``, as an unknown field."""
    return "unknown", call(module.runtime("kept"), "unknown", f"{tag_literal(tag)} + b[p + 1 : q]"), 1


def _value(module: Module, field: Field, into: str) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    """The ``rest`` of its case, lines before, the expression for one value, and lines after."""
    kind = field.kind
    if field.message is not None:
        decode = module.function("decode", field.message, plain=is_plain(field.message))
        if kind is Kind.GROUP:
            opened = f"g, first, stop, after = {module.runtime('open_group')}(b, p + 1, end, {field.number}, depth)"
            return "", (opened,), call(decode, "g", "first", "stop", into, "depth - 1"), ("p = after",)
        return SIZE, (), call(decode, *_REST, into, "depth - 1"), ()
    if kind is Kind.STRING:
        how = () if field.utf8 else ('"utf-8"', '"surrogateescape"')
        return SIZE, (), call("b[q : (p := q + n)].decode", *how), ()
    if kind is Kind.BYTES:
        return SIZE, (), "b[q : (p := q + n)]", ()
    if field.enum is not None:
        return NUMBER, (), f"{module.table(field.enum)}[n]", ("p = q",)
    scalar = NUMBERS[kind]
    if scalar.wire_type == VARINT:
        if scalar.read_helper:
            module.runtime(scalar.read_helper)
        return NUMBER, (), scalar.read, ("p = q",)
    width = 4 if scalar.wire_type == FIXED32 else 8
    return "", (), f"{module.runtime(scalar.read)}(b, p + 1)[0]", (f"p += {width + 1}",)
