"""A server of async services with health, reflection, limits and a drain."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .base import ServiceBase
from .border import aio
from .chain import DEFAULTS, Settings, add_service
from .health import SERVICE as HEALTH_SERVICE
from .health import Health
from .method import ServiceBinding
from .reflection import Reflection
from .tls import ServerTls

log = logging.getLogger("pds.rpc.server")
"""Logger of a server's start and stop, at level INFO."""

_PLAIN = Settings(access_log=False, validate=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server accepts.

    Attributes:
        receive_bytes: largest request message, in bytes.
        send_bytes: largest response message, in bytes; None for no limit (the client has its own).
        concurrent_calls: calls at the same time; more are answered RESOURCE_EXHAUSTED. None for no limit.
        connection_age: seconds after which a connection is closed, so that load balancers spread
            anew; None for no limit.
        connection_idle: seconds without a call after which a connection is closed; None for no limit.
    """

    receive_bytes: int = 4 * 1024 * 1024
    send_bytes: int | None = None
    concurrent_calls: int | None = None
    connection_age: float | None = None
    connection_idle: float | None = None


@dataclass(frozen=True, slots=True)
class Keepalive:
    """HTTP/2 pings that notice dead connections.

    Attributes:
        interval: seconds between the server's pings on an idle connection.
        timeout: seconds to wait for the answer before the connection is closed.
        client_interval: shortest interval at which clients may ping, in seconds.
        without_calls: whether pings are sent, and allowed, while there are no calls.
    """

    interval: float = 60.0
    timeout: float = 20.0
    client_interval: float = 30.0
    without_calls: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """How a server runs.

    Attributes:
        address: ``host:port`` or ``unix:path``; port 0 takes a free one.
        settings: what surrounds the handlers.
        tls: certificates; None for plain text.
        health: whether grpc.health.v1 is served.
        reflection: whether reflection is served, v1 and v1alpha.
        channelz: whether channelz is served; needs the package grpcio-channelz.
        grace: seconds that running calls get when the server stops.
        drain_delay: seconds between NOT_SERVING and the refusal of new calls, for load balancers that
            poll the health service.
        limits: sizes and numbers.
        keepalive: pings.
        interceptors: server interceptors of ``grpc.aio``, such as OpenTelemetry's.
        options: further channel arguments; they win over those made here.
    """

    address: str = "127.0.0.1:50051"
    settings: Settings = DEFAULTS
    tls: ServerTls | None = None
    health: bool = True
    reflection: bool = True
    channelz: bool = False
    grace: float = 30.0
    drain_delay: float = 0.0
    limits: Limits = field(default_factory=Limits)
    keepalive: Keepalive = field(default_factory=Keepalive)
    interceptors: Sequence[Any] = ()
    options: Sequence[tuple[str, Any]] = ()


class GrpcServer:
    """A running server; made by :meth:`start`, ended by :meth:`stop`.

    Attributes:
        server: the ``grpc.aio.Server``.
        health: the statuses of its services.
        port: the port that it listens on; 0 for a unix socket.
        address: what a channel connects to.
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
        """
        self._config = config
        self.server: Any = aio.server(
            interceptors=tuple(config.interceptors),
            options=_options(config, shared_port=shared_port),
            maximum_concurrent_rpcs=config.limits.concurrent_calls,
        )
        bindings = [service.binding() for service in services]
        for binding in bindings:
            add_service(self.server, binding, config.settings)
        names = [binding.service for binding in bindings]
        self.health = Health(names)
        if config.health:
            add_service(self.server, self.health.binding(), _PLAIN)
        if config.reflection:
            listed = [*names, HEALTH_SERVICE] if config.health else names
            for reflected in Reflection(listed, _files(bindings, config)).bindings():
                add_service(self.server, reflected, _PLAIN)
        if config.channelz:
            _add_channelz(self.server)
        self.port = 0
        self.address = config.address

    async def start(self) -> None:
        """Listen and serve.

        Raises:
            OSError: the address is in use or not ours.
            TlsError: the certificates cannot be used.
        """
        config = self._config
        credentials = None if config.tls is None else config.tls.credentials()
        try:
            if credentials is None:
                port = self.server.add_insecure_port(config.address)
            else:
                port = self.server.add_secure_port(config.address, credentials)
        except RuntimeError as error:
            raise OSError(
                f"cannot listen on {config.address}: the address is in use or not ours"
            ) from error
        if not config.address.startswith("unix:"):
            self.port = int(port)
            self.address = f"{config.address.rpartition(':')[0]}:{port}"
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
        await self.server.stop(self._config.grace if grace is None else grace)
        log.info("stopped serving on %s", self.address)

    async def __aenter__(self) -> GrpcServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _options(config: Config, *, shared_port: bool) -> list[tuple[str, Any]]:
    limits, keepalive = config.limits, config.keepalive
    options: dict[str, Any] = {
        # grpcio's default lets a second server take half of the calls of a port, without a word.
        "grpc.so_reuseport": int(shared_port),
        "grpc.max_receive_message_length": limits.receive_bytes,
        "grpc.max_send_message_length": -1
        if limits.send_bytes is None
        else limits.send_bytes,
        "grpc.keepalive_time_ms": _milliseconds(keepalive.interval),
        "grpc.keepalive_timeout_ms": _milliseconds(keepalive.timeout),
        "grpc.keepalive_permit_without_calls": int(keepalive.without_calls),
        "grpc.http2.min_ping_interval_without_data_ms": _milliseconds(
            keepalive.client_interval
        ),
    }
    if limits.connection_age is not None:
        options["grpc.max_connection_age_ms"] = _milliseconds(limits.connection_age)
        options["grpc.max_connection_age_grace_ms"] = _milliseconds(config.grace)
    if limits.connection_idle is not None:
        options["grpc.max_connection_idle_ms"] = _milliseconds(limits.connection_idle)
    return list({**options, **dict(config.options)}.items())


def _files(bindings: Iterable[ServiceBinding], config: Config) -> Iterator[bytes]:
    from .well_known_files import files

    for binding in bindings:
        package = binding.base.__module__.rpartition(".")[0]
        yield from importlib.import_module(f"{package}.descriptors").FILES
    yield from files()


def _add_channelz(server: Any) -> None:
    try:
        channelz = importlib.import_module("grpc_channelz.v1.channelz")
    except ImportError as error:
        raise ImportError(
            "channelz needs the package grpcio-channelz: pip install grpcio-channelz"
        ) from error
    channelz.add_channelz_servicer(server)
