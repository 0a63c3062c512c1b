"""An HTTP server for an ASGI application, beside the gRPC server: uvicorn, where it is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from importlib import import_module
from typing import Any


def serve_http(
    app: Any, host: str, port: int, *, started: Callable[[int], None] | None = None
) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A function for ``serve(..., alongside=[...])`` that serves an ASGI application.

    Args:
        app: the application, such as a ``RestApp``.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        started: called with the port once the server listens.

    Raises:
        ImportError: the package uvicorn is not installed.
    """
    try:
        uvicorn: Any = import_module("uvicorn")
    except ImportError as error:
        raise ImportError(
            "serving HTTP needs the package uvicorn: pip install uvicorn"
        ) from error

    async def run(stop: asyncio.Event) -> None:
        config = uvicorn.Config(
            app, host=host, port=port, log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        # Signals are the gRPC server's business; both drain at the same time.
        server.capture_signals = nullcontext
        serving = asyncio.ensure_future(server.serve())
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if started is not None and server.started:
            started(int(server.servers[0].sockets[0].getsockname()[1]))
        await stop.wait()
        server.should_exit = True
        await serving

    return run
