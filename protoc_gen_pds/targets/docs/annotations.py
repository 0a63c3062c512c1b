"""What well-known custom options say, for readers: HTTP routes, field behaviour, validation rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from protoc_gen_pds.schema import Field, Message, Method, Oneof
from protoc_gen_pds.schema.custom_options import is_repeated
from protoc_gen_pds.targets.docs.text import cell, code

_RULES = frozenset(
    {"buf.validate.field", "buf.validate.message", "buf.validate.oneof", "validate.rules", "validate.required"}
)
"""protovalidate's options, and those of its predecessor protoc-gen-validate."""


class Route(NamedTuple):
    """One HTTP binding of a method (google/api/http.proto); texts are code spans."""

    request: str
    body: str
    response_body: str


def routes(method: Method) -> tuple[Route, ...]:
    """HTTP routes of a method: the rule itself, then its additional bindings."""
    rule = method.options["google.api.http"]
    if rule is None or rule.DESCRIPTOR.full_name != "google.api.HttpRule":
        return ()
    return tuple(route for each in (rule, *rule.additional_bindings) for route in _route(each))


def _route(rule: Any) -> Iterator[Route]:
    pattern = rule.WhichOneof("pattern")
    if pattern is None:
        return
    if pattern == "custom":
        verb, path = rule.custom.kind, rule.custom.path
    else:
        verb, path = pattern.upper(), getattr(rule, pattern)
    yield Route(code(f"{verb} {path}"), code(rule.body), code(rule.response_body))


def behaviours(field: Field) -> tuple[str, ...]:
    """Field behaviour (AIP-203) in words: ``Required``, ``Output only``."""
    if not _has_custom_options(field):
        return ()
    for descriptor, values in field.options.message.ListFields():
        if descriptor.full_name == "google.api.field_behavior":
            names = (_enum_name(descriptor, number) for number in values)
            return tuple(name.replace("_", " ").capitalize() for name in names)
    return ()


def rules(element: Field | Message | Oneof) -> tuple[str, ...]:
    """Validation rules of an element, each as a code span or, where it has one, its message."""
    if not _has_custom_options(element):
        return ()
    return tuple(
        text
        for descriptor, value in element.options.message.ListFields()
        if descriptor.is_extension and descriptor.full_name in _RULES
        for text in _rule_texts("", descriptor, value)
    )


def _has_custom_options(element: Field | Message | Oneof) -> bool:
    """A cheap look first: parsing options takes a descriptor pool of the whole request."""
    return bool(element.proto.HasField("options"))


def _rule_texts(prefix: str, descriptor: Any, value: Any) -> Iterator[str]:
    if descriptor.message_type is None:
        yield _assignment(prefix, descriptor, value)
    elif descriptor.message_type.full_name.startswith("google.protobuf."):
        if is_repeated(descriptor):
            yield code(f"{prefix} = [{', '.join(map(_well_known, value))}]")
        else:
            yield code(f"{prefix} = {_well_known(value)}")
    elif is_repeated(descriptor):
        for each in value:
            yield from _cel(each)
    else:
        for inner, inner_value in value.ListFields():
            name = inner.name if not inner.is_extension else f"({inner.full_name})"
            yield from _rule_texts(f"{prefix}.{name}" if prefix else name, inner, inner_value)


def _assignment(prefix: str, descriptor: Any, value: Any) -> str:
    name = prefix or descriptor.name
    if is_repeated(descriptor):
        return code(f"{name} = [{', '.join(_literal(descriptor, each) for each in value)}]")
    return code(name if value is True else f"{name} = {_literal(descriptor, value)}")


def _literal(descriptor: Any, value: Any) -> str:
    if descriptor.enum_type is not None:
        return _enum_name(descriptor, value)
    if isinstance(value, bytes):
        return repr(value)[1:]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _enum_name(descriptor: Any, number: int) -> str:
    value = descriptor.enum_type.values_by_number.get(number)
    return str(value.name) if value is not None else str(number)


def _cel(rule: Any) -> Iterator[str]:
    """A custom rule: what it tells its user, else its expression."""
    known = {field.name: value for field, value in rule.ListFields()}
    if known.get("message"):
        yield cell(str(known["message"]))
    elif known.get("expression"):
        yield code(str(known["expression"]))


def _well_known(value: Any) -> str:
    """A constant of a rule, such as a Duration, in its JSON form."""
    from google.protobuf import json_format

    json_form = json_format.MessageToDict(value)
    return json_form if isinstance(json_form, str) else json.dumps(json_form)
