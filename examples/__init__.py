"""Complete programs on top of generated code."""
