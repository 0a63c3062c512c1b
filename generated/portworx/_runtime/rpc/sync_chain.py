"""The chain of a sync server: the steps of the async one, on the threads of a ``grpc.server()``.

grpcio sees plain functions from bytes to bytes. What a handler raises never reaches its own mapping of
exceptions, which would send their text to the caller, nor its threads, where a SystemExit would leave
the caller waiting for ever.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from .access import record
from .border import SyncRpcError, SyncServer, aio, grpc
from .context import CallContext, SyncGrpcContext
from .failure import HandlerError, failure
from .method import Binding, CallKind, ServiceBinding, SyncServiceBinding
from .status import StatusCode
from .steps import GRPC_CODES, Guard, Steps, register

SyncAuthenticate = Callable[[CallContext], Any]
"""Who is calling: returns an identity for ``context.identity``, or raises Unauthenticated."""


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """What surrounds the handlers of a sync service.

    Attributes:
        authenticate: called before each handler, or None; a plain function.
        validate: whether requests are checked against their rules.
        access_log: whether each call is logged when it ends (logger ``pds.rpc.access``, level INFO).
    """

    authenticate: SyncAuthenticate | None = None
    validate: bool = True
    access_log: bool = True


SYNC_DEFAULTS = SyncSettings()


def add_sync_service(
    server: SyncServer,
    service: SyncServiceBinding,
    settings: SyncSettings = SYNC_DEFAULTS,
    *,
    threads: ThreadPoolExecutor | None = None,
    guard: Guard | None = None,
) -> None:
    """Register all methods of a service on a sync server.

    Args:
        server: a ``grpc.server()``.
        service: the methods with what serves them.
        settings: what surrounds the handlers.
        threads: those that run the handlers, or None for those of the server.
        guard: what is put around each method, or None.

    Raises:
        TypeError: the server is a ``grpc.aio`` one, a handler is not of its method's form, or the
            authentication is a coroutine function.
    """
    if isinstance(server, aio.Server):
        raise TypeError(
            f"{service.service} is sync and would block the event loop: register it on a grpc.server()"
        )
    if isinstance(service, ServiceBinding):
        raise TypeError(
            f"{service.service} is async: register it on a grpc.aio.server(), not on a grpc.server()"
        )
    check_sync_settings(settings, service.service)
    for binding in service.methods:
        check_sync_form(binding)
    chains = (SyncChain(binding, settings, threads) for binding in service.methods)
    register(server, service, chains, guard)


def check_sync_settings(settings: SyncSettings, name: str) -> None:
    """Refuse settings that cannot work, before the first call.

    Raises:
        TypeError: the authentication is a coroutine function.
    """
    if inspect.iscoroutinefunction(settings.authenticate):
        raise TypeError(
            f"{name}: authenticate is a coroutine function, and a sync server would take"
            " the coroutine for an identity; use def"
        )


def check_sync_form(binding: Binding) -> None:
    """Refuse handlers that cannot work, before the first call.

    Raises:
        TypeError: a coroutine function or an async generator, or a generator where one message is due.
    """
    handler, name = binding.handler, binding.method.full_name
    if inspect.iscoroutinefunction(handler) or inspect.isasyncgenfunction(handler):
        raise TypeError(
            f"{name}: the handler is async and nothing would run it on a sync server; use def"
        )
    streams = binding.method.kind in (CallKind.UNARY_STREAM, CallKind.STREAM_STREAM)
    if not streams and inspect.isgeneratorfunction(handler):
        raise TypeError(
            f"{name} returns one message: its handler must return it, not yield"
        )


class SyncChain(Steps):
    """The chain of one method, put together once."""

    def __init__(
        self,
        binding: Binding,
        settings: SyncSettings,
        threads: ThreadPoolExecutor | None,
    ) -> None:
        super().__init__(
            binding, validate=settings.validate, access_log=settings.access_log
        )
        self._authenticate = settings.authenticate
        self._threads = threads

    def _serving(self) -> Callable[..., Any]:
        serve = super()._serving()
        return serve if self._threads is None else _OnOtherThreads(serve, self._threads)

    def unary_unary(self, data: bytes, raw: Any) -> bytes:
        """Serve one request with one response."""
        started = perf_counter()
        context = SyncGrpcContext(raw, self._method)
        try:
            request = self._admit_request(data, context)
            response = self._write(plain(self._handler(request, context)))
        except BaseException as error:
            self._fail(error, context, started)
            return b""
        self._succeed(context, started)
        return response

    def unary_stream(self, data: bytes, raw: Any) -> Iterator[bytes]:
        """Serve one request with a stream of responses."""
        started = perf_counter()
        context = SyncGrpcContext(raw, self._method)
        try:
            request = self._admit_request(data, context)
            yield from self._send(self._handler(request, context))
        except BaseException as error:
            self._fail(error, context, started)
            return
        self._succeed(context, started)

    def stream_unary(self, requests: Iterator[bytes], raw: Any) -> bytes:
        """Serve a stream of requests with one response."""
        started = perf_counter()
        context = SyncGrpcContext(raw, self._method)
        try:
            self._admit(context)
            handled = self._handler(map(self._prepare, requests), context)
            response = self._write(plain(handled))
        except BaseException as error:
            self._fail(error, context, started)
            return b""
        self._succeed(context, started)
        return response

    def stream_stream(self, requests: Iterator[bytes], raw: Any) -> Iterator[bytes]:
        """Serve a stream of requests with a stream of responses."""
        started = perf_counter()
        context = SyncGrpcContext(raw, self._method)
        try:
            self._admit(context)
            yield from self._send(self._handler(map(self._prepare, requests), context))
        except BaseException as error:
            self._fail(error, context, started)
            return
        self._succeed(context, started)

    def _admit(self, context: SyncGrpcContext) -> None:
        if self._authenticate is not None:
            context.identity = plain(self._authenticate(context))

    def _admit_request(self, data: bytes, context: SyncGrpcContext) -> Any:
        request = self._read(data)
        self._admit(context)
        if self._check is not None:
            self._check(request)
        return request

    def _send(self, responses: Any) -> Iterator[bytes]:
        if not hasattr(plain(responses), "__iter__"):
            raise HandlerError(
                f"the handler of {self._method.full_name} returned {type(responses).__name__}, not an iterator"
            )
        iterator = iter(responses)
        try:
            for response in iterator:
                yield self._write(response)
        finally:
            # A generator that is left early must run its own cleanup now, in this thread.
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    def _succeed(self, context: SyncGrpcContext, started: float) -> None:
        if context.has_trailing:
            context.raw.set_trailing_metadata(context.trailing_metadata)
        if self._log:
            code = (
                _own_code(context.raw) if context.is_active() else StatusCode.CANCELLED
            )
            record(context, code, started)

    def _fail(
        self, error: BaseException, context: SyncGrpcContext, started: float
    ) -> None:
        """Abort the call with what the error maps to, or return where nobody waits for an answer."""
        raw = context.raw
        if isinstance(error, GeneratorExit) or not context.is_active():
            # The caller went away, the deadline passed, or the server stops. grpcio tells a handler by
            # an error of its own in the stream of requests; another one is worth a line in the log.
            if not isinstance(error, (GeneratorExit, SyncRpcError)):
                failure(error, context, self._method)
            if self._log:
                record(context, StatusCode.CANCELLED, started)
            return
        if _is_abort(error, raw):
            if self._log:
                record(context, _own_code(raw), started)
            raise error
        found = failure(error, context, self._method)
        if self._log:
            record(context, found.code, started, found.message)
        raw.set_trailing_metadata(found.trailing)
        raw.abort(GRPC_CODES[found.code], found.message)


class _OnOtherThreads:
    """A function that grpcio runs on other threads than the server's."""

    def __init__(self, serve: Callable[..., Any], threads: ThreadPoolExecutor) -> None:
        self._serve = serve
        self.experimental_thread_pool = threads

    def __call__(self, request: Any, raw: Any) -> Any:
        return self._serve(request, raw)


def plain(result: Any) -> Any:
    """What a handler or the authentication returned, unless it is a coroutine that nothing would run."""
    if inspect.iscoroutine(result):
        result.close()
        raise HandlerError(
            f"{result.__qualname__} is async: a sync server does not run it"
        )
    return result


def _own_code(raw: Any) -> StatusCode:
    """The code that a handler has set or aborted with itself; OK where it has not."""
    code = raw.code()
    if code is None:
        return StatusCode.OK
    known = isinstance(code, grpc.StatusCode)
    return StatusCode(code.value[0]) if known else StatusCode.UNKNOWN


def _is_abort(error: BaseException, raw: Any) -> bool:
    """Whether an exception is that of the raw context's ``abort``, which has no type of its own."""
    return type(error) is Exception and not error.args and raw.code() is not None
