"""Validation: what generated checks report, and how a message finds its checks."""

from __future__ import annotations

from .entry import bind, validate, violations
from .paths import PathElement, Place, Rule
from .violation import ValidationError, Violation

__all__ = [
    "PathElement",
    "Place",
    "Rule",
    "ValidationError",
    "Violation",
    "bind",
    "validate",
    "violations",
]
