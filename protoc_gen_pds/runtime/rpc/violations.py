"""Validation errors as error details: BadRequest, ErrorInfo and buf.validate.Violations, capped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..validation import ValidationError
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
    found = error.violations
    if not found:
        return "invalid request"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    first = found[0]
    place = f"{first.field}: " if first.field else ""
    return f"invalid request: {place}{first.message}{more}"


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


def _bad_request(violations: Sequence[Any]) -> BadRequest:
    return BadRequest(
        tuple(FieldViolation(str(v.field), v.message, v.rule_id) for v in violations)
    )


def _violations(violations: Sequence[Any]) -> Violations:
    return Violations(
        tuple(
            RuleViolation(
                rule_id=v.rule_id,
                message=v.message,
                for_key=v.for_key,
                field=_path(v.field),
                rule=_path(v.rule),
            )
            for v in violations
        )
    )


def _path(path: Any) -> FieldPath | None:
    return FieldPath((FieldPathElement(field_name=str(path)),)) if path else None
