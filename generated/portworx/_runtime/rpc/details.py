"""Typed error details: google.rpc.Status and what it carries (google.aip.dev/193).

Written by hand, so that neither a server nor a client needs a googleapis package at run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..registry import find_message
from .method import full_name_of
from .record import Record, wire

TYPE_URL_PREFIX = "type.googleapis.com/"


@dataclass(frozen=True)
class AnyDetail(Record):
    """A ``google.protobuf.Any``: a detail of a type that is not known here keeps this form."""

    _full_name: ClassVar[str] = "google.protobuf.Any"

    type_url: str = wire(1, "string")
    value: bytes = wire(2, "bytes")


@dataclass(frozen=True)
class Status(Record):
    """What a failed call returns in full (google/rpc/status.proto)."""

    _full_name: ClassVar[str] = "google.rpc.Status"

    code: int = wire(1, "int")
    message: str = wire(2, "string")
    details: tuple[AnyDetail, ...] = wire(3, "records", AnyDetail)


@dataclass(frozen=True)
class ErrorInfo(Record):
    """The cause of an error for programs: a reason in UPPER_SNAKE_CASE, unique in its domain."""

    _full_name: ClassVar[str] = "google.rpc.ErrorInfo"

    reason: str = wire(1, "string")
    domain: str = wire(2, "string")
    metadata: dict[str, str] = wire(3, "map")


@dataclass(frozen=True)
class LocalizedMessage(Record):
    """A message for a user, in the language that ``locale`` (BCP 47) names."""

    _full_name: ClassVar[str] = "google.rpc.LocalizedMessage"

    locale: str = wire(1, "string")
    message: str = wire(2, "string")


@dataclass(frozen=True)
class FieldViolation(Record):
    """One bad field of a request.

    Attributes:
        field: path of the field from the request, in .proto names (``sort.sort_by``).
        description: what is wrong with it.
        reason: the id of the rule in UPPER_SNAKE_CASE or as its author wrote it (``string.min_len``).
        localized_message: the description for users, or None.
    """

    field: str = wire(1, "string")
    description: str = wire(2, "string")
    reason: str = wire(3, "string")
    localized_message: LocalizedMessage | None = wire(4, "record", LocalizedMessage)


@dataclass(frozen=True)
class BadRequest(Record):
    """The bad fields of a request."""

    _full_name: ClassVar[str] = "google.rpc.BadRequest"

    field_violations: tuple[FieldViolation, ...] = wire(1, "records", FieldViolation)


@dataclass(frozen=True)
class PreconditionViolation(Record):
    """One precondition that failed."""

    type: str = wire(1, "string")
    subject: str = wire(2, "string")
    description: str = wire(3, "string")


@dataclass(frozen=True)
class PreconditionFailure(Record):
    """What state the system must be in first."""

    _full_name: ClassVar[str] = "google.rpc.PreconditionFailure"

    violations: tuple[PreconditionViolation, ...] = wire(
        1, "records", PreconditionViolation
    )


@dataclass(frozen=True)
class QuotaViolation(Record):
    """One quota that is used up."""

    subject: str = wire(1, "string")
    description: str = wire(2, "string")


@dataclass(frozen=True)
class QuotaFailure(Record):
    """Which quotas are used up."""

    _full_name: ClassVar[str] = "google.rpc.QuotaFailure"

    violations: tuple[QuotaViolation, ...] = wire(1, "records", QuotaViolation)


@dataclass(frozen=True)
class ResourceInfo(Record):
    """The resource that an error is about."""

    _full_name: ClassVar[str] = "google.rpc.ResourceInfo"

    resource_type: str = wire(1, "string")
    resource_name: str = wire(2, "string")
    owner: str = wire(3, "string")
    description: str = wire(4, "string")


@dataclass(frozen=True)
class RetryDelay(Record):
    """A duration as seconds and nanoseconds."""

    seconds: int = wire(1, "int")
    nanos: int = wire(2, "int")


@dataclass(frozen=True)
class RetryInfo(Record):
    """How long to wait before trying again."""

    _full_name: ClassVar[str] = "google.rpc.RetryInfo"

    retry_delay: RetryDelay | None = wire(1, "record", RetryDelay)


@dataclass(frozen=True)
class RequestInfo(Record):
    """The id by which the server's logs know the request."""

    _full_name: ClassVar[str] = "google.rpc.RequestInfo"

    request_id: str = wire(1, "string")
    serving_data: str = wire(2, "string")


@dataclass(frozen=True)
class HelpLink(Record):
    """One link."""

    description: str = wire(1, "string")
    url: str = wire(2, "string")


@dataclass(frozen=True)
class Help(Record):
    """Where to read more."""

    _full_name: ClassVar[str] = "google.rpc.Help"

    links: tuple[HelpLink, ...] = wire(1, "records", HelpLink)


@dataclass(frozen=True)
class FieldPathElement(Record):
    """One step of a field path (buf/validate/validate.proto); at most one subscript is set."""

    field_number: int = wire(1, "int")
    field_name: str = wire(2, "string")
    field_type: int = wire(3, "int")
    key_type: int = wire(4, "int")
    value_type: int = wire(5, "int")
    index: int | None = wire(6, "int?")
    bool_key: bool | None = wire(7, "bool?")
    int_key: int | None = wire(8, "int?")
    uint_key: int | None = wire(9, "int?")
    string_key: str | None = wire(10, "string?")


@dataclass(frozen=True)
class FieldPath(Record):
    """A path of fields from a message."""

    elements: tuple[FieldPathElement, ...] = wire(1, "records", FieldPathElement)


@dataclass(frozen=True)
class RuleViolation(Record):
    """One broken rule, as protovalidate's runtimes report it (buf.validate.Violation)."""

    rule_id: str = wire(2, "string")
    message: str = wire(3, "string")
    for_key: bool = wire(4, "bool")
    field: FieldPath | None = wire(5, "record", FieldPath)
    rule: FieldPath | None = wire(6, "record", FieldPath)


@dataclass(frozen=True)
class Violations(Record):
    """All broken rules of a request."""

    _full_name: ClassVar[str] = "buf.validate.Violations"

    violations: tuple[RuleViolation, ...] = wire(1, "records", RuleViolation)


KNOWN: dict[str, type[Record]] = {
    full_name_of(record): record
    for record in (
        ErrorInfo,
        LocalizedMessage,
        BadRequest,
        PreconditionFailure,
        QuotaFailure,
        ResourceInfo,
        RetryInfo,
        RequestInfo,
        Help,
        Violations,
    )
}


def pack(detail: Any) -> AnyDetail:
    """A detail, one of these or any generated message, as it travels."""
    if isinstance(detail, AnyDetail):
        return detail
    name = full_name_of(detail.__class__)
    return AnyDetail(TYPE_URL_PREFIX + name, detail.to_bytes())


def unpack(detail: AnyDetail) -> Any:
    """The typed detail: one of these, a generated message that is imported, or the Any itself."""
    name = detail.type_url.rpartition("/")[2]
    known: Any = KNOWN.get(name) or find_message(name)
    if known is None:
        return detail
    try:
        return known.from_bytes(detail.value)
    except ValueError:
        return detail
