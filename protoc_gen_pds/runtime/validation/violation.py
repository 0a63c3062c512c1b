"""What a check finds wrong with a message: violations, and the error that carries them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as default
from typing import TYPE_CHECKING, Any

from .paths import PathElement, Place, Rule, elements_of

if TYPE_CHECKING:
    from ..message import Message


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule (``Violation`` of buf/validate/validate.proto).

    Attributes:
        field: path of the value from the message that was validated (``meta.labels["env"]``); empty
            where a rule is about the message itself.
        rule: path of the rule below ``buf.validate.FieldRules`` (``string.min_len``); empty for rules
            of messages and oneofs, and for values of a wrong shape.
        rule_id: what identifies the rule: the same for all fields that have it.
        message: what is wrong, for people.
        for_key: whether it is about the key of a map, not about its value.
    """

    field: str
    rule: str
    rule_id: str
    message: str
    for_key: bool = False
    origin: tuple[type[Message] | None, Place, Rule | None] = default(
        default=(None, None, None), repr=False, compare=False
    )
    """The class that was validated, the place in it and the rule: what the paths are made of."""

    @property
    def field_path(self) -> tuple[PathElement, ...]:
        """The path of the value, with numbers and types of the fields."""
        root, place, _ = self.origin
        return () if root is None else elements_of(root, place)

    @property
    def rule_path(self) -> tuple[PathElement, ...]:
        """The path of the rule, with numbers and types."""
        rule = self.origin[2]
        return () if rule is None else rule.elements

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class ValidationError(ValueError):
    """A message that breaks its rules; the text lists every violation.

    Attributes:
        violations: what is wrong, in the order of the fields; never empty when raised by a validator.
    """

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__(self.violations)

    def __str__(self) -> str:
        return "\n".join(f"{found} [{found.rule_id}]" for found in self.violations)

    def to_bad_request(self) -> dict[str, Any]:
        """The violations as ``google.rpc.BadRequest`` in JSON form (AIP-193)."""
        return {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [
                {
                    "field": found.field,
                    "description": found.message,
                    "reason": found.rule_id,
                }
                for found in self.violations
            ],
        }


class RuleError(Exception):
    """A rule that cannot be evaluated on a message: CEL's run-time errors, such as a division by zero."""
