"""How a server runs, whatever its flavour: limits, pings, TLS, and what gRPC's core is told of them."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .method import BoundService
from .tls import ServerTls

log = logging.getLogger("pds.rpc.server")
"""Logger of a server's start and stop, at level INFO."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server accepts.

    Attributes:
        receive_bytes: largest request message, in bytes.
        send_bytes: largest response message, in bytes; None for no limit (the client has its own).
        concurrent_calls: calls at the same time; more are answered RESOURCE_EXHAUSTED. None for no limit.
        connection_age: seconds, more or less a tenth, after which clients are told to leave a connection,
            so that load balancers spread anew; None for no limit.
        connection_age_grace: seconds that calls have from then on to end on it; None for as long as they
            need. Calls that take longer fail with UNAVAILABLE, and their handlers are cancelled.
        connection_idle: seconds without a call after which a connection is closed; None for no limit.
    """

    receive_bytes: int = 4 * 1024 * 1024
    send_bytes: int | None = None
    concurrent_calls: int | None = None
    connection_age: float | None = None
    connection_age_grace: float | None = None
    connection_idle: float | None = None


@dataclass(frozen=True, slots=True)
class Keepalive:
    """HTTP/2 pings that notice dead connections.

    Attributes:
        interval: seconds between the server's pings on an idle connection.
        timeout: seconds to wait for the answer before the connection is closed and its calls are cancelled.
        client_interval: shortest interval at which clients may ping, in seconds.
        without_calls: whether pings are sent, and allowed, while there are no calls.
    """

    interval: float = 60.0
    timeout: float = 20.0
    client_interval: float = 30.0
    without_calls: bool = True


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """How a server runs.

    Attributes:
        address: ``host:port`` or ``unix:path``; port 0 takes a free one.
        http: ``host:port`` of HTTP and JSON, for the methods with google.api.http rules; None for gRPC
            alone. Needs the package uvicorn.
        tls: certificates, for both; None for plain text.
        health: whether grpc.health.v1 is served.
        reflection: whether reflection is served, v1 and v1alpha.
        channelz: whether channelz is served; needs the package grpcio-channelz.
        grace: seconds that running calls get when the server stops, on either port.
        settle: seconds of the grace in which running calls may end before clients are told to go away;
            new ones are refused meanwhile. Answers of calls that run longer are sent, but a client that
            is slow to read them may lose them.
        drain_delay: seconds between NOT_SERVING and the refusal of new calls, for load balancers that
            poll the health service.
        limits: sizes and numbers; those of calls and of requests hold for HTTP too, which counts by itself.
        keepalive: pings.
        interceptors: server interceptors of ``grpc.aio`` or of ``grpc``, as the server is async or
            sync, such as OpenTelemetry's.
        options: further channel arguments; they win over those made here.
    """

    address: str = "127.0.0.1:50051"
    http: str | None = None
    tls: ServerTls | None = None
    health: bool = True
    reflection: bool = True
    channelz: bool = False
    grace: float = 30.0
    settle: float = 5.0
    drain_delay: float = 0.0
    limits: Limits = field(default_factory=Limits)
    keepalive: Keepalive = field(default_factory=Keepalive)
    interceptors: Sequence[Any] = ()
    options: Sequence[tuple[str, Any]] = ()


def listen(server: Any, config: BaseConfig) -> tuple[int, str]:
    """Bind a server to its address; the port, 0 for a unix socket, and what a channel connects to.

    Raises:
        OSError: the address is in use or not ours.
        TlsError: the certificates cannot be used.
    """
    address = config.address
    credentials = None if config.tls is None else config.tls.credentials()
    try:
        if credentials is None:
            port = int(server.add_insecure_port(address))
        else:
            port = int(server.add_secure_port(address, credentials))
    except RuntimeError as error:
        raise OSError(
            f"cannot listen on {address}: the address is in use or not ours"
        ) from error
    if address.startswith("unix:"):
        return 0, address
    return port, f"{address.rpartition(':')[0]}:{port}"


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def ping_options(
    interval: float, timeout: float, without_calls: bool
) -> dict[str, int]:
    """The arguments of gRPC's core for the pings of either side."""
    return {
        "grpc.keepalive_time_ms": _milliseconds(interval),
        "grpc.keepalive_timeout_ms": _milliseconds(timeout),
        # Without this one the core waits for a whole minute, whatever the one above says.
        "grpc.http2.ping_timeout_ms": _milliseconds(timeout),
        "grpc.keepalive_permit_without_calls": int(without_calls),
    }


def channel_options(config: BaseConfig, *, shared_port: bool) -> list[tuple[str, Any]]:
    """The arguments of gRPC's core for a server."""
    limits, keepalive = config.limits, config.keepalive
    options: dict[str, Any] = {
        # grpcio's default lets a second server take half of the calls of a port, without a word.
        "grpc.so_reuseport": int(shared_port),
        "grpc.max_receive_message_length": limits.receive_bytes,
        "grpc.max_send_message_length": -1
        if limits.send_bytes is None
        else limits.send_bytes,
        **ping_options(keepalive.interval, keepalive.timeout, keepalive.without_calls),
        "grpc.http2.min_ping_interval_without_data_ms": _milliseconds(
            keepalive.client_interval
        ),
    }
    if limits.connection_age is not None:
        options["grpc.max_connection_age_ms"] = _milliseconds(limits.connection_age)
    if limits.connection_age_grace is not None:
        options["grpc.max_connection_age_grace_ms"] = _milliseconds(
            limits.connection_age_grace
        )
    if limits.connection_idle is not None:
        options["grpc.max_connection_idle_ms"] = _milliseconds(limits.connection_idle)
    return list({**options, **dict(config.options)}.items())


def descriptor_files(services: Iterable[BoundService]) -> Iterator[bytes]:
    """Serialized descriptors of services and of all that they import, for reflection."""
    from . import service_files, well_known_files

    for service in services:
        package = service.base.__module__.rpartition(".")[0]
        yield from importlib.import_module(f"{package}.descriptors").FILES
    yield from service_files.files()
    yield from well_known_files.files()


def add_channelz(server: Any) -> None:
    """Serve channelz.

    Raises:
        ImportError: the package grpcio-channelz is not installed.
    """
    try:
        channelz = importlib.import_module("grpc_channelz.v1.channelz")
    except ImportError as error:
        raise ImportError(
            "channelz needs the package grpcio-channelz: pip install grpcio-channelz"
        ) from error
    channelz.add_channelz_servicer(server)
