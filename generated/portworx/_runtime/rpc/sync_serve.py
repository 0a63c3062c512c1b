"""``serve_sync(...)``: a process that serves sync services until it is told to stop, or several of them."""

# pyright: reportUnknownVariableType=false

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue

from .base import SyncServiceBase
from .process import SIGNALS, in_workers, tune_collector
from .sync_server import SyncConfig, SyncGrpcServer

SyncService = SyncServiceBase[object] | Callable[[], SyncServiceBase[object]]
"""An implementation, or a function that makes one: with several processes, one in each."""


def serve_sync(
    *services: SyncService,
    config: SyncConfig | None = None,
    workers: int = 1,
    started: Callable[[SyncGrpcServer], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain and return. For ``main``.

    Args:
        services: implementations, or functions that make them; with several workers only functions.
        config: how it runs; the defaults where None.
        workers: processes that share the port (SO_REUSEPORT, Linux); each has its own interpreter.
        started: called in each process once it listens.

    Raises:
        OSError: the address is in use or not ours.
        TlsError: the certificates cannot be used.
        ValueError: several workers on a unix socket, on a free port for HTTP, or with implementations made
            before the fork.
        ChildProcessError: a worker ended by itself; the others have been stopped.
    """
    config = config or SyncConfig()
    if workers <= 1:
        _run(services, config, started, shared_port=False)
        return
    in_workers(
        lambda address: _run(
            services, replace(config, address=address), started, shared_port=True
        ),
        workers,
        config,
        services,
        SyncServiceBase,
    )


def _run(
    services: tuple[SyncService, ...],
    config: SyncConfig,
    started: Callable[[SyncGrpcServer], None] | None,
    *,
    shared_port: bool,
) -> None:
    # A queue may be filled in a signal handler whatever the main thread holds; an Event may not.
    stop: SimpleQueue[int] = SimpleQueue()
    made = [_make(service) for service in services]
    server = SyncGrpcServer(made, config, shared_port=shared_port)
    tune_collector()
    previous = {
        number: signal.signal(number, lambda number, _frame: stop.put(number))
        for number in SIGNALS
    }
    try:
        with server:
            if started is not None:
                started(server)
            _wait(stop)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _wait(stop: SimpleQueue[int]) -> None:
    """Return when a signal has come.

    Python runs its handler in this thread only, and nothing wakes this one up where the system gave the
    signal to another thread, or just before this one fell asleep: so it looks once a second.
    """
    while True:
        with suppress(Empty):
            stop.get(timeout=1.0)
            return


def _make(service: SyncService) -> SyncServiceBase[object]:
    if isinstance(service, SyncServiceBase):
        return service
    return service()
