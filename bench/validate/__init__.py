"""Validation: what a message with ten rules costs."""
