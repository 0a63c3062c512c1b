"""A server and its client in one test: ``async with running(MyService()) as client``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import import_module
from typing import TypeVar

from .base import ServiceBase
from .border import aio
from .server import Config, GrpcServer

C = TypeVar("C")


@asynccontextmanager
async def running(
    service: ServiceBase[C], *, config: Config | None = None
) -> AsyncGenerator[C, None]:
    """Serve an implementation on a free port of the loopback address and connect to it.

    Args:
        service: the implementation.
        config: how it runs; its address is not used.

    Yields:
        The service's async client.
    """
    binding = service.binding()
    package, name = binding.base.__module__.rpartition(".")[0], binding.base.__name__
    client: type[C] = getattr(
        import_module(f"{package}.client"), f"{name.removesuffix('Base')}Client"
    )
    async with (
        serving(service, config=config) as server,
        aio.insecure_channel(server.address) as channel,
    ):
        make: type = client
        yield make(channel)


@asynccontextmanager
async def serving(
    *services: ServiceBase[object], config: Config | None = None
) -> AsyncGenerator[GrpcServer, None]:
    """Serve implementations on a free port of the loopback address.

    Args:
        services: the implementations.
        config: how it runs; its address is not used.

    Yields:
        The server, with its ``address``.
    """
    config = replace(config or Config(grace=1.0), address="127.0.0.1:0", tls=None)
    async with GrpcServer(services, config) as server:
        yield server
