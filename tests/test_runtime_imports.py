"""How the modules of the runtime import one another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import protoc_gen_pds.runtime as runtime

ROOT = Path(next(iter(runtime.__path__)))
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
    for path in ROOT.rglob("*.py")
}


def imported(name: str, path: Path) -> Iterator[str]:
    """The modules of the runtime that a module imports, in functions too; not what is for type checkers only."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            home = package[: len(package) - node.level + 1] + (node.module or "").split(".")
            home = [part for part in home if part]
            for alias in node.names:
                full = ".".join((*home, alias.name))
                yield full if full in MODULES else ".".join(home)
        pending += ast.iter_child_nodes(node)


def circles(start: str, graph: dict[str, set[str]]) -> bool:
    """Whether a module comes back to itself."""
    seen: set[str] = set()
    pending = [*graph[start]]
    while pending:
        module = pending.pop()
        if module == start:
            return True
        if module not in seen:
            seen.add(module)
            pending += graph.get(module, ())
    return False


def test_validation_and_rpc_have_no_circles() -> None:
    """Not even through imports in functions."""
    graph = {name: set(imported(name, path)) for name, path in MODULES.items()}
    rooms = [name for name in graph if name.startswith(("rpc.", "validation."))]
    assert len(rooms) > 30
    assert "checkers" in " ".join(graph["validation.well_known"])
    assert [name for name in rooms if circles(name, graph)] == []
