"""HTTP and JSON for methods with google.api.http rules: an ASGI application around the same handlers.

``uvicorn.run(RestApp(MyService()))``, or any other ASGI server. Nothing is parsed twice and nothing is
proxied: a request becomes the message that gRPC would have brought, and goes the same way.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, MutableMapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from .base import ServiceBase, SyncServiceBase
from .chain import DEFAULTS, Settings, check_form
from .errors import NotFound, ResourceExhausted, Unimplemented
from .http_context import Scope
from .http_exchange import (
    BaseExchange,
    Exchange,
    Receive,
    Route,
    Send,
    json_bytes,
    respond,
    respond_error,
)
from .http_template import Template
from .http_threads import SyncExchange
from .method import BoundService, CallKind
from .openapi import merged
from .sync_chain import (
    SYNC_DEFAULTS,
    SyncSettings,
    check_sync_form,
    check_sync_settings,
)


class RestApp:
    """An ASGI application for all methods that have HTTP rules.

    Unary methods answer with a JSON message, server streams with a JSON message a line
    (application/x-ndjson). Errors are google.rpc.Status in JSON under the HTTP status of their code.
    Methods to which the client streams have no HTTP form.
    """

    def __init__(
        self,
        *services: ServiceBase[object] | SyncServiceBase[object],
        settings: Settings | SyncSettings | None = None,
        receive_bytes: int = 4 * 1024 * 1024,
        concurrent_calls: int | None = None,
        threads: int | Executor = 32,
        openapi: str = "/openapi.json",
    ) -> None:
        """Make an application.

        Args:
            services: the implementations, async or sync ones.
            settings: what surrounds the handlers, the same as for gRPC; ``SyncSettings`` for sync
                services. The defaults where None.
            receive_bytes: largest request body, in bytes.
            concurrent_calls: calls at the same time; more are answered RESOURCE_EXHAUSTED. None for no
                limit.
            threads: how many handlers of sync services run at the same time, or what runs them.
            openapi: path under which the OpenAPI document is served; empty for none.

        Raises:
            TemplateError: a rule's path template does not follow the grammar.
            TypeError: a handler is not of its method's form, services or settings of the two flavours
                are mixed, or the authentication of sync services is a coroutine function.
        """
        bindings = [service.binding() for service in services]
        flavours = {isinstance(service, SyncServiceBase) for service in services}
        if len(flavours) > 1:
            raise TypeError("async and sync services need an application each")
        synchronous = True in flavours
        if settings is None:
            settings = SYNC_DEFAULTS if synchronous else DEFAULTS
        if isinstance(settings, SyncSettings) is not synchronous:
            raise TypeError("sync services take SyncSettings, async ones take Settings")
        if isinstance(settings, SyncSettings):
            check_sync_settings(settings, "an application of sync services")
        self._settings = settings
        self._receive_bytes = receive_bytes
        self._limit = concurrent_calls
        self._running = 0
        self._threads = (
            threads
            if isinstance(threads, Executor)
            else ThreadPoolExecutor(threads, "http-handler")
        )
        self._openapi = openapi
        self._documents = [
            binding.base.__module__.rpartition(".")[0] for binding in bindings
        ]
        routes = _routes(bindings, synchronous=synchronous)
        self._routes = sorted(routes, key=lambda route: route.template.order)

    @property
    def has_routes(self) -> bool:
        """Whether any method has an HTTP rule."""
        return bool(self._routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document of all services."""
        found: list[Any] = []
        for package in dict.fromkeys(self._documents):
            importlib.import_module(package)
            file = files(package).joinpath("openapi.json")
            if file.is_file():
                found.append(json.loads(file.read_text(encoding="utf-8")))
        return merged(found)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _path(scope)
        if self._openapi and path == self._openapi and scope["method"] == "GET":
            await respond(send, 200, json_bytes(self.document()))
            return
        allowed: set[str] = set()
        for route in self._routes:
            variables = route.template.match(path)
            if variables is None:
                continue
            if route.rule.verb == scope["method"]:
                await self._run(route, variables, scope, receive, send)
                return
            allowed.add(route.rule.verb)
        if allowed:
            error = Unimplemented(f"{scope['method']} is not a method of {path}")
            headers = [(b"allow", ", ".join(sorted(allowed)).encode())]
            await respond_error(send, error, headers, status=405)
        else:
            await respond_error(send, NotFound(f"there is nothing at {path}"))

    async def _run(
        self,
        route: Route,
        variables: dict[str, str],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if self._limit is not None and self._running >= self._limit:
            await respond_error(send, ResourceExhausted("too many calls at a time"))
            return
        self._running += 1
        with ExitStack() as place:
            place.callback(self._leave)

            async def send_in_turn(message: MutableMapping[str, Any]) -> None:
                # Who has the whole answer may ask again at once, and is not one too many then.
                if message["type"] == "http.response.body" and not message.get(
                    "more_body"
                ):
                    place.close()
                await send(message)

            arguments = (route, variables, scope, receive, send_in_turn)
            settings, size = self._settings, self._receive_bytes
            exchange: BaseExchange
            if isinstance(settings, SyncSettings):
                exchange = SyncExchange(
                    settings, self._threads, *arguments, receive_bytes=size
                )
            else:
                exchange = Exchange(settings, *arguments, receive_bytes=size)
            await exchange.run()

    def _leave(self) -> None:
        self._running -= 1


def _routes(services: Iterable[BoundService], *, synchronous: bool) -> Iterable[Route]:
    check = check_sync_form if synchronous else check_form
    for service in services:
        for binding in service.methods:
            if binding.method.kind in (CallKind.UNARY_UNARY, CallKind.UNARY_STREAM):
                check(binding)
                for rule in binding.method.http:
                    yield Route(Template(rule.path), rule, binding)


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    path = (
        raw.partition(b"?")[0].decode("latin-1")
        if raw
        else quote(scope["path"], safe="/:@!$&'()*+,;=~")
    )
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
