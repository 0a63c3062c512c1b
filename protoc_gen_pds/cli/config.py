"""The ``[tool.protoc-gen-pds]`` table of a pyproject.toml: what a repository wants without arguments."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protoc_gen_pds.errors import GenerationError, Position, did_you_mean

TABLE = "protoc-gen-pds"
_LISTS = ("import_paths", "files")
_KEYS = (*_LISTS, "out", "protoc", "include_imports", "options")
PATH_OPTIONS = ("rules", "templates")
"""Options whose values are paths: in a configuration they are relative to its file."""


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration; paths are relative to the current directory.

    Attributes:
        import_paths: as ``-I``.
        files: as the FILES arguments.
        out: as ``--out``.
        protoc: as ``--protoc``.
        include_imports: as ``--include-imports``.
        options: names and values of plugin options; a list option is repeated.
    """

    import_paths: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    out: str | None = None
    protoc: str | None = None
    include_imports: bool = False
    options: tuple[tuple[str, str], ...] = ()


def find_config(start: Path) -> Path | None:
    """The nearest pyproject.toml with our table, from a directory upwards to the repository's root."""
    for directory in (start, *start.parents):
        candidate = directory / "pyproject.toml"
        if candidate.is_file() and TABLE in _tools(candidate):
            return candidate
        if (directory / ".git").exists():
            return None
    return None


def read_config(path: Path) -> Config:
    """Read one configuration.

    Raises:
        GenerationError: no TOML, no such table, an unknown key, or a value of the wrong type.
    """
    tools = _tools(path)
    if TABLE not in tools:
        raise GenerationError(f"there is no [tool.{TABLE}] table in this file", Position(str(path)))
    table: dict[str, Any] = tools[TABLE]
    for key, value in table.items():
        _check(path, key, value)
    base = Path(os.path.relpath(path.parent))
    return Config(
        import_paths=tuple(str(base / entry) for entry in table.get("import_paths", ())),
        files=tuple(str(base / entry) for entry in table.get("files", ())),
        out=str(base / table["out"]) if "out" in table else None,
        # A bare name is looked up on PATH, as a shell would.
        protoc=str(base / table["protoc"]) if os.sep in table.get("protoc", "") else table.get("protoc"),
        include_imports=table.get("include_imports", False),
        options=tuple(
            (name, str(base / text) if name in PATH_OPTIONS else text)
            for name, value in table.get("options", {}).items()
            for text in (value if isinstance(value, list) else [value])
        ),
    )


def _tools(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            tools = tomllib.load(file).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GenerationError(f"not a TOML file: {error}", Position(str(path))) from error
    return tools if isinstance(tools, dict) else {}


def _check(path: Path, key: str, value: object) -> None:
    def refuse(wanted: str) -> GenerationError:
        return GenerationError(f"[tool.{TABLE}] {key} must be {wanted}", Position(str(path)))

    if key not in _KEYS:
        hint = did_you_mean(key, _KEYS, f"known keys: {', '.join(_KEYS)}")
        raise GenerationError(f'unknown key "{key}" in [tool.{TABLE}]; {hint}', Position(str(path)))
    if key in _LISTS and not _is_strings(value):
        raise refuse("a list of strings")
    if key in ("out", "protoc") and not isinstance(value, str):
        raise refuse("a string")
    if key == "include_imports" and not isinstance(value, bool):
        raise refuse("true or false")
    if key == "options" and not (
        isinstance(value, dict) and all(isinstance(entry, str) or _is_strings(entry) for entry in value.values())
    ):
        raise refuse("a table of strings and lists of strings")


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
