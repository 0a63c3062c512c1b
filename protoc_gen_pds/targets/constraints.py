"""Validation rules as keywords of JSON Schema, as far as it has them: never stricter than the rules."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from protoc_gen_pds.rules.read import FieldRules, Ignore
from protoc_gen_pds.schema import Field, Kind

_NUMBERS = frozenset(
    {Kind.INT32, Kind.SINT32, Kind.SFIXED32, Kind.UINT32, Kind.FIXED32, Kind.FLOAT, Kind.DOUBLE},
)
"""Kinds that are numbers in JSON: integers of 64 bits are strings."""
_FORMATS = ("email", "hostname", "ipv4", "ipv6", "uri", "uuid")
_RENAMED = {
    "min_len": "minLength",
    "max_len": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_pairs": "minProperties",
    "max_pairs": "maxProperties",
}
_LOWER = {"gte": "minimum", "gt": "exclusiveMinimum"}
_UPPER = {"lte": "maximum", "lt": "exclusiveMaximum"}

_SAME_IN_BOTH = re.compile(
    r"(?:[^\\(\[]|\((?!\?)|\(\?:|\\[dDwW^$\\.*+?()\[\]{}|/]|\[(?!\^?\])(?:[^\\\[\]]|\\[dDwW^$\\.*+?()\[\]{}|/-])+\])*"
)
"""Patterns that RE2 and ECMA-262, which JSON Schema has, read in one way."""


def constrain(schema: dict[str, Any], field: Field, rules: FieldRules) -> None:
    """Add to the schema of a field what its rules demand."""
    if rules.ignore is not Ignore.UNSPECIFIED:
        return
    if field.is_map:
        schema.update(_collection(rules))
        if rules.values is not None:
            _constrain_single(schema["additionalProperties"], field.map_value, rules.values)
        keys: dict[str, Any] = {}
        if rules.keys is not None and field.map_key.kind is Kind.STRING:
            _constrain_single(keys, field.map_key, rules.keys)
        if keys:
            schema["propertyNames"] = keys
    elif field.repeated:
        schema.update(_collection(rules))
        if rules.items is not None:
            _constrain_single(schema["items"], field, rules.items)
    else:
        _constrain_single(schema, field, rules)


def _constrain_single(schema: dict[str, Any], field: Field, rules: FieldRules) -> None:
    if rules.ignore is not Ignore.UNSPECIFIED:
        return
    wanted = _wanted(rules)
    if field.kind is Kind.STRING:
        schema.update(_text(wanted))
    elif field.kind in _NUMBERS:
        schema.update(_number(wanted))


def _wanted(rules: FieldRules) -> dict[str, Any]:
    """The values of the standard rules that are set, by their names."""
    return {rule.path[-1][0]: rule.names["rule"].constant for rule in rules.rules if rule.path and rule.names}


def _renamed(wanted: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((_RENAMED[name], value) for name, value in wanted.items() if name in _RENAMED)


def _choice(wanted: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if "const" in wanted:
        yield "const", wanted["const"]
    elif "in" in wanted:
        yield "enum", list(wanted["in"])


def _is_endless(value: object) -> bool:
    """Whether JSON has no number for it, or for one of them."""
    values = value if isinstance(value, list) else [value]
    return any(isinstance(each, float) and not math.isfinite(each) for each in values)


def _collection(rules: FieldRules) -> Iterator[tuple[str, Any]]:
    wanted = _wanted(rules)
    yield from _renamed(wanted)
    if wanted.get("unique"):
        yield "uniqueItems", True


def _text(wanted: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from _renamed(wanted)
    if "len" in wanted:
        yield "minLength", wanted["len"]
        yield "maxLength", wanted["len"]
    yield from _choice(wanted)
    if "pattern" in wanted and _SAME_IN_BOTH.fullmatch(wanted["pattern"]):
        yield "pattern", wanted["pattern"]
    for name in _FORMATS:
        if wanted.get(name):
            yield "format", name


def _number(wanted: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    wanted = {name: value for name, value in wanted.items() if not _is_endless(value)}
    yield from _choice(wanted)
    lower = {_LOWER[name]: value for name, value in wanted.items() if name in _LOWER}
    upper = {_UPPER[name]: value for name, value in wanted.items() if name in _UPPER}
    if any(low >= high for low in lower.values() for high in upper.values()):
        # Below the one or above the other: which is two ranges, and no keyword.
        return
    yield from (*lower.items(), *upper.items())
