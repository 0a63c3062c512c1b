"""A server and its client in one test: ``async with running(MyService()) as client``; ``running_sync`` for sync ones."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any, TypeVar

from .base import ServiceBase, SyncServiceBase
from .border import aio, grpc
from .config import BaseConfig
from .method import BoundService
from .server import Config, GrpcServer
from .sync_server import SyncConfig, SyncGrpcServer

C = TypeVar("C")
R = TypeVar("R", bound=BaseConfig)


@asynccontextmanager
async def running(
    service: ServiceBase[C], *, config: Config | None = None
) -> AsyncGenerator[C, None]:
    """Serve an implementation on a free port of the loopback address and connect to it.

    Args:
        service: the implementation.
        config: how it runs; its address is not used, and HTTP has a free port too where it is asked for.

    Yields:
        The service's async client.
    """
    client = _client(service.binding())
    async with (
        serving(service, config=config) as server,
        aio.insecure_channel(server.address) as channel,
    ):
        yield client(channel)


@asynccontextmanager
async def serving(
    *services: ServiceBase[object], config: Config | None = None
) -> AsyncGenerator[GrpcServer, None]:
    """Serve implementations on a free port of the loopback address.

    Args:
        services: the implementations.
        config: how it runs; its address is not used, and HTTP has a free port too where it is asked for.
            The line of a call is in the access log when the caller has its answer.

    Yields:
        The server, with its ``address``.
    """
    config = _local(config or Config(grace=1.0))
    settings = replace(config.settings, access_log_delay=0.0)
    async with GrpcServer(services, replace(config, settings=settings)) as server:
        yield server


@contextmanager
def running_sync(
    service: SyncServiceBase[C], *, config: SyncConfig | None = None
) -> Generator[C, None, None]:
    """Serve a sync implementation on a free port of the loopback address and connect to it.

    Args:
        service: the implementation.
        config: how it runs; its address is not used, and HTTP has a free port too where it is asked for.

    Yields:
        The service's sync client.
    """
    client = _client(service.binding())
    with (
        serving_sync(service, config=config) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        yield client(channel)


@contextmanager
def serving_sync(
    *services: SyncServiceBase[object], config: SyncConfig | None = None
) -> Generator[SyncGrpcServer, None, None]:
    """Serve sync implementations on a free port of the loopback address.

    Args:
        services: the implementations.
        config: how it runs; its address is not used, and HTTP has a free port too where it is asked for.

    Yields:
        The server, with its ``address``.
    """
    config = _local(config or SyncConfig(grace=1.0))
    with SyncGrpcServer(services, config) as server:
        yield server


def _local(config: R) -> R:
    free = "127.0.0.1:0"
    return replace(config, address=free, http=config.http and free, tls=None)


def _client(service: BoundService) -> Callable[[Any], Any]:
    """The client's class for a base class: it stands beside it, in client.py."""
    package = service.base.__module__.rpartition(".")[0]
    stem, _, more = service.base.__name__.rpartition("Base")
    client: Callable[[Any], Any] = getattr(
        import_module(f"{package}.client"), f"{stem}Client{more}"
    )
    return client
