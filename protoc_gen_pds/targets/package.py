"""The package around the generated modules: the runtime, ``py.typed`` and every ``__init__.py``."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from protoc_gen_pds.python.types import RUNTIME, is_well_known
from protoc_gen_pds.targets.base import Context, OutputFile

_RUNTIME_SOURCE = Path(__file__).parent.parent / "runtime"


def package(context: Context) -> Iterator[OutputFile]:
    """The constant files: the same bytes from every run, so that runs may overwrite each other's."""
    if not context.options.emits("models"):
        return
    root = context.names.root
    yield OutputFile("/".join((*root, "__init__.py")), "")
    yield OutputFile("/".join((*root, "py.typed")), "")
    for name, content in _runtime_files():
        yield OutputFile("/".join((*root, *RUNTIME, name)), content)
    if context.options.init == "empty":
        for segments, source in sorted(_directories(context).items()):
            yield OutputFile("/".join((*segments, "__init__.py")), "", source)


def _directories(context: Context) -> dict[tuple[str, ...], str]:
    """Directories above a file's package, and a file that each is needed for.

    One that is itself the package of another file (``a/b.proto`` beside ``a/b/c.proto``) will collide with it:
    runs for one of the two alone could not know of the other, and the tree would depend on which came last.
    """
    root = context.names.root
    found = {root[:depth]: "" for depth in range(1, len(root))}
    for file in sorted(context.schema.to_generate, key=lambda file: file.name):
        segments = () if is_well_known(file) else context.names.package_of(file)
        for depth in range(1, len(segments)):
            found.setdefault((*root, *segments[:depth]), file.name)
    return found


@functools.cache
def _runtime_files() -> tuple[tuple[str, str], ...]:
    return tuple(
        (path.relative_to(_RUNTIME_SOURCE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(_RUNTIME_SOURCE.rglob("*.py"))
    )
