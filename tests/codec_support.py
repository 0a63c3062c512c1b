"""Both worlds for the tests of codecs: our generated classes and google.protobuf's, from the same .proto files."""

from __future__ import annotations

import functools
import importlib
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import support
from google.protobuf import descriptor_pool, message_factory

PROTOS = ("kinds.proto", "legacy.proto", "edition.proto", "known.proto")
PACKAGE = "codec_tree"


@dataclass(frozen=True)
class Worlds:
    """Classes by full protobuf name."""

    ours: dict[str, Any]
    theirs: dict[str, Any]
    pool: Any
    root: Path

    def module(self, name: str) -> Any:
        """A module of the generated package."""
        return importlib.import_module(f"{PACKAGE}.{name}")


@functools.cache
def worlds() -> Worlds:
    """Generate and load everything once for a test session."""
    directory = support.PROTOS / "codec"
    files = support.run_plugin(PROTOS, f"package={PACKAGE},emit=models", directory)
    root = Path(tempfile.mkdtemp(prefix="codec_tree"))
    support.write_tree(files, root)
    sys.path.insert(0, str(root))
    for proto in PROTOS:
        importlib.import_module(f"{PACKAGE}.{proto.removesuffix('.proto')}.models")
    registry = importlib.import_module(f"{PACKAGE}._runtime.registry")
    pool = descriptor_pool.DescriptorPool()
    for file in support.compile_protos(PROTOS, directory):
        pool.Add(file)
    theirs: dict[str, Any] = {}
    for proto in PROTOS:
        for descriptor in _walk(pool.FindFileByName(proto).message_types_by_name.values()):
            theirs[descriptor.full_name] = message_factory.GetMessageClass(descriptor)
    ours = {name: cls for name, cls in registry._MESSAGES.items() if name in theirs}
    return Worlds(ours, theirs, pool, root)


def _walk(descriptors: Iterable[Any]) -> Iterable[Any]:
    for descriptor in descriptors:
        if not descriptor.GetOptions().map_entry:
            yield descriptor
            yield from _walk(descriptor.nested_types)


def message_class(descriptor: Any) -> Any:
    """google.protobuf's class for a descriptor."""
    return message_factory.GetMessageClass(descriptor)


def is_map(field: Any) -> bool:
    """Whether a field of google.protobuf is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry
