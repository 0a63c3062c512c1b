"""The Jinja environment: where templates come from and what they may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from protoc_gen_pds.errors import GenerationError, Position

PACKAGE_DIR = Path(__file__).parent
SOURCE_TEMPLATES = PACKAGE_DIR.parent / "templates"
"""The templates of a source checkout."""
COMPILED_TEMPLATES = PACKAGE_DIR / "_templates"
"""The templates of an installed wheel: Python modules made from them at build time."""


class Renderer:
    """Renders templates by name, from the caller's directories first and then from ours."""

    def __init__(self, directories: Sequence[str] = ()) -> None:
        loaders: list[jinja2.BaseLoader] = []
        for directory in directories:
            if not Path(directory).is_dir():
                raise GenerationError(f'option templates: "{directory}" is not a directory')
            loaders.append(jinja2.FileSystemLoader(directory))
        loaders.append(_own_loader())
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader(loaders),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
            auto_reload=False,
            bytecode_cache=_bytecode_cache(),
        )

    def render(self, template: str, view: Mapping[str, Any]) -> str:
        """Render one template.

        Raises:
            GenerationError: the template is missing, does not parse, or uses what its view lacks.
        """
        try:
            return self._environment.get_template(template).render(view)
        except jinja2.TemplateSyntaxError as error:
            raise GenerationError(
                f"template does not parse: {error.message}", Position(error.name or template, error.lineno)
            ) from error
        except jinja2.TemplateNotFound as error:
            raise GenerationError(f'template "{error.name}" is missing', Position(template)) from error
        except GenerationError:
            raise
        except Exception as error:
            raise GenerationError(
                f"template failed: {type(error).__name__}: {error}", _template_position(error, template)
            ) from error


def _own_loader() -> jinja2.BaseLoader:
    if COMPILED_TEMPLATES.is_dir():
        return jinja2.ModuleLoader(str(COMPILED_TEMPLATES))
    return jinja2.FileSystemLoader(str(SOURCE_TEMPLATES))


def _bytecode_cache() -> jinja2.BytecodeCache | None:
    """Compiled templates of a source checkout are kept beside it: compiling them takes 0.3 s a run."""
    if COMPILED_TEMPLATES.is_dir() or not SOURCE_TEMPLATES.is_dir():
        return None
    directory = SOURCE_TEMPLATES.parent / ".cache" / "templates"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return jinja2.FileSystemBytecodeCache(str(directory))


def _template_position(error: Exception, template: str) -> Position:
    """The template line in which an error was raised: Jinja rewrites tracebacks to show it."""
    position = Position(template)
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            position = Position(Path(name).name if name.startswith("/") else name, trace.tb_lineno)
        trace = trace.tb_next
    return position
