"""Validation errors as error details: BadRequest, ErrorInfo and buf.validate.Violations, capped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..validation import PathElement, ValidationError, Violation
from .details import (
    AnyDetail,
    BadRequest,
    ErrorInfo,
    FieldPath,
    FieldPathElement,
    FieldViolation,
    RuleViolation,
    Violations,
    pack,
)
from .errors import MAXIMUM_STATUS_BYTES, MAXIMUM_VIOLATIONS

REASON = "VALIDATION_FAILED"
_RESERVED_BYTES = 768
"""Kept free for the status message and for what surrounds the details."""


def validation_message(error: ValidationError) -> str:
    """One sentence: the first violation, and how many more there are."""
    if not error.violations:
        return "invalid request"
    first, *others = error.violations
    more = f" (and {len(others)} more)" if others else ""
    return f"invalid request: {first}{more}"


def validation_details(error: ValidationError, domain: str) -> tuple[AnyDetail, ...]:
    """The details of a validation error: as many violations as travel safely.

    Args:
        error: what the validator raised.
        domain: full name of the service.
    """
    total = len(error.violations)
    count = min(total, MAXIMUM_VIOLATIONS)
    while True:
        info = ErrorInfo(REASON, domain, {"violations": str(total)})
        shown = error.violations[:count]
        details = (pack(info), pack(_bad_request(shown)), pack(_violations(shown)))
        size = sum(len(detail.to_bytes()) for detail in details)
        if size <= MAXIMUM_STATUS_BYTES - _RESERVED_BYTES or not count:
            return details
        count = count * 3 // 4


def _bad_request(violations: Sequence[Violation]) -> BadRequest:
    return BadRequest(
        tuple(
            FieldViolation(found.field, found.message, found.rule_id)
            for found in violations
        )
    )


def _violations(violations: Sequence[Violation]) -> Violations:
    return Violations(
        tuple(
            RuleViolation(
                rule_id=found.rule_id,
                message=found.message,
                for_key=found.for_key,
                field=_path(found.field_path),
                rule=_path(found.rule_path),
            )
            for found in violations
        )
    )


def _path(elements: tuple[PathElement, ...]) -> FieldPath | None:
    return FieldPath(tuple(map(_element, elements))) if elements else None


def _element(element: PathElement) -> FieldPathElement:
    return FieldPathElement(
        element.number,
        element.name,
        element.type,
        element.key_type,
        element.value_type,
        **_subscript(element),
    )


def _subscript(element: PathElement) -> dict[str, Any]:
    key = element.subscript
    if key is None:
        return {}
    if not element.key_type:
        return {"index": key}
    if isinstance(key, bool):
        return {"bool_key": key}
    if isinstance(key, str):
        return {"string_key": key}
    return {"uint_key" if element.key_type in _UNSIGNED else "int_key": key}


_UNSIGNED = frozenset({4, 6, 7, 13})
"""Numbers of uint64, fixed64, fixed32 and uint32 in FieldDescriptorProto.Type."""
