"""client.py: an async and a sync client for each service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from protoc_gen_pds.python import layout
from protoc_gen_pds.python.names import unique
from protoc_gen_pds.schema import File, Method, Service
from protoc_gen_pds.targets import services
from protoc_gen_pds.targets.base import Context, OutputFile
from protoc_gen_pds.targets.paging import PagedList, paged_list
from protoc_gen_pds.targets.services import Module

_NOTE = "Methods take the keywords of CallOptions and raise the subclasses of RpcError."


class MethodView(NamedTuple):
    """One method of a client."""

    head: str
    doc: str
    body: str


class ClientView(NamedTuple):
    """A client's class."""

    head: str
    doc: str
    init_head: str
    init_lines: tuple[str, ...]
    methods: tuple[MethodView, ...]


def client(context: Context) -> Iterator[OutputFile]:
    """The clients for every file that has services."""
    if not context.options.emits("client"):
        return
    for file in services.files_with_services(context):
        content = context.module("client", _view(context, file))
        yield OutputFile(context.path(file, "client.py"), content, file.name)


def _view(context: Context, file: File) -> dict[str, object]:
    names = context.names
    own = [
        services.client_class(names, service, synchronous=synchronous)
        for service in file.services
        for synchronous in (False, True)
    ]
    module = Module.of(context, file, own)
    views = []
    for service in file.services:
        views.append(_client(module, service, synchronous=False))
        views.append(_client(module, service, synchronous=True))
    return {
        "header": context.header(file),
        "doc": layout.docstring(f"Clients of {services.subject(file)}: async and sync.", indent=0),
        "clients": tuple(views),
        "imports": module.scope.lines(),
    }


def _client(module: Module, service: Service, *, synchronous: bool) -> ClientView:
    name = services.client_class(module.names, service, synchronous=synchronous)
    channel = module.runtime("border", "SyncChannel" if synchronous else "Channel")
    return ClientView(
        head=f"class {name}:",
        doc=services.docstring(service, 4, more=_NOTE),
        init_head=f"def __init__(self, channel: {channel}) -> None:",
        init_lines=tuple(_attribute(module, method, synchronous=synchronous) for method in service.methods)
        or ("pass",),
        methods=tuple(_methods(module, service, synchronous=synchronous)),
    )


def _methods(module: Module, service: Service, *, synchronous: bool) -> Iterator[MethodView]:
    taken = {module.names.method(method) for method in service.methods}
    for method in service.methods:
        yield _method(module, method, synchronous=synchronous)
        paged = paged_list(method)
        if paged is not None:
            name = unique(f"iterate_{module.names.method(method)}", taken)
            yield _iterator(module, method, paged, name, synchronous=synchronous)


def _attribute(module: Module, method: Method, *, synchronous: bool) -> str:
    home = "sync_client" if synchronous else "client"
    factory = module.runtime(home, f"{'sync' if synchronous else 'async'}_{services.kind(method)}")
    return f"self._{module.names.method(method)} = {factory}(channel, {module.constant(method)})"


def _method(module: Module, method: Method, *, synchronous: bool) -> MethodView:
    scope, name = module.scope, module.names.method(method)
    unpack, options = scope.name("typing", "Unpack"), module.runtime("client", "CallOptions")
    parameters, arguments = ["self"], []
    request = module.message(method.input)
    if method.client_streaming:
        iterable = f"{scope.name('collections.abc', 'Iterable')}[{request}]"
        if not synchronous:
            iterable = f"{scope.name('collections.abc', 'AsyncIterable')}[{request}] | {iterable}"
        parameters.append(f"requests: {iterable}")
        arguments.append("requests")
    elif services.takes_request(method):
        parameters.append(f"request: {request}")
        arguments.append("request")
    else:
        arguments.append(f"{request}()")
    parameters.append(f"**options: {unpack}[{options}]")
    arguments.append("**options")
    response = module.message(method.output) if services.returns_response(method) else "None"
    if method.server_streaming:
        stream = ("sync_client", "SyncResponseStream") if synchronous else ("client", "ResponseStream")
        response = f"{module.runtime(*stream)}[{response}]"
    waits = not synchronous and not method.server_streaming
    call = f"{'await ' if waits else ''}self._{name}({', '.join(arguments)})"
    return MethodView(
        head=f"{'async ' if waits else ''}def {name}({', '.join(parameters)}) -> {response}:",
        doc=services.docstring(method, 8),
        body=f"return {call}" if services.returns_response(method) else call,
    )


def _iterator(module: Module, method: Method, paged: PagedList, name: str, *, synchronous: bool) -> MethodView:
    """The method that goes through all pages."""
    scope, names = module.scope, module.names
    unpack, options = scope.name("typing", "Unpack"), module.runtime("client", "CallOptions")
    iterator = scope.name("collections.abc", "Iterator" if synchronous else "AsyncIterator")
    parameters = ["self", f"request: {module.message(method.input)}", f"**options: {unpack}[{options}]"]
    items = layout.string(names.attribute(paged.items))
    if paged.request is None or paged.response is None:
        pages = f"{module.runtime('paging', 'TokenPages')}({items})"
    else:
        assert paged.request.message is not None
        arguments = [
            layout.string(names.attribute(paged.request)),
            module.message(paged.request.message),
            layout.string(names.attribute(paged.response)),
            items,
        ]
        pages = f"{module.runtime('paging', 'NumberedPages')}({', '.join(arguments)})"
    function = module.runtime("paging", "iterate_sync" if synchronous else "iterate")
    item = module.types.value(paged.items)
    return MethodView(
        head=f"def {name}({', '.join(parameters)}) -> {iterator}[{item}]:",
        doc=layout.docstring(f"All items of :meth:`{names.method(method)}` from the request's page on.", indent=8),
        body=f"return {function}(self._{names.method(method)}, {pages}, request, options)",
    )
