"""The validation rules of elements (buf/validate/validate.proto), from options and an overlay.

Standard rules are nothing special: each field of ``StringRules`` and its like carries its own CEL in the
option ``buf.validate.predefined``, as do extensions that teams declare.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Protocol

from google.protobuf import message_factory
from google.protobuf.unknown_fields import UnknownFieldSet

from protoc_gen_pds.errors import GenerationError, Position
from protoc_gen_pds.rules.cel.messages import is_set, rule_value
from protoc_gen_pds.rules.cel.types import NULL, WRAPPERS
from protoc_gen_pds.rules.cel.values import Value, constant, rules_message
from protoc_gen_pds.schema import Field, Kind, Message, Oneof, Schema

FIELD, MESSAGE, ONEOF, PREDEFINED = (f"buf.validate.{name}" for name in ("field", "message", "oneof", "predefined"))
NUMBERS = {FIELD: 1159, MESSAGE: 1159, ONEOF: 1159, PREDEFINED: 1160}
"""The extensions of options, with their registered numbers."""

Element = Field | Message | Oneof
Step = tuple[str, int, int] | tuple[str, int, int, int]
"""A step of a rule's path: name, number, type and, in a list, index."""
Place = tuple[str | int, ...]
"""Where a rule stands below the rules of its element: names, and indexes in lists."""


class Overlay(Protocol):
    """Further rules, from elsewhere than the .proto files."""

    def __call__(self, element: Element) -> Any:
        """The rules of an element as a message of buf.validate, or None."""

    def position(self, element: Element, place: Place = ()) -> Position | None:
        """Where the rules of an element begin, if it has any; or one of them, if it is here."""


