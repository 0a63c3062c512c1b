"""``protoc-gen-pds init service``: a small project around the generated services, written once."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from protoc_gen_pds.cli import tree
from protoc_gen_pds.cli.config import PATH_OPTIONS
from protoc_gen_pds.cli.job import Job, Progress, add_arguments, resolve
from protoc_gen_pds.cli.used import imports_of_code
from protoc_gen_pds.compiler import bundled_import_paths, find_place
from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.python import layout
from protoc_gen_pds.python.folding import fold_module
from protoc_gen_pds.python.names import Names, module_name, snake_case, unique
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import is_well_known
from protoc_gen_pds.render import Renderer
from protoc_gen_pds.schema import Message, Method, Service
from protoc_gen_pds.targets import services
from protoc_gen_pds.targets.methods import http_rules

OUT = "generated"
"""Where the generated code is in a project: its files name it."""

_OWN_PACKAGES = frozenset({"handlers", "main", "tests"})
_MAIN_NAMES = frozenset({"certificate", "config", "key", "logging", "main", "os", "tls", "workers"})
_TEST_NAMES = frozenset(
    {
        *("asyncio", "address", "call", "client", "connection", "http_status", "HTTPConnection", "method", "path"),
        *("pytest", "server", "status"),
    }
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", metavar="WHAT", required=True)
    service = actions.add_parser(
        "service",
        help="main.py, a handler module for each service, a test, README, pyproject, Dockerfile and k8s manifest",
    )
    add_arguments(service)
    service.add_argument("--to", required=True, metavar="DIR", help="directory of the project; files there are kept")


def run(arguments: argparse.Namespace) -> int:
    """Write the project and generate into it."""
    project = Path(arguments.to)
    if arguments.out:
        raise GenerationError(
            f"the code of a project is in {project / OUT}, where its files look for it; leave out --out"
        )
    arguments.out = str(project / OUT)
    with Progress() as progress:
        job = resolve(arguments, progress)
        if job.import_paths is not None and (imports := imports_of_code(job.schema())):
            # Nobody else makes them in a new project.
            arguments.files = [*job.files, *imports]
            job = resolve(arguments, progress)
        files = dict(project_files(job, project.resolve()))
        comparison = tree.compare(job, job.render(progress))
        present = [path for path in files if os.path.lexists(project / path)]
        present += [f"{OUT}/{file.path}" for file in comparison.stale]
        if present:
            raise GenerationError(f"{', '.join(present)}: already in {project}; nothing was written")
        tree.write(job.out, comparison.to_write, progress)
    for path, content in files.items():
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write(content)
        print(f"created  {target}")
    print(f"{len(files)} files, and generated code in {job.out}; test it with: cd {project} && python -m pytest")
    return 0


def project_files(job: Job, project: Path) -> Iterator[tuple[str, str]]:
    """Paths and contents of the project's own files.

    Args:
        job: what is generated.
        project: its directory; the project is called after it.

    Raises:
        GenerationError: no file to generate has a service, or the package has the name of one of ours.
    """
    found = [service for file in job.schema().to_generate for service in file.services]
    if not found:
        raise GenerationError("there is no service in these .proto files")
    names = Names(job.options)
    if names.root[0] in _OWN_PACKAGES:
        raise GenerationError(
            f'option package: "{names.root[0]}" is a module of the project itself; choose another name'
        )
    synchronous = job.options.server == "sync"
    taken = {"__init__"}
    handlers = [
        _Handler(names, service, unique(module_name(snake_case(service.name)), taken), synchronous) for service in found
    ]
    render = Renderer(job.options.templates).render
    settings = {
        "project": _project_name(project.name),
        "synchronous": synchronous,
        "http": any(handler.http_call() for handler in handlers),
        "table": _table(job, project),
    }
    yield "main.py", fold_module(render("scaffold/main.py.j2", settings | _main(handlers)))
    yield "handlers/__init__.py", '"""One module for each service."""\n'
    for handler in handlers:
        yield f"handlers/{handler.module}.py", fold_module(render("scaffold/handler.py.j2", handler.view()))
    yield "tests/test_service.py", fold_module(render("scaffold/test.py.j2", _tests(handlers)))
    settings["service"] = handlers[0].service.full_name
    for name in ("README.md", "pyproject.toml", "Dockerfile", "k8s.yaml"):
        yield name, render(f"scaffold/{name}.j2", settings)


def _project_name(directory: str) -> str:
    """A name that Kubernetes takes too: lower case, a letter in front, 63 characters at most."""
    name = re.sub(r"[^a-z0-9]+", "-", directory.lower()).strip("-")
    if not name[:1].isalpha():
        name = f"service-{name}"
    return name[:63].strip("-")


def _table(job: Job, project: Path) -> list[str]:
    """The lines of ``[tool.protoc-gen-pds]``, with which ``generate`` and ``check`` need no arguments."""
    if job.import_paths is None:
        return []

    def relative(paths: Iterable[str]) -> list[str]:
        return [Path(os.path.relpath(path, project)).as_posix() for path in paths]

    bundled = bundled_import_paths()
    import_paths = [path for path in job.import_paths if path not in bundled]

    def entry(file: str) -> str:
        place = find_place(file, import_paths)
        # One of an installed package, such as google/type, goes by its name: on each machine it is elsewhere.
        if place is None or any(Path(place).is_relative_to(path) for path in bundled):
            return file
        return relative([place])[0]

    lines = [
        "[tool.protoc-gen-pds]",
        f"import_paths = {json.dumps(relative(import_paths))}",
        f"files = {json.dumps([entry(file) for file in job.files])}",
        f'out = "{OUT}"',
        *(["include_imports = true"] if job.include_imports else []),
        "",
        "[tool.protoc-gen-pds.options]",
        f"package = {json.dumps(job.options.package)}",
    ]
    for field in fields(job.options):
        value = getattr(job.options, field.name)
        if field.name == "package" or value == field.default:
            continue
        if field.name in PATH_OPTIONS:
            value = relative([value])[0] if isinstance(value, str) else relative(value)
        lines.append(f"{field.name} = {json.dumps(value)}")
    return lines


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
    synchronous: bool

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
        base = services.base_class(self.names, self.service, synchronous=self.synchronous)
        views = tuple(self._method(scope, method) for method in self.service.methods)
        return {
            "full_name": self.service.full_name,
            "name": self.class_name,
            "base": scope.name(self.package, base),
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
        iterator = "Iterator" if self.synchronous else "AsyncIterator"
        if method.client_streaming:
            requests = scope.name("collections.abc", iterator)
            parameters.append(f"requests: {requests}[{self.message(scope, method.input)}]")
        elif services.takes_request(method):
            parameters.append(f"request: {self.message(scope, method.input)}")
        parameters.append(f"context: {scope.name(self.runtime('rpc'), 'CallContext')}")
        if services.returns_response(method):
            response = self.message(scope, method.output)
        if method.server_streaming:
            response = f"{scope.name('collections.abc', iterator)}[{response}]"
        keyword = "def" if self.synchronous or method.server_streaming else "async def"
        error = scope.name(self.runtime("rpc"), "Unimplemented")
        return MethodView(
            head=f"{keyword} {self.names.method(method)}({', '.join(parameters)}) -> {response}:",
            doc=services.docstring(method, 8),
            body=f"raise {error}({layout.string(f'{method.name} is not written yet')})",
        )

    def first_call(self, scope: Scope) -> str:
        """A statement that calls the service's first method through ``client``; empty where it has no method."""
        method = next(iter(self.service.methods), None)
        if method is None:
            return ""
        arguments = [f"{self.message(scope, method.input)}()"] if services.takes_request(method) else []
        if method.client_streaming:
            arguments = ["[]"]
        call = f"client.{self.names.method(method)}({', '.join(arguments)})"
        if not method.server_streaming:
            return f"{'' if self.synchronous else 'await '}{call}"
        indent = 12 if self.synchronous else 20
        return f"{'' if self.synchronous else 'async '}for _ in {call}:\n{' ' * indent}pass"

    def http_call(self) -> tuple[str, str] | None:
        """Verb and path of a request for the first method that HTTP can call; None where there is none."""
        for method in self.service.methods:
            for rule in () if method.client_streaming else http_rules(method):
                return rule.verb, _sample(rule.path)
        return None


