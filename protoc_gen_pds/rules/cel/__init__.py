"""CEL (github.com/google/cel-spec): text to syntax tree; typing and Python code are built upon it."""

from __future__ import annotations

from protoc_gen_pds.rules.cel.lexer import CelSyntaxError
from protoc_gen_pds.rules.cel.parser import parse

__all__ = ["CelSyntaxError", "parse"]
