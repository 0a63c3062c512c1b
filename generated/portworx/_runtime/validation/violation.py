"""What a check finds wrong with a message: violations, and the error that carries them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .paths import PathElement, Place, Rule, elements_of, steps_of, text

if TYPE_CHECKING:
    from ..message import Message


class Violation:
    """One broken rule (``Violation`` of buf/validate/validate.proto).

    Its paths are made when they are read: many violations are only counted, or cut off.

    Attributes:
        rule_id: what identifies the rule: the same for all fields that have it.
        message: what is wrong, for people.
        for_key: whether it is about the key of a map, not about its value.
    """

    __slots__ = ("_place", "_root", "_rule", "for_key", "message", "rule_id")

    def __init__(
        self,
        root: type[Message],
        place: Place,
        rule_id: str,
        message: str,
        rule: Rule | None = None,
        for_key: bool = False,
    ) -> None:
        """Describe a violation by the value at a place in a message of class ``root``."""
        self._root = root
        self._place = place
        self.rule_id = rule_id
        self.message = message
        self._rule = rule
        self.for_key = for_key

    @property
    def field(self) -> str:
        """Path of the value from the message that was validated (``meta.labels["env"]``).

        It is empty where a rule is about the message itself.
        """
        return text(steps_of(self._place))

    @property
    def rule(self) -> str:
        """Path of the rule below ``buf.validate.FieldRules`` (``string.min_len``).

        It is empty for rules of messages and oneofs, and for values of a wrong shape.
        """
        return "" if self._rule is None else self._rule.path

    @property
    def field_path(self) -> tuple[PathElement, ...]:
        """The path of the value, with numbers and types of the fields."""
        return elements_of(self._root, self._place)

    @property
    def rule_path(self) -> tuple[PathElement, ...]:
        """The path of the rule, with numbers and types."""
        return () if self._rule is None else self._rule.elements

    def _key(self) -> tuple[str, str, str, str, bool]:
        return self.field, self.rule, self.rule_id, self.message, self.for_key

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Violation):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        names = ("field", "rule", "rule_id", "message", "for_key")
        return f"Violation({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self._place else self.message


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
