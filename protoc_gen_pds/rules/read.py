"""The options of buf/validate/validate.proto on fields, messages and oneofs, as rules to compile.

Standard rules are nothing special: each field of ``StringRules`` and its like carries its own CEL in the
option ``buf.validate.predefined``, as do extensions that teams declare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from enum import Enum
from types import SimpleNamespace
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from protoc_gen_pds.errors import Position
from protoc_gen_pds.schema import Field, Kind, Message, Oneof, Schema
from protoc_gen_pds.schema.custom_options import is_repeated

EXTENSION = 1159
"""Number of the options ``field``, ``message`` and ``oneof`` of package buf.validate."""

PREDEFINED = "buf.validate.predefined"

PathStep: TypeAlias = tuple[str, int, int] | tuple[str, int, int, int]
"""Name, number and type of a field of the rules and, for an element of a list, its index."""

Element: TypeAlias = Field | Message | Oneof
Overlay: TypeAlias = Callable[[Element], Any]
"""Rules for an element from elsewhere: a message like the option's, merged over it, or None."""


class Ignore(Enum):
    """``buf.validate.Ignore``."""

    UNSPECIFIED = 0
    IF_ZERO_VALUE = 1
    ALWAYS = 3


@dataclass(frozen=True, slots=True)
class Constant:
    """A protobuf value that an expression reads: ``descriptor`` is its field, or None for a message."""

    value: Any
    descriptor: Any = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One CEL expression.

    Attributes:
        id: what violations call the rule.
        message: the text of a violation; empty where the expression itself or a default says it.
        expression: CEL source.
        path: of the rule below ``FieldRules`` (``string.min_len``, ``cel[0]``); empty for messages.
        elements: the same by steps.
        constants: ``rules`` and ``rule`` where the expression has them.
        option: how an error names the rule.
        position: of the element that has the rule.
    """

    id: str
    message: str
    expression: str
    path: str
    elements: tuple[PathStep, ...]
    constants: Mapping[str, Constant]
    option: str
    position: Position


@dataclass(frozen=True, slots=True)
class FieldRules:
    """Rules for the values of a field, or for elements of it."""

    required: bool = False
    ignore: Ignore = Ignore.UNSPECIFIED
    rules: tuple[Rule, ...] = ()
    items: FieldRules | None = None
    keys: FieldRules | None = None
    values: FieldRules | None = None
    defined_only: bool = False
    any_in: tuple[str, ...] = ()
    any_not_in: tuple[str, ...] = ()
    prefix: tuple[PathStep, ...] = ()
    """Steps of rule paths to these rules: those to ``repeated.items`` for the rules of items."""


@dataclass(frozen=True, slots=True)
class MessageOneof:
    """Fields of a message of which at most one may be set (``MessageOneofRule``)."""

    fields: tuple[Field, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class MessageRules:
    """Rules for a message as a whole."""

    rules: tuple[Rule, ...] = ()
    oneofs: tuple[MessageOneof, ...] = ()


@dataclass(frozen=True, slots=True)
class OneofRules:
    """Rules for a oneof."""

    required: bool = False


def field_rules(field: Field, overlay: Overlay | None = None) -> FieldRules | None:
    """The rules of a field, or None.

    Raises:
        GenerationError: rules of another type, unknown to validate.proto, or not resolved.
    """
    rules = _option(field, "field", overlay)
    if rules is None:
        return None
    return _Reader(field).read(rules, field, field.repeated, field.is_map)


def message_rules(message: Message, overlay: Overlay | None = None) -> MessageRules | None:
    """The rules of a message, or None.

    Raises:
        GenerationError: unknown rules, or a oneof rule without fields or with wrong ones.
    """
    rules = _option(message, "message", overlay)
    if rules is None:
        return None
    own = {field.name: field for field in message.fields}
    oneofs = []
    for oneof in rules.oneof:
        names = list(oneof.fields)
        if not names:
            raise message.error("(buf.validate.message).oneof: name at least one field")
        for name in names:
            if name not in own:
                raise message.error(f"(buf.validate.message).oneof: {message.full_name} has no field {name}")
            if names.count(name) > 1:
                raise message.error(f"(buf.validate.message).oneof: {name} is named twice")
        oneofs.append(MessageOneof(tuple(own[name] for name in names), oneof.required))
    # A violation by a message names no path of a rule.
    return MessageRules(tuple(_custom(message, rules, "(buf.validate.message)", None, {})), tuple(oneofs))


def oneof_rules(oneof: Oneof, overlay: Overlay | None = None) -> OneofRules | None:
    """The rules of a oneof, or None.

    Raises:
        GenerationError: unknown rules.
    """
    rules = _option(oneof, "oneof", overlay)
    return None if rules is None else OneofRules(rules.required)


def _option(element: Element, name: str, overlay: Overlay | None) -> Any:
    found = element.options.get(f"buf.validate.{name}")
    if found is None and EXTENSION in _unknown(element.options.message):
        raise element.error(f"(buf.validate.{name}) is not in the request: import buf/validate/validate.proto")
    more = None if overlay is None else overlay(element)
    if more is not None:
        merged = type(more)()
        if found is not None:
            merged.MergeFromString(found.SerializeToString())
        merged.MergeFrom(more)
        found = merged
    if found is not None:
        _refuse_unknown(element, found, f"(buf.validate.{name})")
    return found


def _unknown(message: Any) -> list[int]:
    from google.protobuf.unknown_fields import UnknownFieldSet

    return [field.field_number for field in UnknownFieldSet(message)]


def _refuse_unknown(element: Element, message: Any, path: str) -> None:
    """Rules that the request does not describe would be dropped without a word."""
    for number in _unknown(message):
        raise element.error(
            f"{path} has a rule with the unknown number {number}: "
            "import the file that declares it, or update buf/validate/validate.proto"
        )
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None or not descriptor.message_type.full_name.startswith("buf.validate."):
            continue
        for inner in value if is_repeated(descriptor) else (value,):
            _refuse_unknown(element, inner, f"{path}.{_label(descriptor)}")


def _label(descriptor: Any) -> str:
    name: str = f"[{descriptor.full_name}]" if descriptor.is_extension else descriptor.name
    return name


def _step(descriptor: Any) -> tuple[str, int, int]:
    return _label(descriptor), descriptor.number, descriptor.type


def _text(steps: tuple[PathStep, ...]) -> str:
    return ".".join(f"{step[0]}[{step[3]}]" if len(step) == 4 else step[0] for step in steps)


def _custom(
    element: Element, rules: Any, option: str, prefix: tuple[PathStep, ...] | None, constants: Mapping[str, Constant]
) -> Iterator[Rule]:
    """Rules in CEL; those whose ``prefix`` is None have no path."""
    for name in ("cel_expression", "cel"):
        descriptor = rules.DESCRIPTOR.fields_by_name.get(name)
        for index, rule in enumerate(getattr(rules, name) if descriptor is not None else ()):
            steps: tuple[PathStep, ...] = () if prefix is None else (*prefix, (*_step(descriptor), index))
            expression, identity, text = (rule, rule, "") if isinstance(rule, str) else _parts(rule)
            path = f"{option}.{name}[{index}]"
            yield Rule(identity, text, expression, _text(steps), steps, constants, path, element.position)


def _parts(rule: Any) -> tuple[str, str, str]:
    return rule.expression, rule.id, rule.message


_WELL_KNOWN = {
    "google.protobuf.Any": "any",
    "google.protobuf.Duration": "duration",
    "google.protobuf.FieldMask": "field_mask",
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.BoolValue": "bool",
    "google.protobuf.BytesValue": "bytes",
    "google.protobuf.DoubleValue": "double",
    "google.protobuf.FloatValue": "float",
    "google.protobuf.Int32Value": "int32",
    "google.protobuf.Int64Value": "int64",
    "google.protobuf.StringValue": "string",
    "google.protobuf.UInt32Value": "uint32",
    "google.protobuf.UInt64Value": "uint64",
}
_BY_HAND = frozenset(
    ("any.in", "any.not_in", "enum.defined_only", "map.keys", "map.values", "repeated.items", "string.strict")
)
"""Rules without CEL: protovalidate has them in code, or they only modify others."""


@dataclass(frozen=True, slots=True)
class _Reader:
    element: Field
    option: str = "(buf.validate.field)"
    prefix: tuple[PathStep, ...] = default(default=())

    def read(self, rules: Any, field: Field, is_list: bool, is_map: bool) -> FieldRules:
        name: str | None = rules.WhichOneof("type")
        typed = getattr(rules, name) if name else None
        self._check_type(name, field, is_list, is_map)
        ignore = Ignore(rules.ignore) if rules.ignore in (0, 1, 3) else Ignore.UNSPECIFIED
        base: dict[str, Constant] = {"rules": Constant(typed), "rule": Constant(None)} if typed is not None else {}
        return FieldRules(
            required=rules.required,
            ignore=ignore,
            rules=(
                *(self._standard(rules, name, typed) if name else ()),
                *_custom(self.element, rules, self.option, self.prefix, base),
            ),
            items=self._inner(typed, "items", field) if name == "repeated" else None,
            keys=self._inner(typed, "keys", field.map_key) if name == "map" else None,
            values=self._inner(typed, "values", field.map_value) if name == "map" else None,
            defined_only=name == "enum" and typed.defined_only,
            any_in=tuple(getattr(typed, "in")) if name == "any" else (),
            any_not_in=tuple(typed.not_in) if name == "any" else (),
            prefix=self.prefix,
        )

    def _check_type(self, name: str | None, field: Field, is_list: bool, is_map: bool) -> None:
        if name is None:
            return
        expected: str | None = field.kind.value
        if is_map:
            expected = "map"
        elif is_list:
            expected = "repeated"
        elif field.kind in (Kind.MESSAGE, Kind.GROUP):
            assert field.message is not None
            expected = _WELL_KNOWN.get(field.message.full_name)
        if name == expected:
            return
        wanted = f"{expected} rules" if expected else "no rules by type"
        raise self.element.error(f"{self.option}.{name}: a field of this type takes {wanted}, not {name} rules")

    def _inner(self, typed: Any, name: str, field: Field) -> FieldRules | None:
        if not typed.HasField(name):
            return None
        outer = "repeated" if name == "items" else "map"
        type_step = self._type_step(outer)
        steps: tuple[PathStep, ...] = (*self.prefix, type_step, _step(typed.DESCRIPTOR.fields_by_name[name]))
        reader = _Reader(self.element, f"{self.option}.{outer}.{name}", steps)
        return reader.read(getattr(typed, name), field, is_list=False, is_map=False)

    def _type_step(self, name: str) -> PathStep:
        pool = self.element.file.schema.pool
        return _step(pool.FindMessageTypeByName("buf.validate.FieldRules").fields_by_name[name])

    def _standard(self, rules: Any, name: str, typed: Any) -> Iterator[Rule]:
        type_step = self._type_step(name)
        for descriptor, value in typed.ListFields():
            option = f"{self.option}.{name}.{_label(descriptor)}"
            if f"{name}.{descriptor.name}" in _BY_HAND and not descriptor.is_extension:
                continue
            predefined = _predefined(self.element.file.schema, descriptor)
            if not predefined:
                raise self.element.error(f"{option} has no meaning: the option ({PREDEFINED}) is not set on it")
            steps: tuple[PathStep, ...] = (*self.prefix, type_step, _step(descriptor))
            constants = {"rules": Constant(typed), "rule": Constant(value, descriptor)}
            for rule in predefined:
                yield Rule(
                    rule.id,
                    rule.message,
                    rule.expression,
                    _text(steps),
                    steps,
                    constants,
                    option,
                    self.element.position,
                )


_predefined_of: WeakKeyDictionary[Schema, dict[str, tuple[Any, ...]]] = WeakKeyDictionary()


def _predefined(schema: Schema, descriptor: Any) -> tuple[Any, ...]:
    """The CEL rules that a field of ``StringRules`` and its like carries."""
    known = _predefined_of.setdefault(schema, {})
    found = known.get(descriptor.full_name)
    if found is None:
        option = schema.options_of(SimpleNamespace(options=descriptor.GetOptions())).get(PREDEFINED)
        found = known[descriptor.full_name] = () if option is None else tuple(option.cel)
    return found
