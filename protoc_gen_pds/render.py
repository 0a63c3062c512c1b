"""The Jinja environment: where templates come from and what they may use."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from protoc_gen_pds.errors import GenerationError, Position

PACKAGE_DIR = Path(__file__).parent
CHECKOUT_TEMPLATES = PACKAGE_DIR.parent / "templates"
"""The templates of a source checkout."""
WHEEL_TEMPLATES = PACKAGE_DIR / "_templates" / "sources"
"""The templates of an installed wheel, as they are in the checkout."""
COMPILED_TEMPLATES = PACKAGE_DIR / "_templates" / "compiled"
"""The same as Python modules, made at build time: compiling them takes far longer than a run."""


def environment(loader: jinja2.BaseLoader, bytecode_cache: jinja2.BytecodeCache | None = None) -> jinja2.Environment:
    """The settings that templates are written for: at build time and at run time the same."""
    return jinja2.Environment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        auto_reload=False,
        bytecode_cache=bytecode_cache,
    )


def source_directory() -> Path:
    """Where the sources of our templates are: in an installed wheel, or else in the checkout."""
    return WHEEL_TEMPLATES if WHEEL_TEMPLATES.is_dir() else CHECKOUT_TEMPLATES


def template_names() -> list[str]:
    """Names of our templates, sorted."""
    root = source_directory()
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.j2"))


class Renderer:
    """Renders templates by name, from the caller's directories first and then from ours."""

    def __init__(self, directories: Sequence[str] = ()) -> None:
        loaders: list[jinja2.BaseLoader] = []
        self._directories = (*directories, str(source_directory()))
        for directory in directories:
            if not Path(directory).is_dir():
                raise GenerationError(f'option templates: "{directory}" is not a directory')
            loaders.append(jinja2.FileSystemLoader(directory))
        _check_names(directories)
        if COMPILED_TEMPLATES.is_dir():
            loaders.append(jinja2.ModuleLoader(str(COMPILED_TEMPLATES)))
        # Behind the compiled ones in a wheel: a Jinja that cannot import those still finds the sources.
        loaders.append(jinja2.FileSystemLoader(str(source_directory())))
        self._environment = environment(jinja2.ChoiceLoader(loaders), _bytecode_cache())

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
                f"template failed: {type(error).__name__}: {error}",
                _template_position(error, template, self._directories),
            ) from error


def _check_names(directories: Sequence[str]) -> None:
    """Refuse templates of which none takes the place of ours: they were copied to where nobody looks."""
    if any(Path(directory, name).is_file() for directory in directories for name in template_names()):
        return
    for directory in directories:
        for stray in sorted(Path(directory).rglob("*.j2"))[:1]:
            raise GenerationError(
                f'option templates: "{stray.relative_to(directory)}" is not the name of a template;'
                " protoc-gen-pds templates list prints the names",
                Position(directory),
            )


def _bytecode_cache() -> jinja2.BytecodeCache | None:
    """Compiled templates of a source checkout are kept beside it."""
    if COMPILED_TEMPLATES.is_dir():
        return None
    directory = CHECKOUT_TEMPLATES.parent / ".cache" / "templates"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(directory, os.W_OK):
        # A checkout that belongs to somebody else.
        return None
    return jinja2.FileSystemBytecodeCache(str(directory))


def _template_position(error: Exception, template: str, directories: Sequence[str]) -> Position:
    """The template line in which an error was raised: Jinja rewrites tracebacks to show it."""
    position = Position(template)
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            position = Position(_template_name(Path(name), directories), trace.tb_lineno)
        trace = trace.tb_next
    return position


def _template_name(path: Path, directories: Sequence[str]) -> str:
    """A template's name from its file."""
    inside = (directory for directory in directories if path.is_relative_to(directory))
    return next((path.relative_to(directory).as_posix() for directory in inside), path.name)
