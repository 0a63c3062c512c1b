"""The chain of an async server: decode, authenticate, validate, handler, encode; errors mapped once.

Each method's chain is put together at registration. grpcio sees functions from bytes to bytes, so
that nothing that a handler does or raises reaches its own mapping of exceptions, which would send
their text to the caller, and its own waiting, which a leaked CancelledError would leave hanging.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from .access import Recorder, record
from .border import AbortError, Server, UsageError, grpc
from .context import CallContext, GrpcContext
from .failure import HandlerError, failure
from .method import Binding, CallKind, ServiceBinding, SyncServiceBinding
from .status import StatusCode
from .steps import GRPC_CODES, Guard, Steps, register

Authenticate = Callable[[CallContext], Awaitable[Any]]
"""Who is calling: returns an identity for ``context.identity``, or raises Unauthenticated."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What surrounds the handlers of a service.

    Attributes:
        authenticate: called before each handler, or None.
        validate: whether requests are checked against their rules.
        access_log: whether each call is logged when it ends (logger ``pds.rpc.access``, level INFO).
        access_log_delay: seconds that a server of ``serve`` or :class:`GrpcServer` lets the line of a call
            wait for others, since together they cost less; 0 to write each one at the end of its call.
    """

    authenticate: Authenticate | None = None
    validate: bool = True
    access_log: bool = True
    access_log_delay: float = 0.05


DEFAULTS = Settings()


def add_service(
    server: Server,
    service: ServiceBinding,
    settings: Settings = DEFAULTS,
    *,
    guard: Guard | None = None,
    record: Recorder = record,
) -> None:
    """Register all methods of a service on an async server.

    Args:
        server: a ``grpc.aio.server()``.
        service: the methods with what serves them.
        settings: what surrounds the handlers.
        guard: what is put around each method, or None.
        record: logs the end of a call.

    Raises:
        TypeError: the server is not a ``grpc.aio`` one, or a handler is not of its method's form.
    """
    if isinstance(server, grpc.Server):
        raise TypeError(
            f"{service.service} is async: register it on a grpc.aio.server(), not on a grpc.server()"
        )
    if isinstance(service, SyncServiceBinding):
        raise TypeError(
            f"{service.service} is sync and would block the event loop: register it on a grpc.server()"
        )
    for binding in service.methods:
        check_form(binding)
    chains = (Chain(binding, settings, record) for binding in service.methods)
    register(server, service, chains, guard)


def check_form(binding: Binding) -> None:
    """Refuse handlers that cannot work, before the first call.

    Raises:
        TypeError: a plain method where a coroutine is needed, or a generator where one message is.
    """
    handler, name = inspect.unwrap(binding.handler), binding.method.full_name
    streams = binding.method.kind in (CallKind.UNARY_STREAM, CallKind.STREAM_STREAM)
    if inspect.isgeneratorfunction(handler):
        raise TypeError(
            f"{name}: the handler is a plain generator and would block the event loop; use async def"
        )
    if streams or not inspect.isroutine(handler):
        return
    if inspect.isasyncgenfunction(handler):
        raise TypeError(
            f"{name} returns one message: its handler must return it, not yield"
        )
    if not inspect.iscoroutinefunction(handler) and handler is binding.handler:
        raise TypeError(
            f"{name}: the handler is a plain method and would block the event loop; use async def"
        )


class Chain(Steps):
    """The chain of one method, put together once."""

    def __init__(self, binding: Binding, settings: Settings, record: Recorder) -> None:
        super().__init__(
            binding, validate=settings.validate, access_log=settings.access_log
        )
        self._authenticate = settings.authenticate
        self._record = record

    async def unary_unary(self, data: bytes, raw: Any) -> bytes:
        """Serve one request with one response."""
        started = perf_counter()
        context = GrpcContext(raw, self._method)
        try:
            request = self._read(data)
            if self._authenticate is not None:
                context.identity = await self._authenticate(context)
            if self._check is not None:
                self._check(request)
            response = self._write(await self._handler(request, context))
        except BaseException as error:
            await self._fail(error, context, started)
            raise
        self._succeed(context, started)
        return response

    async def unary_stream(self, data: bytes, raw: Any) -> None:
        """Serve one request with a stream of responses."""
        started = perf_counter()
        context = GrpcContext(raw, self._method)
        try:
            request = self._read(data)
            if self._authenticate is not None:
                context.identity = await self._authenticate(context)
            if self._check is not None:
                self._check(request)
            await self._send(self._handler(request, context), raw)
        except BaseException as error:
            await self._fail(error, context, started)
            raise
        self._succeed(context, started)

    async def stream_unary(self, requests: AsyncIterator[bytes], raw: Any) -> bytes:
        """Serve a stream of requests with one response."""
        started = perf_counter()
        context = GrpcContext(raw, self._method)
        try:
            if self._authenticate is not None:
                context.identity = await self._authenticate(context)
            response = self._write(
                await self._handler(Requests(requests, self._prepare), context)
            )
        except BaseException as error:
            await self._fail(error, context, started)
            raise
        self._succeed(context, started)
        return response

    async def stream_stream(self, requests: AsyncIterator[bytes], raw: Any) -> None:
        """Serve a stream of requests with a stream of responses."""
        started = perf_counter()
        context = GrpcContext(raw, self._method)
        try:
            if self._authenticate is not None:
                context.identity = await self._authenticate(context)
            await self._send(
                self._handler(Requests(requests, self._prepare), context), raw
            )
        except BaseException as error:
            await self._fail(error, context, started)
            raise
        self._succeed(context, started)

    async def _send(self, responses: Any, raw: Any) -> None:
        if inspect.isawaitable(responses):
            responses = await responses
        if not hasattr(responses, "__aiter__"):
            raise HandlerError(
                f"the handler of {self._method.full_name} returned {type(responses).__name__}, not an async iterator"
            )
        iterator = responses.__aiter__()
        try:
            async for response in iterator:
                await raw.write(self._write(response))
        finally:
            # A generator that is left early must run its own cleanup now, in this task.
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()

    def _succeed(self, context: GrpcContext, started: float) -> None:
        context.end()
        if context.has_trailing:
            context.raw.set_trailing_metadata(context.trailing_metadata)
        if self._log:
            # Not always OK: a handler may set a code on the raw context and return.
            self._record(context, raw_code(context.raw), started)

    async def _fail(
        self, error: BaseException, context: GrpcContext, started: float
    ) -> None:
        """Abort the call with what the error maps to, or return where it must be raised again."""
        context.end()
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # The caller went away, the deadline passed, or the server stops.
                if self._log:
                    self._record(context, StatusCode.CANCELLED, started)
                return
        elif not isinstance(error, Exception):
            return
        elif isinstance(error, AbortError):
            if self._log:
                self._record(context, raw_code(context.raw), started)
            return
        found = failure(error, context, self._method)
        if self._log:
            self._record(context, found.code, started, found.message)
        try:
            await context.raw.abort(
                GRPC_CODES[found.code], found.message, found.trailing
            )
        except UsageError:
            # The handler aborted through the raw context, caught that and failed in another way.
            # grpcio insists on the exception object of the abort itself.
            raise first_abort(error) from None


class Requests:
    """The requests of a stream, decoded and checked one by one as the handler asks for them."""

    __slots__ = ("_next", "_prepare", "_requests")

    def __init__(
        self, requests: AsyncIterator[bytes], prepare: Callable[[bytes], Any]
    ) -> None:
        # Asked for its iterator when the handler asks: Python warns of one that is made and not used.
        self._requests = requests
        self._next: Callable[[], Awaitable[bytes]] = self._first
        self._prepare = prepare

    def __aiter__(self) -> Requests:
        return self

    async def __anext__(self) -> Any:
        return self._prepare(await self._next())

    async def _first(self) -> bytes:
        self._next = self._requests.__aiter__().__anext__
        return await self._next()


def raw_code(raw: Any) -> StatusCode:
    """The code that a handler has set or aborted with itself."""
    code = raw.code()
    if not code:
        return StatusCode.OK
    return StatusCode(code.value[0] if hasattr(code, "value") else code)


def first_abort(error: BaseException) -> BaseException:
    """The AbortError in the history of an exception, or the exception where there is none."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, AbortError):
        found = found.__cause__ or found.__context__
    return error if found is None else found
