"""The rules of a message in words: the texts of their violations, which say what a value must be."""

from __future__ import annotations

from collections.abc import Iterator

from protoc_gen_pds.options import Options
from protoc_gen_pds.python.names import Names
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import Types
from protoc_gen_pds.rules.cel import CelSyntaxError, parse
from protoc_gen_pds.rules.cel.compiler import Compiler
from protoc_gen_pds.rules.cel.declarations import Declarations
from protoc_gen_pds.rules.cel.messages import Fields
from protoc_gen_pds.rules.cel.types import TIMESTAMP, Type, field_type, message_type, value_type
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, variable
from protoc_gen_pds.rules.patterns import PatternError, prepare
from protoc_gen_pds.rules.read import Element, FieldRules, Ignore, Reader, Rule
from protoc_gen_pds.schema import Field, Message

_EMPTY = "is empty, which is not"
"""In texts about formats that say again that an empty value does not have them."""


def describe(message: Message, reader: Reader) -> Iterator[str]:
    """A line for each rule of a message, in the order of its fields.

    Raises:
        GenerationError: a rule is wrong.
    """
    words = _Words(message, reader)
    for oneof in message.oneofs:
        if reader.oneof(oneof):
            yield f"{oneof.name}: exactly one of {', '.join(f.name for f in oneof.fields)} must be set [required]"
    for field in message.fields:
        rules = reader.field(field)
        if rules.ignore is not Ignore.ALWAYS:
            yield from words.field(field, rules)
    own = reader.message(message)
    for rule in own.rules:
        yield from words.rule(message, rule, message_type(message), "message")
    for group in own.groups:
        count = "exactly" if group.required else "at most"
        yield f"message: {count} one of {', '.join(f.name for f in group.fields)} can be set [message.oneof]"


def _pattern(pattern: str) -> str:
    """A name for a pattern; one that is wrong is refused, as it is when code is generated."""
    prepare(pattern)
    return "pattern"


class _Words:
    def __init__(self, message: Message, reader: Reader) -> None:
        self._reader = reader
        names = Names(Options())
        self._compiler = Compiler(Fields(names, Types(names, Scope(())), Declarations(message.file)), _pattern)

    def field(self, field: Field, rules: FieldRules) -> Iterator[str]:
        if rules.is_required:
            yield f"{field.name}: value is required [{'required' if rules.required else 'field_behavior.required'}]"
        yield from self._values(field, field, rules, field_type(field), field.name)
        for inner, value, place in (
            (rules.items, field, "each item"),
            (rules.keys, field.map_key if field.is_map else field, "each key"),
            (rules.values, field.map_value if field.is_map else field, "each value"),
        ):
            if inner is not None and inner.ignore is not Ignore.ALWAYS:
                yield from self._values(field, value, inner, value_type(value), f"{field.name}, {place}")

    def _values(self, field: Field, value: Field, rules: FieldRules, type: Type, place: str) -> Iterator[str]:
        if rules.ignore is Ignore.IF_ZERO_VALUE:
            place += ", if not empty"
        if rules.defined_only and value.enum is not None:
            yield f"{place}: must be one of {', '.join(v.name for v in value.enum.values)} [enum.defined_only]"
        for urls in rules.type_urls:
            yield f"{place}: type URL must {'' if urls.allowed else 'not '}be one of {', '.join(urls.urls)} [{urls.id}]"
        for rule in rules.rules:
            yield from self.rule(field, rule, type, place)

    def rule(self, element: Element, rule: Rule, type: Type, place: str) -> Iterator[str]:
        try:
            value = self._compiler.compile(
                parse(rule.expression),
                {**rule.names, "this": variable("this", type), "now": variable("now", TIMESTAMP)},
            )
        except (CelSyntaxError, CelTypeError, PatternError) as error:
            raise self._reader.error(element, f'rule "{rule.id}": {error}', rule.place) from error
        text = rule.message or _wanted(rule.id, _text(value)) or f"must fulfil {rule.expression}"
        if (value.known and value.constant in (True, "")) or _EMPTY in text:
            return
        yield f"{place}: {text} [{rule.id}]"


_COMPLAINTS = {"does not ": "must ", "contains ": "must not contain "}


def _wanted(rule_id: str, text: str) -> str:
    """What a value must be, where the text of a standard rule says what is wrong with it."""
    if rule_id.startswith(("string.", "bytes.")):
        for complaint, demand in _COMPLAINTS.items():
            if text.startswith(complaint):
                return demand + text.removeprefix(complaint)
    return text


def _text(value: Value) -> str:
    """The text of the violation, where it does not depend on the value."""
    if value.known:
        return value.constant if isinstance(value.constant, str) else ""
    if value.choice is not None:
        _, then, otherwise = value.choice
        return _text(then) or _text(otherwise)
    return ""
