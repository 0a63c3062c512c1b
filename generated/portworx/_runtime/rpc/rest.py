"""HTTP and JSON for methods with google.api.http rules: an ASGI application around the same handlers.

``uvicorn.run(RestApp(MyService()))``, or any other ASGI server. Nothing is parsed twice and nothing is
proxied: a request becomes the message that gRPC would have brought, and goes the same way.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from .base import ServiceBase
from .chain import DEFAULTS, Settings, check_form
from .errors import NotFound, Unimplemented
from .http_exchange import Exchange, Receive, Route, Scope, Send, respond
from .http_template import Template
from .method import CallKind
from .openapi import merged
from .status_json import status_json


class RestApp:
    """An ASGI application for all methods that have HTTP rules.

    Unary methods answer with a JSON message, server streams with a JSON message a line
    (application/x-ndjson). Errors are google.rpc.Status in JSON under the HTTP status of their code.
    Methods to which the client streams have no HTTP form.
    """

    def __init__(
        self,
        *services: ServiceBase[object],
        settings: Settings = DEFAULTS,
        receive_bytes: int = 4 * 1024 * 1024,
        openapi: str = "/openapi.json",
    ) -> None:
        """Make an application.

        Args:
            services: the implementations.
            settings: what surrounds the handlers; the same as for gRPC.
            receive_bytes: largest request body, in bytes.
            openapi: path under which the OpenAPI document is served; empty for none.

        Raises:
            TemplateError: a rule's path template does not follow the grammar.
            TypeError: a handler is not of its method's form.
        """
        self._settings = settings
        self._receive_bytes = receive_bytes
        self._openapi = openapi
        self._documents = [
            service.binding().base.__module__.rpartition(".")[0] for service in services
        ]
        self._routes = sorted(_routes(services), key=lambda route: route.template.order)

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
            await respond(send, 200, json.dumps(self.document()).encode())
            return
        allowed: set[str] = set()
        for route in self._routes:
            variables = route.template.match(path)
            if variables is None:
                continue
            if route.rule.verb == scope["method"]:
                await Exchange(
                    self._settings,
                    self._receive_bytes,
                    route,
                    variables,
                    scope,
                    receive,
                    send,
                ).run()
                return
            allowed.add(route.rule.verb)
        if allowed:
            error = Unimplemented(f"{scope['method']} is not a method of {path}")
            headers = [(b"allow", ", ".join(sorted(allowed)).encode())]
            await respond(send, 405, json.dumps(status_json(error)).encode(), headers)
        else:
            await respond(
                send,
                404,
                json.dumps(
                    status_json(NotFound(f"there is nothing at {path}"))
                ).encode(),
            )


def _routes(services: Iterable[ServiceBase[object]]) -> Iterable[Route]:
    for service in services:
        for binding in service.binding().methods:
            if binding.method.kind in (CallKind.UNARY_UNARY, CallKind.UNARY_STREAM):
                check_form(binding)
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
