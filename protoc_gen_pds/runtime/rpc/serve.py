"""``serve(...)``: a process that serves until it is told to stop, or several of them on one port."""

# pyright: reportUnknownVariableType=false

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from importlib import import_module

from .base import ServiceBase
from .process import SIGNALS, in_workers, tune_collector
from .server import Config, GrpcServer

Service = ServiceBase[object] | Callable[[], ServiceBase[object]]
"""An implementation, or a function that makes one: with several processes, one in each."""

Alongside = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until an event is set."""


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
        alongside: run beside the server, and awaited when it stops.

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
        alongside: functions that are given the event that ends the process, and return after it.

    Raises:
        OSError: the address is in use or not ours.
        TlsError: the certificates cannot be used.
        ValueError: several workers on a unix socket, on a free port for HTTP, or with implementations made
            before the fork.
        ImportError: uvloop is asked for and not installed.
        ChildProcessError: a worker ended by itself; the others have been stopped.
    """
    config = config or Config()
    if workers <= 1:
        _run(services, config, uvloop, started, alongside, shared_port=False)
        return
    in_workers(
        lambda address: _run(
            services,
            replace(config, address=address),
            uvloop,
            started,
            alongside,
            shared_port=True,
        ),
        workers,
        config,
        services,
        ServiceBase,
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
        tune_collector()
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in SIGNALS:
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
    except ImportError as error:
        if uvloop:
            raise ImportError(
                "uvloop=True needs the package uvloop: pip install uvloop"
            ) from error
        return None
    return factory
