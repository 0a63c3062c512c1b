"""A server of async services with health, reflection, limits and a drain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from .access import AccessLog
from .base import ServiceBase
from .border import aio
from .chain import DEFAULTS, Settings, add_service
from .config import (
    BaseConfig,
    add_channelz,
    channel_options,
    descriptor_files,
    listen,
    log,
)
from .config import Keepalive as Keepalive
from .config import Limits as Limits
from .gate import Gate
from .health import SERVICE as HEALTH_SERVICE
from .health import Health
from .http import rest_server
from .reflection import Reflection

_PLAIN = Settings(access_log=False, validate=False)


@dataclass(frozen=True, slots=True)
class Config(BaseConfig):
    """How an async server runs.

    Attributes:
        settings: what surrounds the handlers.
    """

    settings: Settings = DEFAULTS


class GrpcServer:
    """A running server; made by :meth:`start`, ended by :meth:`stop`.

    Attributes:
        server: the ``grpc.aio.Server``.
        health: the statuses of its services.
        port: the port that it listens on; 0 for a unix socket.
        address: what a channel connects to.
        http: the server of HTTP and JSON, with its ``port`` and ``address``; None without.
    """

    def __init__(
        self,
        services: Iterable[ServiceBase[object]],
        config: Config,
        *,
        shared_port: bool = False,
    ) -> None:
        """Make a server, which does not listen yet.

        Args:
            services: the implementations.
            config: how it runs.
            shared_port: whether other processes may listen on the same port (SO_REUSEPORT).

        Raises:
            TypeError: a handler is not of its method's form.
            ImportError: a package that the configuration needs is not installed.
            ValueError: HTTP is asked for, and no method has an HTTP rule.
        """
        services = tuple(services)
        self._config = config
        self._gate = Gate()
        self._access = AccessLog(config.settings.access_log_delay)
        self.server: Any = aio.server(
            interceptors=tuple(config.interceptors),
            options=channel_options(config, shared_port=shared_port),
            maximum_concurrent_rpcs=config.limits.concurrent_calls,
        )
        bindings = [service.binding() for service in services]
        for binding in bindings:
            add_service(
                self.server,
                binding,
                config.settings,
                guard=self._gate.guard,
                record=self._access.record,
            )
        names = [binding.service for binding in bindings]
        self.health = Health(names)
        if config.health:
            add_service(self.server, self.health.binding(), _PLAIN)
        if config.reflection:
            listed = [*names, HEALTH_SERVICE] if config.health else names
            for reflected in Reflection(listed, descriptor_files(bindings)).bindings():
                add_service(self.server, reflected, _PLAIN)
        if config.channelz:
            add_channelz(self.server)
        self.http = rest_server(
            services, config, config.settings, shared_port=shared_port
        )
        self.port = 0
        self.address = config.address

    async def start(self) -> None:
        """Listen and serve.

        Raises:
            OSError: an address is in use or not ours.
            TlsError: the certificates cannot be used.
        """
        # HTTP first: gRPC's core keeps a port that it has, even if it never serves.
        if self.http is not None:
            await self.http.start()
        try:
            self.port, self.address = listen(self.server, self._config)
        except BaseException:
            if self.http is not None:
                await self.http.stop(0)
            raise
        await self.server.start()
        log.info("serving on %s", self.address)

    async def stop(self, grace: float | None = None) -> None:
        """Drain: NOT_SERVING, no new calls, and up to ``grace`` seconds for the running ones.

        Args:
            grace: seconds; None for that of the configuration.
        """
        self.health.drain()
        if self._config.drain_delay:
            await asyncio.sleep(self._config.drain_delay)
        if grace is None:
            grace = self._config.grace
        http = () if self.http is None else (self.http.stop(grace),)
        try:
            await asyncio.gather(self._stop_grpc(grace), *http)
        finally:
            self._access.close()
        log.info("stopped serving on %s", self.address)

    async def _stop_grpc(self, grace: float) -> None:
        end = monotonic() + grace
        await self._gate.close(min(self._config.settle, grace))
        await self.server.stop(max(0.0, end - monotonic()))

    async def __aenter__(self) -> GrpcServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
