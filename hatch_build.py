"""Build hook: the wheel carries the templates twice, as sources and compiled to Python modules."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import jinja2
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TemplatesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds ``protoc_gen_pds/_templates`` to wheels; an editable install reads the checkout instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the templates into a temporary directory and map it into the wheel."""
        if version == "editable":
            return
        sources = Path(self.root, "templates")
        sys.path.insert(0, self.root)
        try:
            from protoc_gen_pds.render import environment
        finally:
            sys.path.remove(self.root)
        self._directory = tempfile.TemporaryDirectory()
        compiled = Path(self._directory.name)
        environment(jinja2.FileSystemLoader(sources)).compile_templates(
            compiled, extensions=["j2"], zip=None, ignore_errors=False
        )
        included = build_data["force_include"]
        for module in sorted(compiled.iterdir()):
            included[str(module)] = f"protoc_gen_pds/_templates/compiled/{module.name}"
        for source in sorted(sources.rglob("*.j2")):
            name = source.relative_to(sources).as_posix()
            included[str(source)] = f"protoc_gen_pds/_templates/sources/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary directory."""
        if version != "editable":
            self._directory.cleanup()
