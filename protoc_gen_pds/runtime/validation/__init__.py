"""Validation: what generated checks report, and how a message finds its checks."""

from __future__ import annotations

from .checkers import bind
from .entry import clear_output_only, validate, violations
from .paths import PathElement, Place, Rule
from .violation import RuleError, ValidationError, Violation

__all__ = [
    "PathElement",
    "Place",
    "Rule",
    "RuleError",
    "ValidationError",
    "Violation",
    "bind",
    "clear_output_only",
    "validate",
    "violations",
]
