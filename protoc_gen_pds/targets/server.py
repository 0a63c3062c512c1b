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


class _Flavour(NamedTuple):
    """What the runtime offers to async or to sync services."""

    name: str
    factory: str
    base: str
    binding: str
    server: str
    chain: str
    settings: str
    defaults: str
    add: str


_ASYNC = _Flavour(
    name="async",
    factory="grpc.aio.server",
    base="ServiceBase",
    binding="ServiceBinding",
    server="Server",
    chain="chain",
    settings="Settings",
    defaults="DEFAULTS",
    add="add_service",
)
_SYNC = _Flavour(
    name="sync",
    factory="grpc.server",
    base="SyncServiceBase",
    binding="SyncServiceBinding",
    server="SyncServer",
    chain="sync_chain",
    settings="SyncSettings",
    defaults="SYNC_DEFAULTS",
    add="add_sync_service",
)


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
        content = context.module("server", _view(context, file))
        yield OutputFile(context.path(file, "server.py"), content, file.name)


def _view(context: Context, file: File) -> dict[str, object]:
    names, flavours = context.names, context.options.flavours
    bases = [
        services.base_class(names, service, synchronous=synchronous)
        for service in file.services
        for synchronous in flavours
    ]
    adders = {synchronous: services.add_functions(file, synchronous=synchronous) for synchronous in flavours}
    own = [*bases, *(name for added in adders.values() for name in added.values()), "binding"]
    module = Module.of(context, file, own)
    views = tuple(
        _service(module, service, adders[synchronous][service.full_name], synchronous=synchronous)
        for service in file.services
        for synchronous in flavours
    )
    doc = f"Services of {services.subject(file)}: base classes to implement, and their registration."
    return {
        "header": context.header(file),
        "doc": layout.docstring(doc, indent=0),
        "services": views,
        "imports": module.scope.lines(),
        "typing_imports": tuple(map(_unseen_by_linters, module.scope.lines(typing_only=True))),
    }


def _service(module: Module, service: Service, adder: str, *, synchronous: bool) -> ServiceView:
    flavour = _SYNC if synchronous else _ASYNC
    base = services.base_class(module.names, service, synchronous=synchronous)
    server, settings = module.runtime("border", flavour.server), module.runtime(flavour.chain, flavour.settings)
    default = module.runtime(flavour.chain, flavour.defaults)
    parameters = [f"server: {server}", f"impl: {base}", f"settings: {settings} = {default}"]
    client = _client(module, service, synchronous=synchronous)
    return ServiceView(
        head=f"class {base}({module.runtime('base', flavour.base)}[{client}]):",
        doc=services.docstring(service, 4, more=_NOTE),
        methods=tuple(_method(module, method, synchronous=synchronous) for method in service.methods),
        binding_head=f"def binding(self) -> {module.runtime('method', flavour.binding)}:",
        binding=_binding(module, service, base, flavour),
        add_head=f"def {adder}({', '.join(parameters)}) -> None:",
        add_doc=layout.docstring(
            f"Register an implementation of {service.name} on a ``{flavour.factory}()``.\n\n"
            f"Raises:\n    TypeError: the server is not {flavour.name}, or a method does not have its base's form.",
            indent=4,
        ),
        add_body=f"{module.runtime(flavour.chain, flavour.add)}(server, impl.binding(), settings)",
    )


def _unseen_by_linters(statement: str) -> str:
    """An import for a name in the brackets of a base class: it is text there, and they take it for unused."""
    return f"{statement}  # noqa: F401"


def _client(module: Module, service: Service, *, synchronous: bool) -> str:
    """The type argument of the base class: its client, which exists for type checkers only."""
    if not module.context.options.emits("client"):
        return module.scope.builtin("object")
    home = module.scope.relative(module.names.package_of(module.file), "client")
    client = services.client_class(module.names, service, synchronous=synchronous)
    module.scope.name("typing", "TYPE_CHECKING")
    return f'"{module.scope.name(home, client, typing_only=True)}"'


def _method(module: Module, method: Method, *, synchronous: bool) -> MethodView:
    parameters = ["self"]
    response = "None"
    iterator = "Iterator" if synchronous else "AsyncIterator"
    if method.client_streaming:
        requests = module.scope.name("collections.abc", iterator)
        parameters.append(f"requests: {requests}[{module.message(method.input)}]")
    elif services.takes_request(method):
        parameters.append(f"request: {module.message(method.input)}")
    parameters.append(f"context: {module.runtime('context', 'CallContext')}")
    if services.returns_response(method):
        response = module.message(method.output)
    if method.server_streaming:
        response = f"{module.scope.name('collections.abc', iterator)}[{response}]"
    keyword = "def" if synchronous or method.server_streaming else "async def"
    return MethodView(
        head=f"{keyword} {module.names.method(method)}({', '.join(parameters)}) -> {response}:",
        doc=services.docstring(method, 8),
        body=f"raise {module.runtime('base', 'unimplemented')}({module.constant(method)})",
    )


def _binding(module: Module, service: Service, base: str, flavour: _Flavour) -> str:
    bindings = []
    for method in service.methods:
        arguments = [module.constant(method), f"self.{module.names.method(method)}"]
        if module.context.options.emits("validators"):
            arguments.append(module.scope.name(module.scope.relative((*RUNTIME, "validation")), "validate"))
        bindings.append(f"{module.runtime('method', 'Binding')}({', '.join(arguments)})")
    methods = _tuple(bindings)
    arguments = [layout.string(service.full_name), base, methods]
    return layout.exploded(f"return {module.runtime('method', flavour.binding)}(", arguments, ")", indent=8)


def _tuple(items: list[str]) -> str:
    if not items:
        return "()"
    if len(items) == 1 and 12 + len(items[0]) + 4 <= layout.LINE_LENGTH and "\n" not in items[0]:
        return f"({items[0]},)"
    return layout.exploded("(", items, ")", indent=12)