class Ignore(IntEnum):
    """``buf.validate.Ignore``."""

    UNSPECIFIED = 0
    IF_ZERO_VALUE = 1
    ALWAYS = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in CEL.

    Attributes:
        id: what violations call it.
        message: what violations say; empty where the expression gives the text.
        expression: CEL: false, or a text that is not empty, where the rule is broken.
        path: steps below FieldRules; empty for rules of messages.
        names: constants that the expression may use: ``rules`` and ``rule``.
        entry: the place of a rule of a message, which has no path.
    """

    id: str
    message: str
    expression: str
    path: tuple[Step, ...] = ()
    names: dict[str, Value] = field(default_factory=dict)
    entry: Place = ()

    @property
    def place(self) -> Place:
        """Where it stands below the rules of its element."""
        return self.entry or tuple(part for step in self.path for part in (step[0], *step[3:]))

    @property
    def option(self) -> str:
        """What errors call it."""
        parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.place)
        return f"({MESSAGE if self.entry else FIELD}){parts}"


@dataclass(frozen=True, slots=True)
class TypeUrls:
    """``any.in`` or ``any.not_in``."""

    id: str
    urls: tuple[str, ...]
    allowed: bool
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class FieldRules:
    """Rules of a field, of its items, or of the keys or values of a map."""

    required: tuple[Step, ...] = ()
    """Path of the rule where the field is required."""
    ignore: Ignore = Ignore.UNSPECIFIED
    rules: tuple[Rule, ...] = ()
    defined_only: tuple[Step, ...] = ()
    """Path of ``enum.defined_only`` where it is set."""
    type_urls: tuple[TypeUrls, ...] = ()
    items: FieldRules | None = None
    keys: FieldRules | None = None
    values: FieldRules | None = None
    by_behavior: bool = False
    """Whether it is required by ``google.api.field_behavior``."""

    @property
    def empty(self) -> bool:
        """Whether a single value has nothing to fulfil."""
        return not (self.rules or self.defined_only or self.type_urls)

    @property
    def is_required(self) -> bool:
        """Whether the field must be set, and have another value than the default where that is the same."""
        return bool(self.required) or self.by_behavior


@dataclass(frozen=True, slots=True)
class Group:
    """A ``(buf.validate.message).oneof``: at most one of the fields, or exactly one."""

    fields: tuple[Field, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class MessageRules:
    """Rules of a message."""

    rules: tuple[Rule, ...] = ()
    groups: tuple[Group, ...] = ()


_RULES_OF_WELL_KNOWN = {
    "google.protobuf.Any": "any",
    "google.protobuf.Duration": "duration",
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.FieldMask": "field_mask",
}
NO_RULES = FieldRules()
REQUIRED, OUTPUT_ONLY = 2, 3
"""Numbers of ``google.api.FieldBehavior``."""


class Reader:
    """Reads the rules of one schema."""

    def __init__(self, schema: Schema, overlay: Overlay | None = None, *, field_behavior: bool = False) -> None:
        """Read a schema; with ``field_behavior``, the annotation REQUIRED is a rule too (AIP-203)."""
        self._field_behavior = field_behavior
        self._schema = schema
        self._overlay = overlay
        self._predefined = self._extension(PREDEFINED)
        self._known = {name: self._extension(name) for name in (FIELD, MESSAGE, ONEOF)}
        self._fields: dict[Field, FieldRules] = {}

    def _extension(self, name: str) -> Any:
        try:
            extension = self._schema.pool.FindExtensionByName(name)
        except KeyError:
            return None
        return extension if extension.number == NUMBERS[name] else None

    def _options(self, element: Element, name: str) -> Any:
        annotated = element.options.get(name) if self._known[name] is not None else None
        laid_over = self._overlay(element) if self._overlay is not None else None
        if annotated is None or laid_over is None:
            return laid_over if annotated is None else annotated
        merged = type(annotated)()
        merged.CopyFrom(annotated)
        merged.MergeFrom(laid_over)
        return merged

    def error(self, element: Element, message: str, place: Place = ()) -> GenerationError:
        """An error about the rules of an element, or about one of them, where it is written."""
        begin = self._overlay.position(element) if self._overlay is not None else None
        if self._overlay is None or begin is None:
            return element.error(message)
        names = {Field: FIELD, Message: MESSAGE, Oneof: ONEOF}
        name = names[type(element)]
        annotated = element.options.get(name) if self._known[name] is not None else None
        exact = self._overlay.position(element, _without(annotated, place))
        if exact is not None and exact != begin:
            return GenerationError(message, exact)
        if annotated is None:
            return GenerationError(message, begin)
        return element.error(f"{message} (some of its rules are in {begin})")

    # -- messages and oneofs ---------------------------------------------------------------------

    def oneof(self, oneof: Oneof) -> bool:
        """Whether a oneof must have a member."""
        options = self._options(oneof, ONEOF)
        return options is not None and options.required

    def message(self, message: Message) -> MessageRules:
        """Rules of a message.

        Raises:
            GenerationError: a rule names no field of it, or one twice.
        """
        options = self._options(message, MESSAGE)
        if options is None:
            return MessageRules()
        self._refuse_unknown(options, message, MESSAGE)
        rules = [Rule(text, "", text, entry=("cel_expression", i)) for i, text in enumerate(options.cel_expression)]
        rules += [Rule(rule.id, rule.message, rule.expression, entry=("cel", i)) for i, rule in enumerate(options.cel)]
        return MessageRules(tuple(rules), tuple(self._group(message, group) for group in options.oneof))

    # -- fields ----------------------------------------------------------------------------------

    def field(self, field: Field) -> FieldRules:
        """Rules of a field.

        Raises:
            GenerationError: rules of another type than the field's, or rules that are not known.
        """
        found = self._fields.get(field)
        if found is None:
            found = self._field(field)
            if self._field_behavior and REQUIRED in behaviors(field):
                found = replace(found, by_behavior=True)
            self._fields[field] = found
        return found

    def _field(self, field: Field) -> FieldRules:
        options = self._options(field, FIELD)
        if options is None:
            return NO_RULES
        if field.repeated:
            return self._container(field, options)
        return self._single(field, options, field, ())

    def _container(self, field: Field, options: Any) -> FieldRules:
        expected = "map" if field.is_map else "repeated"
        chosen = options.WhichOneof("type")
        if chosen not in (None, expected):
            raise self._mismatch(field, chosen, expected)
        own = self._rules(field, options, ())
        if chosen is None:
            return own
        inner: dict[str, FieldRules] = {}
        rules = getattr(options, chosen)
        for name, part in (
            (("keys", field.map_key), ("values", field.map_value)) if field.is_map else (("items", field),)
        ):
            if rules.HasField(name):
                path = (_step(options.DESCRIPTOR, chosen), _step(rules.DESCRIPTOR, name))
                inner[name] = self._single(field, getattr(rules, name), part, path)
        return replace(own, items=inner.get("items"), keys=inner.get("keys"), values=inner.get("values"))

    def _single(self, field: Field, options: Any, value: Field, prefix: tuple[Step, ...]) -> FieldRules:
        chosen = options.WhichOneof("type")
        if chosen is not None and chosen != _expected(value):
            raise self._mismatch(field, chosen, _expected(value))
        return self._rules(field, options, prefix)

    def _rules(self, field: Field, options: Any, prefix: tuple[Step, ...]) -> FieldRules:
        self._refuse_unknown(options, field, FIELD)
        descriptor = options.DESCRIPTOR
        chosen = options.WhichOneof("type")
        found: list[Rule] = []
        defined_only: tuple[Step, ...] = ()
        urls: list[TypeUrls] = []
        names = {"rules": constant(None, NULL), "rule": constant(None, NULL)}
        if chosen is not None:
            rules = getattr(options, chosen)
            self._refuse_unknown(rules, field, f"{FIELD}).{chosen}")
            names["rules"] = rules_message(rules)
            top = (*prefix, _step(descriptor, chosen))
            for rule, value in self._set(rules):
                path = (*top, _step_of(rule))
                predefined = self._predefined_rules(rule)
                if predefined is not None:
                    env = {"rules": names["rules"], "rule": rule_value(value, rule)}
                    found += (Rule(r.id, r.message, r.expression, path, env) for r in predefined.cel)
                elif (chosen, rule.name) == ("enum", "defined_only"):
                    defined_only = path if value else ()
                elif chosen == "any" and rule.name in ("in", "not_in"):
                    urls.append(TypeUrls(f"any.{rule.name}", tuple(value), rule.name == "in", path))
                elif rule.name not in ("strict", "items", "keys", "values"):
                    raise self.error(
                        field, f"({FIELD}).{chosen}.{rule.name} is not known; protoc-gen-pds has to be updated"
                    )
        step = _step(descriptor, "cel_expression")
        for i, text in enumerate(options.cel_expression):
            found.append(Rule(text, "", text, (*prefix, (*step[:3], i)), names))
        step = _step(descriptor, "cel")
        for i, rule in enumerate(options.cel):
            found.append(Rule(rule.id, rule.message, rule.expression, (*prefix, (*step[:3], i)), names))
        required = (*prefix, _step(descriptor, "required")) if options.required else ()
        ignore = Ignore(options.ignore) if options.ignore in (0, 1, 3) else Ignore.UNSPECIFIED
        return FieldRules(required, ignore, tuple(found), defined_only, tuple(urls))

    def _set(self, rules: Any) -> Iterator[tuple[Any, Any]]:
        """The rules that are set, extensions after fields, with their values."""
        for rule in rules.DESCRIPTOR.fields:
            if is_set(rules, rule):
                yield rule, getattr(rules, rule.name)
        for rule, value in rules.ListFields():
            if rule.is_extension:
                yield rule, value

    def _predefined_rules(self, rule: Any) -> Any:
        """``(buf.validate.predefined)`` of a rule's field, or None."""
        if self._predefined is None:
            return None
        pool = self._predefined.file.pool
        options_class = message_factory.GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FieldOptions"))
        options = options_class.FromString(rule.GetOptions().SerializeToString())
        return options.Extensions[self._predefined] if options.HasExtension(self._predefined) else None

    def _group(self, message: Message, group: Any) -> Group:
        option = f"({MESSAGE}).oneof"
        names = list(group.fields)
        fields = {f.name: f for f in message.fields}
        if not names:
            raise self.error(message, f"{option} of {message.full_name}: at least one field must be named")
        for i, name in enumerate(names):
            if name not in fields:
                raise self.error(message, f'{option}: there is no field "{name}" in {message.full_name}')
            if name in names[:i]:
                raise self.error(message, f'{option} of {message.full_name}: field "{name}" is named twice')
        return Group(tuple(fields[name] for name in names), group.required)

    def _mismatch(self, field: Field, chosen: str, expected: str | None) -> GenerationError:
        suits = f"rules of that field are ({FIELD}).{expected}" if expected else "it takes cel and required only"
        return self.error(field, f"({FIELD}).{chosen} does not suit {field.full_name}: {suits}")

    def _refuse_unknown(self, options: Any, element: Element, option: str) -> None:
        unknown = UnknownFieldSet(options)
        if len(unknown):
            raise self.error(
                element,
                f"({option}) has a rule of number {unknown[0].field_number} that is not known; "
                "import the file that declares it, or update validate.proto",
            )


def behaviors(field: Field) -> list[int]:
    """Numbers of a field's ``google.api.field_behavior``."""
    return field.options.get("google.api.field_behavior") or []


def _without(annotated: Any, place: Place) -> Place:
    """A place in the overlay alone: lists have its entries behind those of the annotation."""
    match place:
        case [str(name), int(index)] if annotated is not None:
            return (name, index - len(getattr(annotated, name)))
        case _:
            return place


def _expected(value: Field) -> str | None:
    """Name of the rules that suit a single value; None where only rules for any type do."""
    if value.message is not None:
        if value.message.full_name in WRAPPERS:
            return value.message.fields[0].kind.value
        return _RULES_OF_WELL_KNOWN.get(value.message.full_name)
    return "enum" if value.kind is Kind.ENUM else value.kind.value


def _step(descriptor: Any, name: str) -> tuple[str, int, int]:
    return _step_of(descriptor.fields_by_name[name])


def _step_of(rule: Any) -> tuple[str, int, int]:
    return (f"[{rule.full_name}]" if rule.is_extension else rule.name, rule.number, rule.type)
