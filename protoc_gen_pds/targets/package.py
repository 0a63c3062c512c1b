"""The package around the generated modules: the runtime, ``py.typed`` and every ``__init__.py``."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from protoc_gen_pds.python.types import RUNTIME, is_well_known
from protoc_gen_pds.targets.base import Context, OutputFile

_RUNTIME_SOURCE = Path(__file__).parent.parent / "runtime"
_PYTHON = ("models", "validators", "server", "client")


def package(context: Context) -> Iterator[OutputFile]:
    """The constant files; the same bytes from every run, so that runs may overwrite each other's."""
    if not context.options.emits_any("models", "validators", "server", "client"):
        return
    root = context.names.root
    for depth in range(1, len(root)):
        if context.options.init == "empty":
            yield OutputFile("/".join((*root[:depth], "__init__.py")), "")
    base = "/".join(root)
    yield OutputFile(f"{base}/__init__.py", "")
    yield OutputFile(f"{base}/py.typed", "")
    for name, content in _runtime_files():
        yield OutputFile(f"{base}/{RUNTIME[0]}/{name}", content)
    if context.options.init == "empty":
        yield from _intermediate(context)


def _intermediate(context: Context) -> Iterator[OutputFile]:
    seen = set()
    packages = {context.names.package_of(file) for file in context.schema.to_generate if not is_well_known(file)}
    for segments in packages:
        seen |= {segments[:depth] for depth in range(1, len(segments))}
    for segments in sorted(seen - packages):
        yield OutputFile("/".join((*context.names.root, *segments, "__init__.py")), "")


@functools.cache
def _runtime_files() -> tuple[tuple[str, str], ...]:
    return tuple(
        (path.relative_to(_RUNTIME_SOURCE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(_RUNTIME_SOURCE.rglob("*.py"))
    )
