"""``protoc-gen-pds init service``: a small project around the generated services, written once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from protoc_gen_pds.cli import tree
from protoc_gen_pds.cli.job import Job, Progress, add_arguments, resolve
from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.python import layout
from protoc_gen_pds.python.names import Names, snake_case, unique
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import is_well_known
from protoc_gen_pds.render import Renderer
from protoc_gen_pds.schema import Message, Method, Service
from protoc_gen_pds.targets import services

DEFAULT_OUT = "generated"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", metavar="WHAT", required=True)
    service = actions.add_parser(
        "service", help="main.py, a handler module for each service, a test, pyproject, Dockerfile and k8s manifest"
    )
    add_arguments(service)
    service.add_argument("--to", required=True, metavar="DIR", help="directory of the project; files there are kept")


def run(arguments: argparse.Namespace) -> int:
    """Write the project and generate into it."""
    project = Path(arguments.to)
    arguments.out = arguments.out or str(project / DEFAULT_OUT)
    with Progress() as progress:
        job = resolve(arguments, progress)
        files = dict(project_files(job, project.resolve().name))
        present = [path for path in files if (project / path).exists()]
        if present:
            raise GenerationError(f"{', '.join(present)}: already in {project}; nothing was written")
        comparison = tree.compare(job, job.render(progress))
        tree.write(job.out, comparison.to_write, progress)
    for path, content in files.items():
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8", newline="")
        print(f"created  {target}")
    print(f"{len(files)} files; test it with: cd {project} && python -m pytest")
    return 0


def project_files(job: Job, directory: str) -> Iterator[tuple[str, str]]:
    """Paths and contents of the project's own files.

    Args:
        job: what is generated.
        directory: name of the project's directory; the project is called after it.

    Raises:
        GenerationError: no file to generate has a service.
    """
    found = [service for file in job.schema().to_generate for service in file.services]
    if not found:
        raise GenerationError("there is no service in these .proto files")
    taken: set[str] = set()
    handlers = [_Handler(Names(job.options), service, unique(snake_case(service.name), taken)) for service in found]
    names = Renderer(job.options.templates)
    project = {"project": re.sub(r"[^a-z0-9]+", "-", directory.lower()).strip("-") or "service"}
    yield "main.py", names.render("scaffold/main.py.j2", _main(handlers))
    yield "handlers/__init__.py", '"""One module for each service."""\n'
    for handler in handlers:
        yield f"handlers/{handler.module}.py", names.render("scaffold/handler.py.j2", handler.view())
    yield "tests/test_service.py", names.render("scaffold/test.py.j2", _tests(handlers))
    for name in ("pyproject.toml", "Dockerfile", "k8s.yaml"):
        yield name, names.render(f"scaffold/{name}.j2", project)


@dataclass(frozen=True, slots=True)
class MethodView:
    """One handler."""

    head: str
    doc: str
    body: str


@dataclass(frozen=True)
class _Handler:
    """The module of handlers for one service."""

    names: Names
    service: Service
    module: str

    @property
    def class_name(self) -> str:
        return self.names.service_class(self.service)

    @property
    def package(self) -> str:
        return ".".join((*self.names.root, *self.names.package_of(self.service.file)))

    def runtime(self, module: str) -> str:
        return ".".join((*self.names.root, "_runtime", *([module] if module else [])))

    def view(self) -> dict[str, object]:
        methods = {self.names.method(method) for method in self.service.methods}
        scope = Scope((), {self.class_name, *methods})
        base = scope.name(self.package, services.base_class(self.names, self.service))
        views = tuple(self._method(scope, method) for method in self.service.methods)
        return {
            "full_name": self.service.full_name,
            "name": self.class_name,
            "base": base,
            "doc": services.docstring(self.service, 4),
            "methods": views,
            "imports": _grouped(scope.lines()),
        }

    def message(self, scope: Scope, message: Message) -> str:
        """Reference to a message class by an absolute import."""
        first, dot, rest = self.names.qualified_name(message).partition(".")
        if is_well_known(message):
            return f"{scope.name(self.runtime('wkt'), first)}{dot}{rest}"
        package = ".".join((*self.names.root, *self.names.package_of(message.file)))
        return f"{scope.name(package, first)}{dot}{rest}"

    def _method(self, scope: Scope, method: Method) -> MethodView:
        parameters = ["self"]
        response = "None"
        if method.client_streaming:
            iterator = scope.name("collections.abc", "AsyncIterator")
            parameters.append(f"requests: {iterator}[{self.message(scope, method.input)}]")
        elif services.takes_request(method):
            parameters.append(f"request: {self.message(scope, method.input)}")
        parameters.append(f"context: {scope.name(self.runtime('rpc'), 'CallContext')}")
        if services.returns_response(method):
            response = self.message(scope, method.output)
        if method.server_streaming:
            response = f"{scope.name('collections.abc', 'AsyncIterator')}[{response}]"
        keyword = "def" if method.server_streaming else "async def"
        error = scope.name(self.runtime("rpc"), "Unimplemented")
        return MethodView(
            head=layout.fold(f"{keyword} {self.names.method(method)}(", parameters, f") -> {response}:", indent=4),
            doc=services.docstring(method, 8),
            body=f'raise {error}("{method.name} is not written yet")',
        )

    def first_call(self, scope: Scope) -> str:
        """A statement that calls the service's first method through ``client``."""
        method = next(iter(self.service.methods), None)
        if method is None:
            raise self.service.error(f"{self.service.full_name} has no method")
        argument = f"{self.message(scope, method.input)}()" if services.takes_request(method) else ""
        if method.client_streaming:
            argument = "[]"
        call = f"client.{self.names.method(method)}({argument})"
        return f"async for _ in {call}:\n                    pass" if method.server_streaming else f"await {call}"


def _grouped(lines: list[str]) -> list[str]:
    """Imports as isort groups them: the standard library, packages, and the project's own last."""
    standard = [line for line in lines if line.startswith("from collections")]
    own = [line for line in lines if line.startswith("from handlers.")]
    others = [line for line in lines if line and line not in standard and line not in own]
    groups = ["\n".join(group) for group in (standard, others, own) if group]
    return "\n\n".join(groups).split("\n")


def _main(handlers: list[_Handler]) -> dict[str, object]:
    scope = Scope(())
    made = [scope.name(f"handlers.{handler.module}", handler.class_name) for handler in handlers]
    rpc = handlers[0].runtime("rpc")
    scope.name(f"{rpc}.serve", "serve")
    scope.name(f"{rpc}.server", "Config")
    scope.name(f"{rpc}.tls", "ServerTls")
    return {"imports": _grouped(scope.lines()), "services": ", ".join(made)}


def _tests(handlers: list[_Handler]) -> dict[str, object]:
    scope = Scope(())
    scope.name(handlers[0].runtime("rpc"), "Unimplemented")
    scope.name(f"{handlers[0].runtime('rpc')}.testing", "running")
    tests = [
        {
            "name": handler.module,
            "service": scope.name(f"handlers.{handler.module}", handler.class_name),
            "call": handler.first_call(scope),
        }
        for handler in handlers
    ]
    return {"imports": _grouped(scope.lines()), "tests": tests}
