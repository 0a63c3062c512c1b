"""The health service of a sync server: streams of those who watch take no thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from typing import Any

from ..errors import DecodeError
from .border import SyncServer, grpc
from .context import CallContext
from .failure import malformed
from .health import (
    CHECK,
    DRAINING,
    LIST,
    SERVICE,
    WATCH,
    HealthCheckRequest,
    HealthCheckResponse,
    HealthListRequest,
    HealthListResponse,
    ServingStatus,
    Statuses,
)
from .method import Binding, SyncServiceBinding
from .sync_chain import SyncSettings, add_sync_service

Send = Callable[[bytes | None], Any]
"""Sends a message, or ends the stream."""

_PLAIN = SyncSettings(access_log=False, validate=False)


class SyncHealth(Statuses):
    """The statuses of a sync server, and the handlers that tell them."""

    def __init__(self, services: Iterable[str]) -> None:
        """Make all services, and the server as a whole, SERVING."""
        super().__init__(services)
        self._lock = Lock()
        self._watchers: set[_Watcher] = set()
        # Probes are answered while all threads of the server are busy. And one thread sends to all who
        # watch, holding no lock: a message waits for the thread of grpcio that also ends streams.
        self._threads = ThreadPoolExecutor(2, "health")
        self._teller = ThreadPoolExecutor(1, "health-watch")

    def add_to(self, server: SyncServer) -> None:
        """Serve on a ``grpc.server()``."""
        methods = (Binding(CHECK, self.check), Binding(LIST, self.list))
        binding = SyncServiceBinding(SERVICE, object, methods)
        add_sync_service(server, binding, _PLAIN, threads=self._threads)
        watch = grpc.unary_stream_rpc_method_handler(_Watch(self))
        handlers = grpc.method_handlers_generic_handler(SERVICE, {WATCH.name: watch})
        server.add_generic_rpc_handlers((handlers,))

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False)
        self._teller.shutdown(wait=False, cancel_futures=True)

    def check(
        self, request: HealthCheckRequest, _context: CallContext
    ) -> HealthCheckResponse:
        """The status of one service now.

        Raises:
            NotFound: there is no such service.
        """
        return self._checked(request)

    def list(
        self, _request: HealthListRequest, _context: CallContext
    ) -> HealthListResponse:
        """The status of every service now."""
        return self._listed()

    def watch(self, service: str, raw: Any, send: Send) -> None:
        """Send the status of one service now and whenever it changes, until the call or the server ends."""
        watcher = _Watcher(service, raw, send)

        def forget() -> None:
            with self._lock:
                self._watchers.discard(watcher)

        with self._lock:
            self._watchers.add(watcher)
        if not raw.add_callback(forget):
            forget()
        self._tell(watcher)

    def _notify(self) -> None:
        with self._lock:
            watchers = tuple(self._watchers)
        for watcher in watchers:
            self._tell(watcher)

    def _tell(self, watcher: _Watcher) -> None:
        self._teller.submit(
            lambda: watcher.tell(self._watched(watcher.service), last=self._draining)
        )


class _Watcher:
    """One stream of Watch; used by the one thread that tells."""

    def __init__(self, service: str, raw: Any, send: Send) -> None:
        self.service = service
        self._raw = raw
        self._send = send
        self._told: ServingStatus | None = None
        self._ended = False

    def tell(self, status: ServingStatus, *, last: bool) -> None:
        """Send a status where it is news, and end the stream with the last one."""
        if self._ended:
            return
        if status is not self._told:
            self._told = status
            self._send(HealthCheckResponse(status).to_bytes())
        if last:
            # A stream that stays open would hold up the drain until its grace is over.
            self._ended = True
            self._raw.set_code(grpc.StatusCode.UNAVAILABLE)
            self._raw.set_details(DRAINING)
            self._send(None)


class _Watch:
    """The function of Watch for grpcio, which gives it a way to send and takes its thread back."""

    experimental_non_blocking = True

    def __init__(self, health: SyncHealth) -> None:
        self._health = health

    def __call__(
        self, data: bytes, raw: Any, send: Send | None = None
    ) -> Iterator[bytes] | None:
        try:
            service = HealthCheckRequest.from_bytes(data).service
        except DecodeError as error:
            raw.abort(grpc.StatusCode.INVALID_ARGUMENT, malformed(error, WATCH).message)
            raise
        if send is not None:
            self._health.watch(service, raw, send)
            return None
        # An interceptor stands between grpcio and this function and wants an iterator.
        told: SimpleQueue[bytes | None] = SimpleQueue()
        raw.add_callback(lambda: told.put(None))
        self._health.watch(service, raw, told.put)
        return iter(told.get, None)
