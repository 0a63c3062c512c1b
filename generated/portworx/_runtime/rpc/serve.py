"""``serve(...)``: a process that serves until it is told to stop, or several of them on one port."""

# pyright: reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from importlib import import_module

from .base import ServiceBase
from .server import Config, GrpcServer, log

Service = ServiceBase[object] | Callable[[], ServiceBase[object]]
"""An implementation, or a function that makes one: with several processes, one in each."""

Alongside = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until an event is set."""

_GC_THRESHOLDS = (20_000, 10, 10)
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def serve_until(
    stop: asyncio.Event,
    *services: Service,
    config: Config | None = None,
    shared_port: bool = False,
    started: Callable[[GrpcServer], None] | None = None,
    alongside: Sequence[Alongside] = (),
) -> None:
    """Serve in a loop that is running already, until an event is set; then drain.

    Args:
        stop: when set, the server drains.
        services: implementations, or functions that make them.
        config: how it runs; the defaults where None.
        shared_port: whether other processes listen on the same port.
        started: called once the server listens.
        alongside: run beside the server, such as an HTTP server, and awaited when it stops.

    Raises:
        OSError: the address is in use or not ours.
        TlsError: the certificates cannot be used.
    """
    made = [_make(service) for service in services]
    server = GrpcServer(made, config or Config(), shared_port=shared_port)
    await server.start()
    if started is not None:
        started(server)
    others = [asyncio.ensure_future(other(stop)) for other in alongside]
    waiting = asyncio.ensure_future(stop.wait())
    try:
        # One that fails ends the process; one that ends by itself does not.
        await asyncio.wait((waiting, *others), return_when=asyncio.FIRST_EXCEPTION)
    finally:
        stop.set()
        await asyncio.gather(server.stop(), *others)


def _make(service: Service) -> ServiceBase[object]:
    if isinstance(service, ServiceBase):
        return service
    return service()


def serve(
    *services: Service,
    config: Config | None = None,
    workers: int = 1,
    uvloop: bool | None = None,
    started: Callable[[GrpcServer], None] | None = None,
    alongside: Sequence[Alongside] = (),
) -> None:
    """Serve until SIGTERM or SIGINT, then drain and return. For ``main``.

    Args:
        services: implementations, or functions that make them; with several workers only functions.
        config: how it runs; the defaults where None.
        workers: processes that share the port (SO_REUSEPORT, Linux); each has its own interpreter.
        uvloop: whether uvloop runs the event loop; None where it is installed.
        started: called in each process once it listens.
        alongside: functions that are given the event that ends the process, and return after it;
            such as :func:`.http.serve_http`.

    Raises:
        OSError: the address is in use or not ours.
        TlsError: the certificates cannot be used.
        ValueError: several workers on a unix socket, or with implementations made before the fork.
        ChildProcessError: a worker ended by itself; the others have been stopped.
    """
    config = config or Config()
    if workers <= 1:
        _run(services, config, uvloop, started, alongside, shared_port=False)
        return
    if config.address.startswith("unix:"):
        raise ValueError("several workers need a TCP address")
    if any(isinstance(service, ServiceBase) for service in services):
        raise ValueError(
            "with several workers pass functions that make the services, not the services"
        )
    with _reserved(config.address) as address:
        _supervise(
            lambda: _run(
                services,
                replace(config, address=address.name),
                uvloop,
                started,
                alongside,
                shared_port=True,
            ),
            workers,
        )


def _run(
    services: tuple[Service, ...],
    config: Config,
    uvloop: bool | None,
    started: Callable[[GrpcServer], None] | None,
    alongside: Sequence[Alongside],
    *,
    shared_port: bool,
) -> None:
    async def main() -> None:
        # What start-up has made stays: the garbage collector need not look at it again and again. And
        # one response of some size makes more objects than the 700 after which it looks by default.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, stop.set)
        await serve_until(
            stop,
            *services,
            config=config,
            shared_port=shared_port,
            started=started,
            alongside=alongside,
        )

    with asyncio.Runner(loop_factory=_loop_factory(uvloop)) as runner:
        runner.run(main())


def _loop_factory(
    uvloop: bool | None,
) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if uvloop is False:
        return None
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = import_module(
            "uvloop"
        ).new_event_loop
    except ImportError:
        if uvloop:
            raise
        return None
    return factory


class _reserved:
    """A bound socket that does not listen: it keeps the port while workers come and go."""

    def __init__(self, address: str) -> None:
        self._host, _, port = address.rpartition(":")
        family = socket.AF_INET6 if self._host.startswith("[") else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._port = int(port)
        self.name = address

    def __enter__(self) -> _reserved:
        self._socket.bind((self._host.strip("[]"), self._port))
        self.name = f"{self._host}:{self._socket.getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _supervise(work: Callable[[], None], workers: int) -> None:
    """Fork workers, pass signals on to them, and wait for all of them."""
    stopping = False
    pids: set[int] = set()

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in pids:
            os.kill(pid, signal.SIGTERM)

    previous = {number: signal.signal(number, stop) for number in _SIGNALS}
    failed = 0
    try:
        for _ in range(workers):
            pid = os.fork()
            if pid == 0:
                _child(work)
            pids.add(pid)
        while pids:
            pid, status = os.wait()
            pids.discard(pid)
            if not stopping or status:
                failed += 1
                log.error(
                    "worker %d ended with status %d",
                    pid,
                    os.waitstatus_to_exitcode(status),
                )
                stop()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if failed:
        raise ChildProcessError(f"{failed} of {workers} workers failed; see the log")


def _child(work: Callable[[], None]) -> None:
    status = 1
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        work()
        status = 0
    except BaseException:
        log.exception("worker failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
