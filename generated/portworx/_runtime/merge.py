"""Merging messages, and copies with maps in the order of their keys, by the tables of fields."""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import Any, TypeVar

from .fields import Field
from .message import Message, codec_of, copied

M = TypeVar("M", bound=Message)


def merge(into: M, other: M) -> None:
    """Merge a message into another one as protobuf does (protobuf.dev, ``MergeFrom``).

    Fields that are set replace, messages merge, lists are appended, map entries replace by key and
    unknown fields are appended. What is taken is copied.
    """
    for field in codec_of(type(into)).fields():
        if field.member is not None:
            _merge_member(field, into, other)
            continue
        value = getattr(other, field.attribute)
        if field.label == "repeated":
            getattr(into, field.attribute).extend(copied(value))
        elif field.label == "map":
            getattr(into, field.attribute).update(copied(value))
        elif field.label == "implicit":
            if str(value) != "0.0" if isinstance(value, float) else value:
                setattr(into, field.attribute, value)
        elif value is not None:
            held = getattr(into, field.attribute)
            setattr(into, field.attribute, _merged(field, held, value))
    into._unknown += other._unknown


def _merge_member(field: Field, into: Message, other: Message) -> None:
    given = getattr(other, field.attribute)
    if not isinstance(given, field.member):
        return
    held = getattr(into, field.attribute)
    value = held.value if isinstance(held, field.member) else None
    setattr(into, field.attribute, field.member(_merged(field, value, given.value)))


def _merged(field: Field, held: Any, value: Any) -> Any:
    """The value of a singular field with presence after another one has been merged into it."""
    if held is None or field.kind not in ("message", "group"):
        return copied(value)
    if field.plain:
        return _merged_plain(field.type._full_name, held, value)
    if field.type._full_name in (
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
    ):
        # Immutable, and made of two fields with implicit presence.
        return field.type(
            seconds=value.seconds or held.seconds, nanos=value.nanos or held.nanos
        )
    merge(held, value)
    return held


def _merged_plain(name: str, held: Any, value: Any) -> Any:
    if isinstance(held, dict) and isinstance(value, dict):
        held.update(copied(value))
        return held
    if isinstance(held, list) and isinstance(value, list):
        held.extend(copied(value))
        return held
    if name == "google.protobuf.Value":
        return copied(value)
    # The content of a wrapper has implicit presence: a zero does not replace.
    return value if value or str(value) == "-0.0" else held


def with_sorted_maps(message: M) -> M:
    """A copy whose maps, at any depth, are in the order of their keys: strings by their UTF-8 bytes."""
    twin = message.copy()
    _sort_maps(twin)
    return twin


def _sort_maps(message: Message) -> None:
    for field in codec_of(type(message)).fields():
        value = field.get(message)
        if field.label == "map":
            ordered = dict(sorted(value.items(), key=_sort_key))
            setattr(message, field.attribute, ordered)
            value = list(ordered.values())
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Message):
                _sort_maps(item)
            elif field.plain and isinstance(item, (dict, list)):
                _sort_json(item)


def _sort_json(value: Any) -> None:
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=_sort_key)
        value.clear()
        value.update(ordered)
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            _sort_json(item)


def _sort_key(item: tuple[Any, Any]) -> Any:
    key = item[0]
    return key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
