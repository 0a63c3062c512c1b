"""One module per output: what it needs from the model, which template, which path."""

from protoc_gen_pds.targets.base import Target
from protoc_gen_pds.targets.docs import documents

TARGETS: tuple[Target, ...] = (documents,)
"""In the order in which they run; output is sorted by path afterwards."""
