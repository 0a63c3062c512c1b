"""A server of sync services, on threads, with health, reflection, limits and a drain."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Thread
from typing import Any

from .base import SyncServiceBase
from .border import grpc
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
from .gate import SyncGate
from .health import SERVICE as HEALTH_SERVICE
from .http import HttpThread, rest_server
from .reflection import Reflection
from .sync_chain import SYNC_DEFAULTS, SyncSettings, add_sync_service
from .sync_health import SyncHealth

_PLAIN = SyncSettings(access_log=False, validate=False)


@dataclass(frozen=True, slots=True)
class SyncConfig(BaseConfig):
    """How a sync server runs.

    Attributes:
        settings: what surrounds the handlers.
        threads: how many handlers run at the same time; further calls wait, without a bound unless
            ``limits.concurrent_calls`` sets one. A stream has its thread until it ends.
    """

    settings: SyncSettings = SYNC_DEFAULTS
    threads: int = 32


class SyncGrpcServer:
    """A running server; made by :meth:`start`, ended by :meth:`stop`.

    Attributes:
        server: the ``grpc.Server``.
        health: the statuses of its services.
        port: the port that it listens on; 0 for a unix socket.
        address: what a channel connects to.
        http: the server of HTTP and JSON, with its ``port`` and ``address``; None without.
    """

    def __init__(
        self,
        services: Iterable[SyncServiceBase[object]],
        config: SyncConfig,
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
        self._gate = SyncGate()
        self._threads = ThreadPoolExecutor(config.threads, "handler")
        self.server: Any = grpc.server(
            self._threads,
            interceptors=tuple(config.interceptors),
            options=channel_options(config, shared_port=shared_port),
            maximum_concurrent_rpcs=config.limits.concurrent_calls,
        )
        bindings = [service.binding() for service in services]
        for binding in bindings:
            add_sync_service(
                self.server, binding, config.settings, guard=self._gate.guard
            )
        names = [binding.service for binding in bindings]
        self.health = SyncHealth(names)
        if config.health:
            self.health.add_to(self.server)
        # Tools keep their stream of questions open: not on a thread that a handler waits for.
        self._reflection_threads = ThreadPoolExecutor(8, "reflection")
        if config.reflection:
            listed = [*names, HEALTH_SERVICE] if config.health else names
            reflection = Reflection(listed, descriptor_files(bindings))
            for reflected in reflection.sync_bindings():
                add_sync_service(
                    self.server, reflected, _PLAIN, threads=self._reflection_threads
                )
        if config.channelz:
            add_channelz(self.server)
        # The same threads: their number bounds the handlers, wherever the calls come from.
        self.http = rest_server(
            services,
            config,
            config.settings,
            shared_port=shared_port,
            threads=self._threads,
        )
        self._http_thread = None if self.http is None else HttpThread(self.http)
        self.port = 0
        self.address = config.address

    def start(self) -> None:
        """Listen and serve.

        Raises:
            OSError: an address is in use or not ours.
            TlsError: the certificates cannot be used.
        """
        # HTTP first: gRPC's core keeps a port that it has, even if it never serves.
        if self._http_thread is not None:
            self._http_thread.start()
        try:
            self.port, self.address = listen(self.server, self._config)
        except BaseException:
            if self._http_thread is not None:
                self._http_thread.stop(0)
            raise
        self.server.start()
        log.info("serving on %s", self.address)

    def stop(self, grace: float | None = None) -> None:
        """Drain: NOT_SERVING, no new calls, and up to ``grace`` seconds for the running ones.

        Callers of what runs longer are answered CANCELLED. Their handlers go on until they return:
        nothing can end a thread. ``context.is_active()`` tells them.

        Args:
            grace: seconds; None for that of the configuration.
        """
        self.health.drain()
        if self._config.drain_delay:
            time.sleep(self._config.drain_delay)
        if grace is None:
            grace = self._config.grace
        end = time.monotonic() + grace
        http = None
        if self._http_thread is not None:
            # Both ports drain at the same time.
            http = Thread(target=self._http_thread.stop, args=(grace,))
            http.start()
        self._gate.close(min(self._config.settle, grace))
        self.server.stop(max(0.0, end - time.monotonic())).wait()
        if http is not None:
            http.join()
        self.health.close()
        for threads in (self._threads, self._reflection_threads):
            threads.shutdown(wait=False, cancel_futures=True)
        log.info("stopped serving on %s", self.address)

    def __enter__(self) -> SyncGrpcServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
