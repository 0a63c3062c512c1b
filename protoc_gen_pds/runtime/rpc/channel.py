"""Channels for clients: TLS, retries, keepalive, as arguments rather than as strings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .border import OpenChannel, OpenSyncChannel, aio, grpc
from .config import ping_options
from .method import Idempotency, Method
from .status import StatusCode
from .tls import ClientTls


@dataclass(frozen=True, slots=True)
class Retry:
    """Retries by gRPC itself (github.com/grpc/proposal, A6): no code of ours runs between attempts.

    Attributes:
        methods: what may be called twice. ``idempotent`` picks out those whose .proto says so.
        attempts: calls at most, the first included; gRPC allows 5.
        initial_backoff: seconds before the second attempt, at most.
        maximum_backoff: seconds before any attempt, at most.
        multiplier: growth of the backoff.
        codes: statuses that are tried again.
    """

    methods: Sequence[Method[Any, Any]]
    attempts: int = 4
    initial_backoff: float = 0.1
    maximum_backoff: float = 2.0
    multiplier: float = 2.0
    codes: Sequence[StatusCode] = (StatusCode.UNAVAILABLE,)

    def service_config(self) -> str:
        """The service config in JSON (grpc.io/docs/guides/service-config)."""
        return json.dumps(
            {
                "methodConfig": [
                    {
                        "name": [
                            {"service": method.service, "method": method.name}
                            for method in self.methods
                        ],
                        "retryPolicy": {
                            "maxAttempts": self.attempts,
                            "initialBackoff": f"{self.initial_backoff}s",
                            "maxBackoff": f"{self.maximum_backoff}s",
                            "backoffMultiplier": self.multiplier,
                            "retryableStatusCodes": [code.name for code in self.codes],
                        },
                    }
                ]
            }
        )


@dataclass(frozen=True, slots=True)
class ClientKeepalive:
    """HTTP/2 pings that notice a dead server, or a dead path to it.

    Attributes:
        interval: seconds between pings on a connection that brings nothing; a server closes the
            connection where it is below what it allows (``Keepalive.client_interval``).
        timeout: seconds to wait for the answer before calls fail with Unavailable.
        without_calls: whether pings are sent while there are no calls; the server must allow it.
    """

    interval: float = 60.0
    timeout: float = 20.0
    without_calls: bool = False


def idempotent(*methods: Method[Any, Any]) -> list[Method[Any, Any]]:
    """Those methods that may be called twice: by ``idempotency_level``, or as an HTTP GET."""
    return [
        method
        for method in methods
        if method.idempotency is not Idempotency.UNKNOWN
        or any(rule.verb == "GET" for rule in method.http)
    ]


def open_channel(
    target: str,
    *,
    tls: ClientTls | None = None,
    retry: Retry | None = None,
    keepalive: ClientKeepalive | None = None,
    receive_bytes: int = 4 * 1024 * 1024,
    options: Sequence[tuple[str, Any]] = (),
    interceptors: Sequence[Any] = (),
) -> OpenChannel:
    """A channel for an async client; close it, or use it with ``async with``.

    Args:
        target: ``host:port``, ``unix:path`` or another name of gRPC's.
        tls: whom to trust and what to show; None for plain text.
        retry: which calls are tried again, and how.
        keepalive: pings; None for none, and a dead server is noticed when the kernel gives up.
        receive_bytes: largest response message, in bytes.
        options: further channel arguments; they win over those made here.
        interceptors: client interceptors of ``grpc.aio``.

    Raises:
        TlsError: the certificates cannot be used.
    """
    arguments = _arguments(retry, keepalive, receive_bytes, options)
    channel: OpenChannel
    if tls is None:
        channel = aio.insecure_channel(
            target, options=arguments, interceptors=interceptors
        )
    else:
        channel = aio.secure_channel(
            target, tls.credentials(), options=arguments, interceptors=interceptors
        )
    return channel


def open_sync_channel(
    target: str,
    *,
    tls: ClientTls | None = None,
    retry: Retry | None = None,
    keepalive: ClientKeepalive | None = None,
    receive_bytes: int = 4 * 1024 * 1024,
    options: Sequence[tuple[str, Any]] = (),
) -> OpenSyncChannel:
    """A channel for a sync client; arguments and errors as :func:`open_channel`."""
    arguments = _arguments(retry, keepalive, receive_bytes, options)
    channel: OpenSyncChannel
    if tls is None:
        channel = grpc.insecure_channel(target, options=arguments)
    else:
        channel = grpc.secure_channel(target, tls.credentials(), options=arguments)
    return channel


def _arguments(
    retry: Retry | None,
    keepalive: ClientKeepalive | None,
    receive_bytes: int,
    options: Sequence[tuple[str, Any]],
) -> list[tuple[str, Any]]:
    made: dict[str, Any] = {"grpc.max_receive_message_length": receive_bytes}
    if retry is not None:
        made["grpc.service_config"] = retry.service_config()
    if keepalive is not None:
        made.update(
            ping_options(keepalive.interval, keepalive.timeout, keepalive.without_calls)
        )
        # The core would stop after two pings in a call that waits for its answer.
        made["grpc.http2.max_pings_without_data"] = 0
    return list({**made, **dict(options)}.items())
