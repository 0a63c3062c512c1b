"""Statements that write fields to the wire: the body of a generated encoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import bytes_literal
from protoc_gen_pds.python.statements import assign, block, call, lines, loop
from protoc_gen_pds.schema import Field, Kind, Message, Oneof, Presence
from protoc_gen_pds.targets.codec.module import Module, elements, is_plain, is_string_map, tag_literal
from protoc_gen_pds.targets.codec.scalars import GROUP, LEN, NUMBERS, wire_type


class EncoderView(NamedTuple):
    """An encoder; its statements field by field."""

    head: str
    cls: str
    fields: tuple[tuple[str, ...], ...]


def encoder(module: Module, message: Message) -> EncoderView:
    """The encoder of a message."""
    cls = module.cls(message)
    name = module.function("encode", message)
    module.runtime("check_class")
    return EncoderView(
        head=statements.signature(name, [f"m: {cls}"], "bytes"),
        cls=cls,
        fields=tuple(tuple(_element(module, element)) for element in elements(message)),
    )


MANY_FIELDS = 40
"""From how many fields on each has its own local variables: pyright gives up on those that are used too often."""


def _local(name: str, field: Field) -> str:
    assert field.parent is not None
    return f"{name}{field.number}" if len(field.parent.fields) > MANY_FIELDS else name


def _element(module: Module, element: Field | Oneof) -> Iterator[str]:
    if isinstance(element, Oneof):
        yield from _oneof(module, element)
        return
    field = element
    attribute = f"m.{module.names.attribute(field)}"
    if field.is_map:
        yield from _map(module, field, attribute)
        return
    if field.repeated:
        yield from _repeated(module, field, attribute)
        return
    value = f"v{field.number}"
    yield from assign(value, attribute, 4)
    if field.presence is Presence.REQUIRED:
        yield f"    if {value} is None:"
        yield f"        raise {module.runtime('missing')}()"
        yield from single(module, field, value, 4)
    elif field.presence is Presence.EXPLICIT:
        yield f"    if {value} is not None:"
        yield from single(module, field, value, 8)
    else:
        yield from _implicit(module, field, value)


def _oneof(module: Module, oneof: Oneof) -> Iterator[str]:
    yield f"    match m.{module.names.attribute(oneof)}:"
    yield "        case None:"
    yield "            pass"
    for field in oneof.fields:
        # By keyword: mypyc does not find match arguments in base classes.
        yield from lines(call(module.member(field), f"value=v{field.number}"), 8, before="case ", after=":")
        yield from single(module, field, f"v{field.number}", 12)
    yield "        case _:"
    yield f"            raise {module.runtime('not_a_member')}()"


def _implicit(module: Module, field: Field, value: str) -> Iterator[str]:
    kind = field.kind
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        # By the bytes: negative zero is not the default.
        scalar = NUMBERS[kind]
        x = _local("x", field)
        yield from assign(x, call(module.runtime(scalar.write), value), 4)
        yield f"    if {x} != {bytes_literal(bytes(4 if scalar.code == 'f' else 8))}:"
        yield f"        parts.append({tag_literal(field.number << 3 | scalar.wire_type)})"
        yield f"        parts.append({x})"
        return
    if kind is Kind.STRING:
        condition = f'{value} != ""'
    elif kind is Kind.BYTES:
        condition = f'{value} != b""'
    elif kind is Kind.BOOL:
        condition = f"{value} is not False"
    else:
        condition = f"{value} != 0"
    yield f"    if {condition}:"
    yield from single(module, field, value, 8)


def single(module: Module, field: Field, value: str, indent: int) -> Iterator[str]:
    """Write one value with its tag."""
    pad = " " * indent
    kind = field.kind
    tag = field.number << 3 | wire_type(kind)
    if kind is Kind.GROUP:
        end = tag_literal(field.number << 3 | GROUP + 1)
        yield f"{pad}parts.append({tag_literal(tag)})"
        yield from lines(call("parts.append", _bytes(module, field, value)), indent)
        yield f"{pad}parts.append({end})"
        return
    if wire_type(kind) != LEN:
        yield f"{pad}parts.append({tag_literal(tag)})"
        yield from lines(call("parts.append", call(_number(module, field), value)), indent)
        return
    if kind is Kind.BYTES:
        yield from lines(call(module.runtime("check_bytes"), value), indent)
        n = _local("n", field)
        yield from assign(n, call("len", value), indent)
        yield f"{pad}parts.append({module.prefix(tag, n)})"
        yield f"{pad}parts.append({value})"
        return
    yield from assign(_local("x", field), _bytes(module, field, value), indent)
    yield from _sized(module, field, tag, pad)


def _sized(module: Module, field: Field, tag: int, pad: str) -> Iterator[str]:
    x, n = _local("x", field), _local("n", field)
    yield f"{pad}{n} = len({x})"
    yield f"{pad}parts.append({module.prefix(tag, n)})"
    yield f"{pad}parts.append({x})"


def _number(module: Module, field: Field) -> str:
    """The function from a number to its bytes."""
    if field.enum is None:
        return module.runtime(NUMBERS[field.kind].write)
    return f"{module.table(field.enum)}.encode" if field.enum.closed else module.runtime("int32")


def _bytes(module: Module, field: Field, value: str) -> str:
    """Expression for the content of a value that is length-delimited or a group."""
    if field.message is not None:
        return call(module.function("encode", field.message, plain=is_plain(field.message)), value)
    if field.kind is Kind.STRING:
        return call(f"{value}.encode", *(() if field.utf8 else ('"utf-8"', '"surrogateescape"')))
    return call(module.runtime("bytes_of"), value)


def _repeated(module: Module, field: Field, value: str) -> Iterator[str]:
    yield from lines(call(module.runtime("check_list"), value), 4)
    if field.packed:
        yield from block("if", value, 4)
        scalar, x = NUMBERS.get(field.kind), _local("x", field)
        if scalar is not None and scalar.code:
            yield from assign(x, call(module.runtime("packed_fixed"), value, f'"{scalar.code}"'), 8)
        else:
            yield from assign(x, call('b"".join', call("map", _number(module, field), value)), 8)
        yield from _sized(module, field, field.number << 3 | LEN, "        ")
        return
    item = f"v{field.number}"
    yield from loop([item], value, 4)
    yield from single(module, field, item, 8)


def _map(module: Module, field: Field, value: str) -> Iterator[str]:
    tag = field.number << 3 | LEN
    if is_string_map(field):
        yield from lines(call(module.runtime("write_string_map"), "parts", module.prefix_table(tag), value), 4)
        return
    k, v = f"k{field.number}", f"v{field.number}"
    yield from loop([k, v], f"{value}.items()", 4)
    x = _local("x", field)
    parts: list[str] = []
    for part, name in ((field.map_key, k), (field.map_value, v)):
        kind = wire_type(part.kind)
        parts.append(tag_literal(part.number << 3 | kind))
        content = _bytes(module, part, name) if kind == LEN else call(_number(module, part), name)
        parts.append(call(module.runtime("sized"), content) if kind == LEN else content)
    yield from assign(x, call('b"".join', statements.row(parts)), 8)
    yield from _sized(module, field, tag, "        ")
