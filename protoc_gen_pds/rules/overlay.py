"""Overlay files: rules for protos that a team does not own, in YAML, with the line of every mistake.

The top level maps full names of messages, fields and oneofs to rules in the JSON form of
``buf.validate.MessageRules``, ``FieldRules`` and ``OneofRules``. A name that is not in the input is an
error. A section whose key is the name of a .proto file holds such names for that file, and is passed over
in runs whose input does not have the file: one overlay then serves builds that run once per file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import json_format, message_factory

from protoc_gen_pds.errors import GenerationError, Position, did_you_mean
from protoc_gen_pds.rules.read import Element, Place
from protoc_gen_pds.rules.validate_proto import add_validate_proto
from protoc_gen_pds.schema import Field, Message, Oneof, Schema

_RULES: tuple[tuple[type, str], ...] = (
    (Message, "MessageRules"),
    (Field, "FieldRules"),
    (Oneof, "OneofRules"),
)

_NO_INTEGER = re.compile(r"(\w+) field: invalid literal for int\(\) with base 10: '(.*)'\.?$")
"""Where protobuf's own text quotes the interpreter's."""

MAX_DEPTH = 50
MAX_VALUES = 100_000
"""What rules never need: a file with more is a mistake, or aliases that multiply."""


class Overlay:
    """The rules of one overlay file; called with an element, it gives its rules or None."""

    def __init__(self, schema: Schema, path: str) -> None:
        """Read a file.

        Raises:
            GenerationError: it is not YAML, names what does not exist, or holds what are no rules.
        """
        self._path = path
        self._pool = schema.pool
        self._rules: dict[Element, Any] = {}
        self._nodes: dict[Element, tuple[Any, Any]] = {}
        self._values = 0
        add_validate_proto(self._pool)
        entries = list(self._entries(_load(path)))
        if not entries:
            return
        everything = {element.full_name: element for file in schema.files.values() for element in _elements(file)}
        for key, value in entries:
            if key.value.endswith(".proto"):
                file = schema.files.get(key.value)
                if file is not None:
                    own = {element.full_name: element for element in _elements(file)}
                    for name, rules in self._entries(value):
                        self._add(name, rules, own)
            else:
                self._add(key, value, everything)

    def __call__(self, element: Element) -> Any:
        """The rules of an element as a message of buf.validate, or None."""
        return self._rules.get(element)

    def position(self, element: Element, place: Place = ()) -> Position | None:
        """Where the rules of an element begin, if it has any here; or one of them, its expression if it is CEL."""
        if element not in self._nodes:
            return None
        found, node = self._nodes[element]
        for part in place:
            node = _part(node, part)
            if node is None:
                return None
            found = node
        return self._position(_part(found, "expression") or found)

    def _add(self, key: Any, value: Any, known: dict[str, Element]) -> None:
        element = known.get(key.value)
        if element is None:
            hint = did_you_mean(key.value, known, cutoff=0.7)
            raise self._error(key, _and(f'there is no message, field or oneof "{key.value}"', hint))
        if element in self._rules:
            raise self._error(key, f'"{key.value}" is there twice')
        name = next(name for kind, name in _RULES if isinstance(element, kind))
        descriptor = self._pool.FindMessageTypeByName(f"buf.validate.{name}")
        message = message_factory.GetMessageClass(descriptor)()
        self._parse(value, message, key.value)
        self._rules[element] = message
        self._nodes[element] = key, value

    def _parse(self, node: Any, message: Any, name: str) -> None:
        data = self._data(node)
        if not isinstance(data, dict):
            raise self._error(node, f"{name}: rules are a mapping")
        try:
            json_format.ParseDict(data, message, descriptor_pool=self._pool)
        except json_format.ParseError as error:
            raise self._locate(node, type(message), name) or self._error(node, f"{name}: {_reason(error)}") from error

    def _locate(self, node: Any, cls: Any, name: str) -> GenerationError | None:
        """The error at the innermost key whose rules cannot be read alone."""
        for key, value in self._entries(node):
            single = {key.value: self._data(value)}
            try:
                json_format.ParseDict(single, cls(), descriptor_pool=self._pool)
            except json_format.ParseError as error:
                field = cls.DESCRIPTOR.fields_by_name.get(key.value) or cls.DESCRIPTOR.fields_by_camelcase_name.get(
                    key.value
                )
                inner = None
                if field is not None and field.message_type is not None and hasattr(value, "start_mark"):
                    nested = message_factory.GetMessageClass(field.message_type)
                    if isinstance(self._data(value), dict):
                        inner = self._locate(value, nested, name)
                if field is None and not key.value.startswith("["):
                    known = [f.name for f in cls.DESCRIPTOR.fields]
                    hint = did_you_mean(key.value, known)
                    return self._error(key, _and(f'{name}: {cls.DESCRIPTOR.name} has no rule "{key.value}"', hint))
                return inner or self._error(key, f"{name}: {_reason(error)}")
        return None

    # -- YAML ------------------------------------------------------------------------------------

    def _entries(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node is None:
            return
        if not isinstance(node.value, list) or node.id != "mapping":
            raise self._error(node, "a mapping is expected here")
        seen: set[str] = set()
        for key, value in node.value:
            if key.id != "scalar":
                raise self._error(key, "a name is expected here")
            if key.value in seen:
                raise self._error(key, f'"{key.value}" is there twice')
            seen.add(key.value)
            yield key, value

    def _data(self, node: Any, depth: int = 0) -> Any:
        """A YAML node as the JSON that it stands for; dates stay text."""
        self._values += 1
        if depth > MAX_DEPTH:
            raise self._error(node, f"nested more than {MAX_DEPTH} deep, or an alias of what is around it")
        if self._values > MAX_VALUES:
            raise self._error(node, f"more than {MAX_VALUES} values, with those that aliases repeat")
        if node.id == "mapping":
            found = {key.value: self._data(value, depth + 1) for key, value in self._entries(node)}
            names: set[str] = set()
            for key, _ in node.value:
                if (name := _plain(key.value)) in names:
                    raise self._error(key, f'"{key.value}" is there twice, by its two names')
                names.add(name)
            return found
        if node.id == "sequence":
            return [self._data(item, depth + 1) for item in node.value]
        import yaml

        kind = node.tag.rpartition(":")[2]
        if kind in ("bool", "int", "float", "null"):
            return yaml.SafeLoader("").construct_object(node)
        return node.value

    def _error(self, node: Any, message: str) -> GenerationError:
        return GenerationError(message, self._position(node))

    def _position(self, node: Any) -> Position:
        mark = node.start_mark
        return Position(self._path, mark.line + 1, mark.column + 1)


def _part(node: Any, part: str | int) -> Any:
    """The value of a key of a mapping, which may have its JSON name, or an item of a list; None where there is none."""
    if isinstance(part, int):
        return node.value[part] if node.id == "sequence" and 0 <= part < len(node.value) else None
    entries = node.value if node.id == "mapping" else ()
    return next((value for key, value in entries if _plain(key.value) == _plain(part)), None)


def _plain(name: str) -> str:
    """``min_len`` and ``minLen`` are one rule."""
    return name.replace("_", "").lower()


def _load(path: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise GenerationError("option rules needs PyYAML; install protoc-gen-pds[rules]", Position(path)) from error
    try:
        text = Path(path).read_text(encoding="utf-8")
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise GenerationError(f"option rules: {error.strerror or error}", Position(path)) from error
    except UnicodeDecodeError as error:
        raise GenerationError("option rules: the file is not UTF-8", Position(path)) from error
    except RecursionError as error:
        raise GenerationError(f"not rules: nested more than {MAX_DEPTH} deep", Position(path)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Position(path, mark.line + 1, mark.column + 1) if mark else Position(path)
        raise GenerationError(f"not YAML: {error.problem}", place) from error
    except yaml.YAMLError as error:
        raise GenerationError(f"not YAML: {error}", Position(path)) from error


def _elements(file: Any) -> Iterator[Element]:
    for message in file.walk_messages():
        if not message.is_map_entry:
            yield message
            yield from message.fields
            yield from message.oneofs


def _and(error: str, hint: str) -> str:
    return f"{error}; {hint}" if hint else error


def _reason(error: Exception) -> str:
    reason = str(error).removeprefix("Failed to parse ").strip()
    return _NO_INTEGER.sub(r'\1: "\2" is not an integer', reason)
