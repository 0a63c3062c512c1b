"""The body of a check: each field's shape and then its rules, in the order of the fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from protoc_gen_pds.python import statements
from protoc_gen_pds.python.layout import string
from protoc_gen_pds.python.statements import call
from protoc_gen_pds.python.types import is_well_known
from protoc_gen_pds.schema import Field, Message, Oneof, Presence
from protoc_gen_pds.targets.codec.module import elements
from protoc_gen_pds.targets.validators.module import Module
from protoc_gen_pds.targets.validators.shape import Body, guarded, nothing, shape_of, value_lines, when
from protoc_gen_pds.targets.validators.spot import Spot

if TYPE_CHECKING:
    from protoc_gen_pds.rules.read import FieldRules
    from protoc_gen_pds.targets.validators.rules import RuleWriter


class FieldChecks:
    """Writes the checks of one message; without a writer of rules, those of its shape."""

    def __init__(self, module: Module, message: Message, rules: RuleWriter | None) -> None:
        self._module = module
        self._message = message
        self._rules = rules
        self._grouped: set[str] = set()
        if rules is not None:
            groups = rules.reader.message(message).groups
            self._grouped = {field.name for group in groups for field in group.fields}

    def lines(self) -> Iterator[list[str]]:
        """Statements for each field and oneof, then for the message itself."""
        for element in elements(self._message):
            yield list(self._oneof(element) if isinstance(element, Oneof) else self._field(element))
        if self._rules is not None:
            rules = self._rules
            yield guarded(lambda indent: rules.message(self._message, indent), 4)

    def _read(self, field: Field) -> FieldRules | None:
        """The rules that a field has to fulfil; None where there are none or they are ignored."""
        if self._rules is None:
            return None
        rules = self._rules.reader.field(field)
        return None if rules.ignore.name == "ALWAYS" else rules

    def _ignored(self, field: Field) -> bool:
        if self._rules is None:
            return False
        return self._rules.reader.field(field).ignore.name == "ALWAYS"

    def _skips_zero(self, field: Field, rules: FieldRules) -> bool:
        ignore = rules.ignore.name
        return ignore == "IF_ZERO_VALUE" or (ignore == "UNSPECIFIED" and field.name in self._grouped)

    # -- kinds of fields -------------------------------------------------------------------------

    def _field(self, field: Field) -> Iterator[str]:
        v, spot = f"v{field.number}", Spot(field.name)
        yield from statements.assign(v, f"m.{self._module.names.attribute(field)}", 4)
        rules = self._read(field)
        if field.is_map:
            yield from when(f"{v}.__class__ is dict", call("c.dict", v, *spot.arguments), 4)
            yield from self._entries(field, v, rules, 8)
            yield from self._container(field, rules, v, spot)
        elif field.repeated:
            yield from when(f"{v}.__class__ is list", call("c.list", v, *spot.arguments), 4)
            yield from self._items(field, v, rules, 8)
            yield from self._container(field, rules, v, spot)
        elif field.presence is Presence.IMPLICIT:
            body = self._implicit(field, rules, v, spot)
            yield from value_lines(self._module, field, v, spot, 4, body)
        else:
            yield f"    if {v} is not None:"
            yield from self._present(field, rules, v, spot, 8)
            missing = self._missing(field, rules, spot, 8)
            if missing:
                yield "    else:"
                yield from missing

    def _missing(self, field: Field, rules: FieldRules | None, spot: Spot, indent: int) -> list[str]:
        if rules is not None and rules.is_required and self._rules is not None:
            return self._rules.required(rules, spot, indent)
        if field.presence is Presence.REQUIRED:
            return statements.lines(call("c.missing", *spot.arguments), indent)
        return []

    def _present(self, field: Field, rules: FieldRules | None, v: str, spot: Spot, indent: int) -> list[str]:
        body = self._body(field, field, rules, v, spot)
        return value_lines(self._module, field, v, spot, indent, body, ignored=self._ignored(field))

    def _body(
        self, field: Field, value: Field, rules: FieldRules | None, v: str, spot: Spot,
        *, for_key: bool = False, nonzero: bool = False,
    ) -> Body:  # fmt: skip
        writer = self._rules
        if writer is None or rules is None or rules.empty:
            return nothing
        from protoc_gen_pds.rules.cel.types import value_type

        type = value_type(value)
        return lambda indent: writer.values(
            rules, field, value, v, type, spot, indent, for_key=for_key, nonzero=nonzero
        )

    def _implicit(self, field: Field, rules: FieldRules | None, v: str, spot: Spot) -> Body:
        writer = self._rules
        if writer is None or rules is None:
            return nothing
        nonzero = rules.is_required or self._skips_zero(field, rules)
        inner = self._body(field, field, rules, v, spot, nonzero=nonzero)

        def body(indent: int) -> list[str]:
            pad = " " * indent
            if rules.is_required:
                lines = inner(indent + 4)
                missing = writer.required(rules, spot, indent + 4)
                head = f"{pad}if {v} == {_zero(field)}:"
                return [head, *missing, *([f"{pad}else:", *lines] if lines else [])]
            if self._skips_zero(field, rules):
                lines = inner(indent + 4)
                return [f"{pad}if {v} != {_zero(field)}:", *lines] if lines else []
            return inner(indent)

        return body

    def _container(self, field: Field, rules: FieldRules | None, v: str, spot: Spot) -> list[str]:
        """Rules of a list or map as a whole, after those of its elements."""
        writer = self._rules
        if writer is None or rules is None:
            return []
        from protoc_gen_pds.rules.cel.types import field_type

        def rest(indent: int) -> list[str]:
            return writer.values(rules, field, field, v, field_type(field), spot, indent)

        if rules.is_required:
            lines = rest(12)
            missing = writer.required(rules, spot, 12)
            return [f"        if not {v}:", *missing, *(["        elif c.faults == faults:", *lines] if lines else [])]
        if self._skips_zero(field, rules):
            lines = rest(12)
            return [f"        if {v} and c.faults == faults:", *lines] if lines else []
        return guarded(rest, 8)

    # -- elements --------------------------------------------------------------------------------

    def _items(self, field: Field, v: str, rules: FieldRules | None, indent: int) -> Iterator[str]:
        x = f"x{field.number}"
        yield f"{' ' * indent}for i, {x} in enumerate({v}):"
        yield from self._element(field, field, rules.items if rules else None, x, "i", indent + 4)

    def _entries(self, field: Field, v: str, rules: FieldRules | None, indent: int) -> Iterator[str]:
        k, x, pad = f"k{field.number}", f"x{field.number}", " " * indent
        yield f"{pad}for {k}, {x} in {v}.items():"
        shape = shape_of(field.map_key)
        check = call("c.map_key", string(shape.check), k, *Spot(field.name).arguments)
        keys = rules.keys if rules else None
        lines: list[str] = []
        if keys is not None and keys.ignore.name != "ALWAYS":
            lines = self._unless_zero(field.map_key, keys, k, Spot(field.name, k), field, for_key=True)(indent + 8)
        if lines:
            yield from when(shape.usual.format(v=k), check, indent + 4)
            yield from lines
        else:
            yield f"{pad}    if {shape.unusual.format(v=k)}:"
            yield from statements.lines(check, indent + 8)
        yield from self._element(field, field.map_value, rules.values if rules else None, x, k, indent + 4)

    def _element(
        self, field: Field, value: Field, rules: FieldRules | None, x: str, key: str, indent: int
    ) -> list[str]:
        spot = Spot(field.name, key)
        ignored = self._ignored(field) or (rules is not None and rules.ignore.name == "ALWAYS")
        body: Body = nothing
        if rules is not None and not ignored:
            body = self._unless_zero(value, rules, x, spot, field)
        return value_lines(self._module, value, x, spot, indent, body, ignored=ignored and not _is_leaf(value))

    def _unless_zero(
        self, value: Field, rules: FieldRules, x: str, spot: Spot, field: Field, *, for_key: bool = False
    ) -> Body:
        nonzero = rules.ignore.name == "IF_ZERO_VALUE" and value.message is None
        inner = self._body(field, value, rules, x, spot, for_key=for_key, nonzero=nonzero)
        if not nonzero:
            return inner

        def body(indent: int) -> list[str]:
            lines = inner(indent + 4)
            return [f"{' ' * indent}if {x} != {_zero(value)}:", *lines] if lines else []

        return body

    # -- oneofs ----------------------------------------------------------------------------------

    def _oneof(self, oneof: Oneof) -> Iterator[str]:
        names = self._module.names
        yield f"    match m.{names.attribute(oneof)}:"
        yield "        case None:"
        required = self._rules.oneof(oneof, 12) if self._rules is not None else []
        yield from required or ["            pass"]
        for field in oneof.fields:
            v = f"v{field.number}"
            yield f"        case {self._module.member(field)}({v}):"
            yield from self._present(field, self._read(field), v, Spot(field.name), 12)
        listed = " or ".join(names.member_class(field) for field in oneof.fields)
        # Type checkers want a name for each type.
        number = oneof.parent.oneofs.index(oneof)
        other = f"other{number + 1}" if number else "other"
        yield f"        case {other}:"
        yield from statements.lines(call("c.not_a_member", other, string(listed), *Spot(oneof.name).arguments), 12)
        for field in oneof.fields:
            missing = self._missing(field, self._read(field), Spot(field.name), 8)
            if missing:
                test = f"not isinstance(m.{names.attribute(oneof)}, {self._module.member(field)})"
                yield from statements.block("if", test, 4)
                yield from missing


def _zero(field: Field) -> str:
    from protoc_gen_pds.rules.cel.messages import zero_of

    return zero_of(field)


def _is_leaf(field: Field) -> bool:
    return field.message is None or is_well_known(field.message)
