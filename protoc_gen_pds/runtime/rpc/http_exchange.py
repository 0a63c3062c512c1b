"""One HTTP request on its way through the chain: read, check, call, answer."""

from __future__ import annotations

import abc
import asyncio
import inspect
import json
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    MutableMapping,
    Sequence,
)
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from .access import record
from .chain import Settings
from .context import REQUEST_ID_KEY
from .errors import ResourceExhausted, RpcError
from .failure import Failure, HandlerError, failure
from .http_context import HttpContext, Scope, deadline, headers
from .http_request import field_of, read_request
from .http_template import Template
from .method import Binding, CallKind, HttpRule
from .status import StatusCode
from .status_json import status_json
from .steps import check_response
from .sync_chain import SyncSettings

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON = b"application/json"
_LINES = b"application/x-ndjson"
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP rule of one method."""

    template: Template
    rule: HttpRule
    binding: Binding


class BaseExchange(abc.ABC):
    """One HTTP request on its way through the chain, whatever the flavour of the service."""

    def __init__(
        self,
        settings: Settings | SyncSettings,
        route: Route,
        variables: dict[str, str],
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        receive_bytes: int,
    ) -> None:
        self._receive_bytes = receive_bytes
        self._check = route.binding.check if settings.validate else None
        self._log = settings.access_log
        self._binding = route.binding
        self._method = route.binding.method
        self._rule = route.rule
        self._variables = variables
        self._scope = scope
        self._receive = receive
        self._send = send
        self._started = self._ended = False

    async def run(self) -> None:
        """Read, call the handler, answer; a caller that goes away cancels the handler."""
        begun = perf_counter()
        context = HttpContext(self._scope, self._method)
        code, message = StatusCode.OK, ""
        try:
            body = await self._body()
            if body is None or not await self._while_connected(
                self._call(body, context)
            ):
                code = StatusCode.CANCELLED
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            if (cancelled and _is_cancelled()) or (
                not isinstance(error, Exception) and not cancelled
            ):
                raise
            found = failure(error, context, self._method)
            code, message = found.code, found.message
            await self._answer_error(found, context)
        finally:
            context.left = True
        if self._log:
            record(context, code, begun, message)

    async def _call(self, body: bytes, context: HttpContext) -> None:
        request = read_request(
            self._method, self._rule, self._variables, self._query(), body
        )
        async with deadline(context):
            await self._handle(request, context)

    @abc.abstractmethod
    async def _handle(self, request: Any, context: HttpContext) -> None:
        """Authenticate, check, call the handler and send what it returns."""

    def _handler(self, request: Any, context: HttpContext) -> Any:
        """Check the request; what the handler returns for it."""
        if self._check is not None:
            self._check(request)
        arguments = (request, context) if self._method.takes_request else (context,)
        return self._binding.handler(*arguments)

    def _body_of(self, response: Any) -> bytes:
        """The answer of a unary method, in JSON."""
        expected = self._method.response if self._method.returns_response else None
        if type(response) is not expected:
            check_response(response, self._method, expected)
        value: Any = {} if response is None else response.to_dict()
        if self._rule.response_body:
            value = value.get(
                _json_name(self._method.response, self._rule.response_body)
            )
        return json_bytes(value)

    def _line_of(self, response: Any) -> bytes:
        """One response of a stream, in JSON."""
        if type(response) is not self._method.response:
            check_response(response, self._method, self._method.response)
        return json_bytes(response.to_dict()) + b"\n"

    async def _send_answer(self, body: bytes, context: HttpContext) -> None:
        self._started = True
        await respond(self._send, 200, body, headers(context))
        self._ended = True

    async def _send_line(self, line: bytes, context: HttpContext) -> None:
        if not self._started:
            await self._begin_stream(context)
        await self._send(
            {"type": "http.response.body", "body": line, "more_body": True}
        )

    async def _end_stream(self, context: HttpContext) -> None:
        if not self._started:
            await self._begin_stream(context)
        await self._send({"type": "http.response.body", "body": b""})
        self._ended = True

    async def _begin_stream(self, context: HttpContext) -> None:
        self._started = True
        await self._send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", _LINES), *headers(context)],
            }
        )

    async def _answer_error(self, found: Failure, context: HttpContext) -> None:
        if self._started and self._method.kind is not CallKind.UNARY_STREAM:
            # The answer is on its way; the connection breaks off.
            return
        value = status_json(found.status)
        if self._started:
            # The status line is gone: the last line says that the stream broke, and why.
            line = json_bytes({"error": value}) + b"\n"
            await self._send({"type": "http.response.body", "body": line})
            return
        body = json_bytes(value)
        request_id = (REQUEST_ID_KEY.encode(), context.request_id.encode())
        await respond(
            self._send, found.code.http, body, [*headers(context), request_id]
        )

    async def _body(self) -> bytes | None:
        """The body, or None where the caller goes away before its end."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return None
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > self._receive_bytes:
                raise ResourceExhausted(
                    f"the body is larger than {self._receive_bytes} bytes"
                )
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)

    async def _while_connected(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run something to its end, or until the caller goes away; whether it has ended."""
        call = asyncio.create_task(work)
        gone = asyncio.create_task(self._disconnected())
        try:
            await asyncio.wait((call, gone), return_when=asyncio.FIRST_COMPLETED)
            # Many leave as soon as they have the whole answer.
            if call.done() or self._ended:
                await call
                return True
            call.cancel()
            await asyncio.wait((call,))
            return False
        except asyncio.CancelledError:
            # The server does not wait any longer, and nor shall the handler.
            call.cancel()
            raise
        finally:
            gone.cancel()

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _query(self) -> str:
        query: bytes = self._scope.get("query_string", b"")
        return query.decode("latin-1")


class Exchange(BaseExchange):
    """The exchange with a service of coroutines."""

    def __init__(self, settings: Settings, *arguments: Any, receive_bytes: int) -> None:
        super().__init__(settings, *arguments, receive_bytes=receive_bytes)
        self._authenticate = settings.authenticate

    async def _handle(self, request: Any, context: HttpContext) -> None:
        if self._authenticate is not None:
            context.identity = await self._authenticate(context)
        result = self._handler(request, context)
        if self._method.kind is CallKind.UNARY_STREAM:
            await self._stream(result, context)
        else:
            await self._send_answer(self._body_of(await result), context)

    async def _stream(self, responses: Any, context: HttpContext) -> None:
        if inspect.isawaitable(responses):
            responses = await responses
        if not hasattr(responses, "__aiter__"):
            raise HandlerError(
                f"the handler of {self._method.full_name} returned no async iterator"
            )
        iterator: AsyncIterator[Any] = responses.__aiter__()
        try:
            async for response in iterator:
                await self._send_line(self._line_of(response), context)
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()
        await self._end_stream(context)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())


def _json_name(message: Any, name: str) -> str:
    field = field_of(message, name)
    return name if field is None else field.json_name


async def respond(
    send: Send, status: int, body: bytes, more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Answer with JSON."""
    length = (b"content-length", str(len(body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", _JSON), length, *more],
        }
    )
    await send({"type": "http.response.body", "body": body})


def json_bytes(value: object) -> bytes:
    """A JSON value as this API writes all of them."""
    return _encoder.encode(value).encode()


async def respond_error(
    send: Send,
    error: RpcError,
    more: Sequence[tuple[bytes, bytes]] = (),
    *,
    status: int | None = None,
) -> None:
    """Answer what no method is called for with a google.rpc.Status."""
    body = json_bytes(status_json(error))
    await respond(send, status or error.code.http, body, more)