def _sample(template: str) -> str:
    """A path that a template of google.api.http matches."""
    bound = re.sub(r"\{[^={}]*=([^{}]*)\}", r"\1", template)
    return re.sub(r"\{[^{}]*\}|\*\*?", "1", bound)


def _grouped(lines: list[str]) -> list[str]:
    """Imports as isort groups them: the standard library, packages, and the project's own last."""
    standard = [line for line in lines if line.startswith("from collections")]
    own = [line for line in lines if line.startswith("from handlers.")]
    others = [line for line in lines if line and line not in standard and line not in own]
    groups = ["\n".join(group) for group in (standard, others, own) if group]
    return "\n\n".join(groups).split("\n")


def _main(handlers: list[_Handler]) -> dict[str, object]:
    rpc, synchronous = handlers[0].runtime("rpc"), handlers[0].synchronous
    serve, config = ("serve_sync", "SyncConfig") if synchronous else ("serve", "Config")
    scope = Scope((), {*_MAIN_NAMES, serve, config, "ServerTls"})
    made = [scope.name(f"handlers.{handler.module}", handler.class_name) for handler in handlers]
    scope.own_import(f"{rpc}.{'sync_serve' if synchronous else 'serve'}", serve)
    scope.own_import(f"{rpc}.{'sync_server' if synchronous else 'server'}", config)
    scope.own_import(f"{rpc}.tls", "ServerTls")
    arguments = [*made, "config=config", "workers=workers"]
    return {
        "imports": _grouped(scope.lines()),
        "config": config,
        "serve": f"{serve}({', '.join(arguments)})",
    }


