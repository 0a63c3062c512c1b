"""One HTTP request on its way through the chain: read, check, call, answer."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    MutableMapping,
    Sequence,
)
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from .access import record
from .chain import Settings
from .context import REQUEST_ID_KEY, CallContext
from .details import Status
from .errors import DeadlineExceeded, ResourceExhausted
from .failure import HandlerError, failure
from .http_request import field_of, read_request
from .http_template import Template
from .method import Binding, CallKind, HttpRule
from .status import StatusCode
from .status_json import status_json
from .steps import check_response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TIMEOUT_KEY = "x-server-timeout"
"""Request header with the caller's deadline in seconds, as Google's own APIs have it."""

_JSON = b"application/json"
_LINES = b"application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP rule of one method."""

    template: Template
    rule: HttpRule
    binding: Binding


class Exchange:
    """One HTTP request on its way through the chain."""

    def __init__(
        self,
        settings: Settings,
        receive_bytes: int,
        route: Route,
        variables: dict[str, str],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._settings = settings
        self._receive_bytes = receive_bytes
        self._binding = route.binding
        self._method = route.binding.method
        self._rule = route.rule
        self._variables = variables
        self._scope = scope
        self._receive = receive
        self._send = send
        self._started = False

    async def run(self) -> None:
        """Read, call the handler, answer; a caller that goes away cancels the handler."""
        begun = perf_counter()
        context = CallContext(metadata=_metadata(self._scope), peer=_peer(self._scope))
        context.method = self._method
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
            await self._answer_error(found.status.to_bytes(), found.code, context)
        if self._settings.access_log:
            record(context, code, begun, message)

    async def _call(self, body: bytes, context: CallContext) -> None:
        request = read_request(
            self._method, self._rule, self._variables, self._query(), body
        )
        if self._settings.authenticate is not None:
            context.identity = await self._settings.authenticate(context)
        if self._settings.validate and self._binding.check is not None:
            self._binding.check(request)
        arguments = (request, context) if self._method.takes_request else (context,)
        result = self._binding.handler(*arguments)
        async with _deadline(context):
            if self._method.kind is CallKind.UNARY_STREAM:
                await self._stream(result, context)
            else:
                await self._answer(await result, context)

    async def _answer(self, response: Any, context: CallContext) -> None:
        expected = self._method.response if self._method.returns_response else None
        if type(response) is not expected:
            check_response(response, self._method, expected)
        value: Any = {} if response is None else response.to_dict()
        if self._rule.response_body:
            value = value.get(
                _json_name(self._method.response, self._rule.response_body)
            )
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self._started = True
        await respond(self._send, 200, body, _headers(context))

    async def _stream(self, responses: Any, context: CallContext) -> None:
        if inspect.isawaitable(responses):
            responses = await responses
        if not hasattr(responses, "__aiter__"):
            raise HandlerError(
                f"the handler of {self._method.full_name} returned no async iterator"
            )
        iterator: AsyncIterator[Any] = responses.__aiter__()
        try:
            async for response in iterator:
                if type(response) is not self._method.response:
                    check_response(response, self._method, self._method.response)
                line = response.to_json().encode() + b"\n"
                if not self._started:
                    await self._begin_stream(context)
                await self._send(
                    {"type": "http.response.body", "body": line, "more_body": True}
                )
            if not self._started:
                await self._begin_stream(context)
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()
        await self._send({"type": "http.response.body", "body": b""})

    async def _begin_stream(self, context: CallContext) -> None:
        self._started = True
        headers = [(b"content-type", _LINES), *_headers(context)]
        await self._send(
            {"type": "http.response.start", "status": 200, "headers": headers}
        )

    async def _answer_error(
        self, status: bytes, code: StatusCode, context: CallContext
    ) -> None:
        value = status_json(Status.from_bytes(status))
        if self._started:
            # The status line is gone: the last line says that the stream broke, and why.
            line = json.dumps({"error": value}, ensure_ascii=False).encode() + b"\n"
            await self._send({"type": "http.response.body", "body": line})
            return
        body = json.dumps(value, ensure_ascii=False).encode()
        headers = [
            *_headers(context),
            (REQUEST_ID_KEY.encode(), context.request_id.encode()),
        ]
        await respond(self._send, code.http, body, headers)

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
            if call.done():
                await call
                return True
            call.cancel()
            await asyncio.wait((call,))
            return False
        finally:
            gone.cancel()

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _query(self) -> str:
        query: bytes = self._scope.get("query_string", b"")
        return query.decode("latin-1")


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())


class _deadline:
    """The caller's deadline around a handler."""

    def __init__(self, context: CallContext) -> None:
        self._timeout = asyncio.timeout(_seconds(context.header(TIMEOUT_KEY)))

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            if self._timeout.expired():
                raise DeadlineExceeded("the deadline has passed") from late
            raise


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < 1e9 else None


def _metadata(scope: Scope) -> Iterable[tuple[str, str]]:
    return [
        (key.decode("latin-1").lower(), value.decode("latin-1"))
        for key, value in scope.get("headers", ())
    ]


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return f"http:{client[0]}:{client[1]}" if client else ""


def _headers(context: CallContext) -> list[tuple[bytes, bytes]]:
    """The handler's trailing metadata as headers; binary values have no HTTP form."""
    return [
        (key.encode(), value.encode())
        for key, value in context.trailing_metadata
        if isinstance(value, str)
    ]


def _json_name(message: Any, name: str) -> str:
    field = field_of(message, name)
    return name if field is None else field.json_name


async def respond(
    send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Answer with JSON."""
    length = (b"content-length", str(len(body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", _JSON), length, *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})
