"""Edition features: what each element resolves to (protobuf.dev/editions/features)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2 as pb

if TYPE_CHECKING:
    FeatureHolder = (
        pb.FileOptions
        | pb.MessageOptions
        | pb.FieldOptions
        | pb.EnumOptions
        | pb.EnumValueOptions
        | pb.OneofOptions
        | pb.ExtensionRangeOptions
        | pb.ServiceOptions
        | pb.MethodOptions
    )

_Set = pb.FeatureSet


@dataclass(frozen=True, slots=True)
class Features:
    """The runtime features of one element, inheritance and edition defaults applied.

    Values are the numbers of the enums in ``google.protobuf.FeatureSet``.
    """

    field_presence: int
    enum_type: int
    repeated_field_encoding: int
    utf8_validation: int
    message_encoding: int
    json_format: int


_NAMES = tuple(Features.__dataclass_fields__)

PROTO2 = Features(_Set.EXPLICIT, _Set.CLOSED, _Set.EXPANDED, _Set.NONE, _Set.LENGTH_PREFIXED, _Set.LEGACY_BEST_EFFORT)
PROTO3 = Features(_Set.IMPLICIT, _Set.OPEN, _Set.PACKED, _Set.VERIFY, _Set.LENGTH_PREFIXED, _Set.ALLOW)
EDITION_2023 = replace(PROTO3, field_presence=_Set.EXPLICIT)

MINIMUM_EDITION = pb.EDITION_PROTO2
MAXIMUM_EDITION = 1002
"""Edition 2026; the number, because older protobuf releases have no name for it."""

EDITION_UNSTABLE = 9999
"""protobuf's own proving ground (``EDITION_UNSTABLE``); its conformance suite has a file in it."""


def edition_of(file: pb.FileDescriptorProto) -> int:
    """The edition of a file, with the two syntaxes as the editions that stand for them."""
    if file.syntax == "editions":
        return file.edition or _unnamed_edition(file)
    return pb.EDITION_PROTO3 if file.syntax == "proto3" else pb.EDITION_PROTO2


def _unnamed_edition(file: pb.FileDescriptorProto) -> int:
    """An edition that the installed protobuf has no name for: the parser keeps it among the unknown fields."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    number = pb.FileDescriptorProto.EDITION_FIELD_NUMBER
    unknown: Any = UnknownFieldSet(file)
    found = [field.data for field in unknown if field.field_number == number]
    return int(found[-1]) if found else pb.EDITION_UNKNOWN


def defaults(edition: int) -> Features:
    """What an edition gives to a file that sets no feature."""
    if edition == pb.EDITION_PROTO2:
        return PROTO2
    if edition == pb.EDITION_PROTO3:
        return PROTO3
    return EDITION_2023


def inherit(parent: Features, options: FeatureHolder) -> Features:
    """Lay the features that an element's options set over those of its parent."""
    if not options.HasField("features"):
        return parent
    return _overlay(parent, options.features, _NAMES)


def _overlay(base: Features, own: Any, names: Iterable[str]) -> Features:
    changed: dict[str, Any] = {name: getattr(own, name) for name in names if own.HasField(name)}
    return replace(base, **changed) if changed else base


def of_field(parent: Features, field: pb.FieldDescriptorProto, edition: int) -> Features:
    """Features of a field, with what the two older syntaxes spell as labels, types and options."""
    features = inherit(parent, field.options)
    if edition >= pb.EDITION_2023:
        return features
    if field.label == field.LABEL_REQUIRED:
        features = replace(features, field_presence=_Set.LEGACY_REQUIRED)
    elif field.proto3_optional:
        features = replace(features, field_presence=_Set.EXPLICIT)
    if field.type == field.TYPE_GROUP:
        features = replace(features, message_encoding=_Set.DELIMITED)
    if field.options.HasField("packed"):
        encoding = _Set.PACKED if field.options.packed else _Set.EXPANDED
        features = replace(features, repeated_field_encoding=encoding)
    return features
