"""Both worlds for the tests of codecs: our generated classes and google.protobuf's, from the same .proto files."""

from __future__ import annotations

import functools
import importlib
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import support
from google.protobuf import descriptor_pool, message_factory

from protoc_gen_pds import plugin

PROTOS = ("kinds.proto", "legacy.proto", "edition.proto", "known.proto")
PACKAGE = "codec_tree"


@dataclass(frozen=True)
class Worlds:
    """Classes by full protobuf name."""

    ours: dict[str, Any]
    theirs: dict[str, Any]
    pool: Any
    root: Path
    package: str

    def module(self, name: str) -> Any:
        """A module of the generated package."""
        return importlib.import_module(f"{self.package}.{name}")


@functools.cache
def worlds() -> Worlds:
    """Generate and load everything once for a test session."""
    return load(PROTOS, PACKAGE, support.PROTOS / "codec")


def load(sources: Mapping[str, str] | Iterable[str], package: str, *import_paths: Path) -> Worlds:
    """Generate and import files, and give google.protobuf their descriptors."""
    protos = list(sources)
    compiled = support.compile_protos(sources, *import_paths)
    response = plugin.respond(support.make_request(compiled, protos, f"package={package},emit=models"))
    assert not response.error
    root = support.write_tree({file.name: file.content for file in response.file}, Path(tempfile.mkdtemp()))
    sys.path.insert(0, str(root))
    for proto in protos:
        importlib.import_module(f"{package}.{proto.removesuffix('.proto')}.models")
    registry = importlib.import_module(f"{package}._runtime.registry")
    pool = descriptor_pool.DescriptorPool()
    for file in compiled:
        pool.Add(file)
    theirs: dict[str, Any] = {}
    for proto in protos:
        for descriptor in _walk(pool.FindFileByName(proto).message_types_by_name.values()):
            theirs[descriptor.full_name] = message_factory.GetMessageClass(descriptor)
    ours = {name: cls for name, cls in registry._MESSAGES.items() if name in theirs}
    return Worlds(ours, theirs, pool, root, package)


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
