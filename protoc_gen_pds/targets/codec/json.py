"""Statements that convert messages to and from JSON values (protobuf.dev/programming-guides/json)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import string
from protoc_gen_pds.python.statements import assign, block, call
from protoc_gen_pds.schema import Field, Kind, Message, Oneof, Presence
from protoc_gen_pds.targets.codec.module import NULL_VALUE, VALUE, Module, elements, is_plain, is_string_map
from protoc_gen_pds.targets.codec.scalars import NUMBERS


class JsonView(NamedTuple):
    """The functions between a message and its JSON value."""

    write_head: str
    read_head: str
    cls: str
    keys: str
    read_object: tuple[str, ...]
    names: tuple[str, ...]
    """Entries of the table of JSON names and .proto names."""
    write: tuple[tuple[str, ...], ...]
    read: tuple[tuple[str, ...], ...]


def json_functions(module: Module, message: Message) -> JsonView:
    """Both directions for a message."""
    cls = module.cls(message)
    keys = f"keys_{module.names.function_suffix(message)}"
    read_object = call(_runtime(module, "json_object"), "value", keys, "lax")
    parameters = ["value: object", "depth: int", "lax: bool"]
    parts = elements(message)
    return JsonView(
        write_head=statements.signature(module.function("to_json", message), [f"m: {cls}"], "dict[str, object]"),
        read_head=statements.signature(module.function("from_json", message), parameters, cls),
        cls=cls,
        keys=keys,
        read_object=tuple(
            statements.assign("d", read_object, 4) if message.fields else statements.lines(read_object, 4)
        ),
        names=tuple(f"{string(json)}: {string(name)}," for json, name in _json_names(message).items()),
        write=tuple(tuple(_write(module, part)) for part in parts),
        read=tuple(tuple(_read(module, part)) for part in parts),
    )


def _json_names(message: Message) -> dict[str, str]:
    """Names in JSON and in the .proto; where an old .proto gives one JSON name twice the first field has it."""
    names: dict[str, str] = {}
    for field in message.fields:
        names.setdefault(field.json_name, field.name)
    return names


def _runtime(module: Module, name: str) -> str:
    return module.runtime(name, "json_values")


# -- to JSON -----------------------------------------------------------------------------------------


def _write(module: Module, element: Field | Oneof) -> Iterator[str]:
    if isinstance(element, Oneof):
        yield f"    match m.{module.names.attribute(element)}:"
        yield "        case None:"
        yield "            pass"
        for field in element.fields:
            # By keyword: mypyc does not find match arguments in base classes.
            yield from statements.lines(
                call(module.member(field), f"value=v{field.number}"), 8, before="case ", after=":"
            )
            yield from assign(_key(field), _to_json(module, field, f"v{field.number}"), 12)
        yield "        case _:"
        yield f"            raise {module.runtime('not_a_member')}()"
        return
    field = element
    value = f"v{field.number}"
    yield from assign(value, f"m.{module.names.attribute(field)}", 4)
    if field.is_map:
        condition, found = f"{value} != {{}}", _map_to_json(module, field, value)
    elif field.repeated:
        condition, found = f"{value} != []", call(_runtime(module, "array"), _converter(module, field), value)
    elif field.presence is Presence.IMPLICIT:
        condition, found = _is_set(field, value), _to_json(module, field, value)
    else:
        condition, found = f"{value} is not None", _to_json(module, field, value)
    yield f"    if {condition}:"
    if field.kind is Kind.STRING and not field.repeated:
        # The usual case without a call.
        check = _runtime(module, "string_to_json")
        yield f"        {_key(field)} = {value} if {value}.__class__ is str else {check}({value})"
    else:
        yield from assign(_key(field), found, 8)


def _key(field: Field) -> str:
    return f"o[{string(field.json_name)}]"


def _is_set(field: Field, value: str) -> str:
    if field.kind is Kind.STRING:
        return f'{value} != ""'
    if field.kind is Kind.BYTES:
        return f'{value} != b""'
    if field.kind is Kind.BOOL:
        return f"{value} is not False"
    if field.kind in (Kind.FLOAT, Kind.DOUBLE):
        return f'str({value}) != "0.0"'
    return f"{value} != 0"


def _converter(module: Module, field: Field) -> str:
    """The function from one value to its JSON form."""
    if field.message is not None:
        return module.function("to_json", field.message, plain=is_plain(field.message))
    if field.enum is not None:
        return f"{module.table(field.enum)}.to_json"
    return _runtime(module, f"{_suffix(field)}_to_json")


def _to_json(module: Module, field: Field, value: str) -> str:
    return call(_converter(module, field), value)


def _map_to_json(module: Module, field: Field, value: str) -> str:
    if is_string_map(field):
        return call(_runtime(module, "string_mapping"), value)
    return call(
        _runtime(module, "mapping"),
        _runtime(module, f"{_suffix(field.map_key)}_key"),
        _converter(module, field.map_value),
        value,
    )


def _suffix(field: Field) -> str:
    if field.kind in NUMBERS:
        return NUMBERS[field.kind].json
    return "string" if field.kind is Kind.STRING else "bytes"


# -- from JSON ---------------------------------------------------------------------------------------


def _read(module: Module, element: Field | Oneof) -> Iterator[str]:
    if isinstance(element, Oneof):
        target = f"m.{module.names.attribute(element)}"
        for i, field in enumerate(sorted(element.fields, key=lambda f: f.number)):
            guard = []
            if i:
                again = f"raise {_runtime(module, 'second_member')}({string(element.name)})"
                guard = [*block("if", f"{target} is not None", 8), f"            {again}"]
            yield from _singular(module, field, target, guard)
        return
    field = element
    target = f"m.{module.names.attribute(field)}"
    if field.is_map:
        v = f"v{field.number}"
        yield f"    {v} = d.get({string(field.json_name)})"
        yield f"    if {v} is not None:"
        if is_string_map(field):
            yield from statements.lines(call(_runtime(module, "read_string_mapping"), v, target), 8)
            return
        key = _runtime(module, f"{_suffix(field.map_key)}_from_key")
        read = _reader(module, field.map_value)
        yield from statements.lines(call(_runtime(module, "read_mapping"), v, key, read, target, "depth", "lax"), 8)
    elif field.repeated:
        v = f"v{field.number}"
        yield f"    {v} = d.get({string(field.json_name)})"
        yield f"    if {v} is not None:"
        read = _reader(module, field)
        yield from statements.lines(call(_runtime(module, "read_array"), v, read, target, "depth", "lax"), 8)
    else:
        yield from _singular(module, field, target, [])


def _singular(module: Module, field: Field, target: str, guard: list[str]) -> Iterator[str]:
    name = string(field.json_name)
    v = f"v{field.number}"
    yield f"    {v} = d.get({name})"
    nullable = _takes_null(field)
    yield f"    if {v} is not None or {name} in d:" if nullable else f"    if {v} is not None:"
    yield from guard
    member = module.member(field) if field.oneof else ""
    if field.enum is not None:
        # An unknown name is passed over where unknown fields are.
        yield from assign(f"e{field.number}", call(f"{module.table(field.enum)}.from_json", v, "lax"), 8)
        yield f"        if e{field.number} is not None:"
        stored = call(member, f"e{field.number}") if member else f"e{field.number}"
        yield from assign(target, stored, 12)
        return
    expr = _from_json(module, field, v)
    if field.message is not None and field.message.full_name == VALUE and not member:
        expr = call(module.runtime("null_kept", "wkt_plain"), expr)
    yield from assign(target, call(member, expr) if member else expr, 8)


def _takes_null(field: Field) -> bool:
    if field.message is not None:
        return field.message.full_name == VALUE
    return field.enum is not None and field.enum.full_name == NULL_VALUE


def _from_json(module: Module, field: Field, value: str) -> str:
    if field.message is not None:
        function = module.function("from_json", field.message, plain=is_plain(field.message))
        return call(function, value, "depth - 1", "lax")
    return call(_runtime(module, f"{_suffix(field)}_from_json"), value)


def _reader(module: Module, field: Field) -> str:
    """The function from a JSON value, depth and lax to an element of a list or map."""
    if field.message is not None:
        return module.function("from_json", field.message, plain=is_plain(field.message))
    if field.enum is not None:
        return f"{module.table(field.enum)}.read_json"
    return _runtime(module, f"read_{_suffix(field)}")
