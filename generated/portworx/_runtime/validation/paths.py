"""Paths of fields and of rules, in protovalidate's syntax (``a.b[0].c["key"]``) and as elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ..fields import Field
    from ..message import Message

Key: TypeAlias = "int | str | bool | None"
"""Index of a list, or key of a map; None where a path names the field itself."""

Place: TypeAlias = "tuple[Place, str, Key] | None"
"""A value inside a message: the place of the message that holds it, the field and the key.

None is the outermost message. Generated checks hand these on, and only a violation makes a path of one.
"""


@dataclass(frozen=True, slots=True)
class PathElement:
    """One step of a path (``FieldPathElement`` of buf/validate/validate.proto).

    Attributes:
        name: name of the field or oneof; of an extension, the full name in brackets.
        number: number of the field; 0 for a oneof.
        type: ``google.protobuf.FieldDescriptorProto.Type`` of the field; 0 for a oneof.
        key_type: type of the keys of a map with a subscript, else 0.
        value_type: type of the values of such a map, else 0.
        subscript: index of a list or key of a map, or None.
    """

    name: str
    number: int = 0
    type: int = 0
    key_type: int = 0
    value_type: int = 0
    subscript: Key = None


class Rule:
    """A rule that checks refer to: its path below ``FieldRules``, as text and as elements.

    A module of checks has one constant for each rule that it uses.
    """

    __slots__ = ("elements", "path")

    def __init__(
        self, *steps: tuple[str, int, int] | tuple[str, int, int, int]
    ) -> None:
        """Describe a path by name, number, type and, for an element of a list, index of each step."""
        self.elements = tuple(
            PathElement(*step[:3], subscript=step[3] if len(step) == 4 else None)
            for step in steps
        )
        self.path = text(
            [(element.name, element.subscript) for element in self.elements]
        )

    def __repr__(self) -> str:
        return f"<Rule {self.path}>"


_TYPES = {
    "double": 1,
    "float": 2,
    "int64": 3,
    "uint64": 4,
    "int32": 5,
    "fixed64": 6,
    "fixed32": 7,
    "bool": 8,
    "string": 9,
    "group": 10,
    "message": 11,
    "bytes": 12,
    "uint32": 13,
    "enum": 14,
    "sfixed32": 15,
    "sfixed64": 16,
    "sint32": 17,
    "sint64": 18,
}


def steps_of(place: Place) -> list[tuple[str, Key]]:
    """Names and keys from the outermost message to a place."""
    found: list[tuple[str, Key]] = []
    while place is not None:
        place, name, key = place
        found.append((name, key))
    found.reverse()
    return found


def text(steps: list[tuple[str, Key]]) -> str:
    """A path as text."""
    return ".".join(
        name if key is None else f"{name}[{_key(key)}]" for name, key in steps
    )


def _key(key: object) -> str:
    if isinstance(key, str):
        import json

        # A surrogate, which no encoder takes, is shown by its escape.
        printable = key.isascii() or not any("\ud800" <= c <= "\udfff" for c in key)
        return json.dumps(key, ensure_ascii=not printable)
    return str(key).lower() if isinstance(key, bool) else shown(key)


def shown(value: object, limit: int = 60) -> str:
    """A value in a text for people: short, whatever it is."""
    if isinstance(value, int) and value.bit_length() > 128:
        # Python refuses to write out thousands of digits.
        return f"a number of {value.bit_length()} bits"
    try:
        found = repr(value)
    except Exception:
        return f"a {type(value).__qualname__}"
    return found if len(found) <= limit else f"{found[: limit - 3]}..."


def elements_of(root: type[Message], place: Place) -> tuple[PathElement, ...]:
    """The steps to a place with numbers and types, from the field tables of the codecs."""
    return tuple(_elements(root, place))


def _elements(root: type[Message], place: Place) -> Iterator[PathElement]:
    from ..message import codec_of

    cls: Any = root
    for name, key in steps_of(place):
        table = codec_of(cls).fields if cls is not None else None
        found: Field | None = next(
            (field for field in (table() if table else ()) if field.name == name), None
        )
        if found is None:
            # A oneof, which has no number, or a message of another implementation.
            yield PathElement(name, subscript=key)
            cls = None
            continue
        if found.key is not None:
            types = (
                (_TYPES[found.key], _TYPES[found.kind]) if key is not None else (0, 0)
            )
            yield PathElement(name, found.number, 11, *types, subscript=key)
        else:
            yield PathElement(name, found.number, _TYPES[found.kind], subscript=key)
        cls = found.type if found.kind in ("message", "group") else None
