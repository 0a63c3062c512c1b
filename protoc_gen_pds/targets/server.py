"""server.py: an abstract class for each service, and its registration on a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from protoc_gen_pds.python import layout
from protoc_gen_pds.python.types import RUNTIME
from protoc_gen_pds.schema import File, Method, Service
from protoc_gen_pds.targets import services
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.services import Module

_NOTE = "Methods that a subclass does not override answer UNIMPLEMENTED."


class MethodView(NamedTuple):
    """One method of the base class."""

    head: str
    doc: str
    body: str


class ServiceView(NamedTuple):
    """A base class and its registration function."""

    head: str
    doc: str
    methods: tuple[MethodView, ...]
    binding_head: str
    binding: str
    add_head: str
    add_doc: str
    add_body: str


def server(context: Context) -> Iterator[OutputFile]:
    """The servers of every file that has services."""
    if not context.options.emits("server"):
        return
    for file in services.files_with_services(context):
        content = context.renderer.render("python/server.py.j2", _view(context, file))
        yield OutputFile(context.path(file, "server.py"), content, file.name)


def _view(context: Context, file: File) -> dict[str, object]:
    names, adders = context.names, services.add_functions(file)
    own = [*(services.base_class(names, service) for service in file.services), *adders.values(), "binding"]
    module = Module.of(context, file, own)
    views = tuple(_service(module, service, adders[service.full_name]) for service in file.services)
    doc = f"Services of {services.subject(file)}: base classes to implement, and their registration."
    return {
        "header": context.header(file),
        "doc": layout.docstring(doc, indent=0),
        "services": views,
        "imports": module.scope.lines(),
        "typing_imports": module.scope.lines(typing_only=True),
    }


def _service(module: Module, service: Service, adder: str) -> ServiceView:
    base = services.base_class(module.names, service)
    server, settings = module.runtime("border", "Server"), module.runtime("chain", "Settings")
    parameters = [f"server: {server}", f"impl: {base}", f"settings: {settings} = {module.runtime('chain', 'DEFAULTS')}"]
    return ServiceView(
        head=f"class {base}({module.runtime('base', 'ServiceBase')}[{_client(module, service)}]):",
        doc=services.docstring(service, 4, more=_NOTE),
        methods=tuple(_method(module, method) for method in service.methods),
        binding_head=f"def binding(self) -> {module.runtime('method', 'ServiceBinding')}:",
        binding=_binding(module, service),
        add_head=layout.fold(f"def {adder}(", parameters, ") -> None:"),
        add_doc=layout.docstring(
            f"Register an implementation of {service.name} on a ``grpc.aio.server()``.\n\n"
            "Raises:\n    TypeError: the server is not async, or a method does not have its base's form.",
            indent=4,
        ),
        add_body=f"{module.runtime('chain', 'add_service')}(server, impl.binding(), settings)",
    )


def _client(module: Module, service: Service) -> str:
    """The type argument of the base class: the async client, which exists for type checkers only."""
    if not module.context.options.emits("client"):
        return module.scope.builtin("object")
    client = module.scope.relative(module.names.package_of(module.file), "client")
    module.scope.name("typing", "TYPE_CHECKING")
    return f'"{module.scope.name(client, services.client_class(module.names, service), typing_only=True)}"'


def _method(module: Module, method: Method) -> MethodView:
    parameters = ["self"]
    response = "None"
    if method.client_streaming:
        iterator = module.scope.name("collections.abc", "AsyncIterator")
        parameters.append(f"requests: {iterator}[{module.message(method.input)}]")
    elif services.takes_request(method):
        parameters.append(f"request: {module.message(method.input)}")
    parameters.append(f"context: {module.runtime('context', 'CallContext')}")
    if services.returns_response(method):
        response = module.message(method.output)
    if method.server_streaming:
        response = f"{module.scope.name('collections.abc', 'AsyncIterator')}[{response}]"
    keyword = "def" if method.server_streaming else "async def"
    return MethodView(
        head=layout.fold(f"{keyword} {module.names.method(method)}(", parameters, f") -> {response}:", indent=4),
        doc=services.docstring(method, 8),
        body=layout.fold(f"raise {module.runtime('base', 'unimplemented')}(", [module.constant(method)], ")", indent=8),
    )


def _binding(module: Module, service: Service) -> str:
    bindings = []
    for method in service.methods:
        arguments = [module.constant(method), f"self.{module.names.method(method)}"]
        if module.context.options.emits("validators"):
            arguments.append(module.scope.name(module.scope.relative((*RUNTIME, "validation")), "validate"))
        bindings.append(layout.fold(f"{module.runtime('method', 'Binding')}(", arguments, ")", indent=16))
    methods = _tuple(bindings)
    arguments = [layout.string(service.full_name), services.base_class(module.names, service), methods]
    return layout.exploded(f"return {module.runtime('method', 'ServiceBinding')}(", arguments, ")", indent=8)


def _tuple(items: list[str]) -> str:
    if not items:
        return "()"
    if len(items) == 1 and 12 + len(items[0]) + 4 <= layout.LINE_LENGTH and "\n" not in items[0]:
        return f"({items[0]},)"
    return layout.exploded("(", items, ")", indent=12)