def _tests(handlers: list[_Handler]) -> dict[str, object]:
    rpc, synchronous = handlers[0].runtime("rpc"), handlers[0].synchronous
    running, serving, config = (
        ("running_sync", "serving_sync", "SyncConfig") if synchronous else ("running", "serving", "Config")
    )
    names = {f"test_{handler.module}_answers" for handler in handlers}
    errors = ("InvalidArgument", "Unimplemented")
    scope = Scope((), {*_TEST_NAMES, *names, running, serving, config, *errors})
    tests = [
        {
            "name": handler.module,
            "service": scope.name(f"handlers.{handler.module}", handler.class_name),
            "call": handler.first_call(scope),
        }
        for handler in handlers
    ]
    calls = any(test["call"] for test in tests)
    if calls:
        for error in errors:
            scope.own_import(rpc, error)
    scope.own_import(f"{rpc}.testing", running)
    view: dict[str, object] = {"tests": tests, "calls": calls, "synchronous": synchronous, "http": None}
    with_http = ((test["service"], handler.http_call()) for handler, test in zip(handlers, tests, strict=True))
    service, asked = next((found for found in with_http if found[1]), ("", None))
    if asked is not None:
        scope.own_import(f"{rpc}.testing", serving)
        scope.own_import(f"{rpc}.{'sync_server' if synchronous else 'server'}", config)
        arguments = ", ".join(["server.http.address", *map(layout.string, asked)])
        made = f'{service}(), config={config}(http="127.0.0.1:0")'
        if synchronous:
            view["http"] = {
                "serving": f"with {serving}({made}) as server:",
                "asking": f"status = http_status({arguments})",
            }
        else:
            view["http"] = {
                "serving": f"async with {serving}({made}) as server:",
                "asking": f"status = await asyncio.to_thread(http_status, {arguments})",
            }
    return view | {"imports": _grouped(scope.lines())}
