"""Validation rules to checks: reading, overlay, CEL and patterns."""
