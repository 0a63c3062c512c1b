"""An HTTP server for an ASGI application, beside the gRPC server: uvicorn, where it is installed."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from importlib import import_module
from threading import Thread
from typing import Any

from .base import ServiceBase, SyncServiceBase
from .chain import Settings
from .config import BaseConfig, log
from .sync_chain import SyncSettings
from .tls import ServerTls


class HttpServer:
    """An ASGI application on a port.

    Attributes:
        port: the port that it listens on.
        address: ``host:port``.
    """

    def __init__(
        self,
        app: Any,
        address: str,
        *,
        tls: ServerTls | None = None,
        shared_port: bool = False,
    ) -> None:
        """Make a server, which does not listen yet.

        Args:
            app: the application, such as a ``RestApp``.
            address: ``host:port``; port 0 takes a free one.
            tls: certificates; None for plain text.
            shared_port: whether other processes may listen on the same port (SO_REUSEPORT).

        Raises:
            ImportError: the package uvicorn is not installed.
        """
        uvicorn = _uvicorn()
        self._server: Any = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                # Start and stop are in our own log.
                log_level="warning",
                access_log=False,
                **_tls(tls),
            )
        )
        # Signals are the business of who stops it.
        self._server.capture_signals = nullcontext
        self._shared_port = shared_port
        self._serving: asyncio.Future[None] | None = None
        self.port = 0
        self.address = address

    async def start(self) -> None:
        """Listen and serve.

        Raises:
            OSError: the address is in use or not ours.
        """
        listening = self._listen()
        self.port = int(listening.getsockname()[1])
        self.address = f"{self.address.rpartition(':')[0]}:{self.port}"
        serving = asyncio.ensure_future(self._server.serve(sockets=[listening]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.01)
        if serving.done():
            await serving
            raise OSError(f"HTTP on {self.address} did not start; see the log")
        self._serving = serving
        log.info("serving HTTP on %s", self.address)

    async def stop(self, grace: float) -> None:
        """Listen no longer, and give running calls up to ``grace`` seconds."""
        if self._serving is None:
            return
        self._server.config.timeout_graceful_shutdown = max(grace, 0.001)
        self._server.should_exit = True
        await self._serving
        log.info("stopped serving HTTP on %s", self.address)

    def _listen(self) -> socket.socket:
        host, _, port = self.address.rpartition(":")
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        where = (host.strip("[]"), int(port))
        try:
            return socket.create_server(
                where, family=family, reuse_port=self._shared_port
            )
        except OSError as error:
            raise OSError(
                f"cannot listen on {self.address}: the address is in use or not ours"
            ) from error


class HttpThread:
    """A server of HTTP in an event loop on a thread of its own, for programs without one."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._started: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._grace = 0.0
        self._thread = Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Listen and serve; errors as :meth:`HttpServer.start`."""
        self._thread.start()
        self._started.result()

    def stop(self, grace: float) -> None:
        """As :meth:`HttpServer.stop`."""
        if self._thread.is_alive():
            self._grace = grace
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        try:
            await self._server.start()
        except BaseException as error:
            self._started.set_exception(error)
            return
        self._started.set_result(None)
        await self._stop.wait()
        await self._server.stop(self._grace)


def rest_server(
    services: Sequence[ServiceBase[object] | SyncServiceBase[object]],
    config: BaseConfig,
    settings: Settings | SyncSettings,
    *,
    shared_port: bool,
    threads: int | Executor = 1,
) -> HttpServer | None:
    """What a configuration says of HTTP; None where it says nothing.

    Raises:
        ImportError: the package uvicorn is not installed.
        TypeError: a handler is not of its method's form.
        ValueError: no method has an HTTP rule.
    """
    if not config.http:
        return None
    from .rest import RestApp

    app = RestApp(
        *services,
        settings=settings,
        receive_bytes=config.limits.receive_bytes,
        concurrent_calls=config.limits.concurrent_calls,
        threads=threads,
    )
    if not app.has_routes:
        raise ValueError(
            f"nothing to serve on {config.http}: no method has a google.api.http rule"
        )
    return HttpServer(app, config.http, tls=config.tls, shared_port=shared_port)


def _uvicorn() -> Any:
    try:
        return import_module("uvicorn")
    except ImportError as error:
        raise ImportError(
            "serving HTTP needs the package uvicorn: pip install uvicorn"
        ) from error


def _tls(tls: ServerTls | None) -> dict[str, Any]:
    if tls is None:
        return {}
    found: dict[str, Any] = {
        "ssl_certfile": str(tls.certificate),
        "ssl_keyfile": str(tls.key),
    }
    if tls.client_ca is not None:
        found["ssl_ca_certs"] = str(tls.client_ca)
        found["ssl_cert_reqs"] = ssl.CERT_REQUIRED
    return found
