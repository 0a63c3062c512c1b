"""Which calls of a server are running, and none beyond them once it stops.

grpcio's own shutdown tells clients to go away (GOAWAY) and closes each connection as soon as its last
answer is in the socket's buffer. Whatever the client sends after that, be it an acknowledgement, makes
the kernel reset the connection and drop what it has not delivered yet: accepted calls lose their
answers. So answers come first and GOAWAY second. With it comes a ping, and the connection stays open
until the client has acknowledged that, for which it must have read all that came before.

Calls that the core has received and not handed over yet are cancelled by its shutdown, and CANCELLED is
no reason for a client to try again. So the gate waits for a moment in which no more of them come, and
answers them with UNAVAILABLE, which is one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from threading import Condition
from typing import Any
from weakref import ref

from .border import grpc

_REFUSAL = "the server is shutting down"
_MOMENT = 0.02
_MOMENTS = 15


class Gate:
    """The gate of an async server."""

    def __init__(self) -> None:
        # Of grpcio's tasks of the calls, which end when the answer is written, not when it is made. Their
        # end needs no callback in the event loop: they are gone soon after it.
        self._tasks: set[ref[asyncio.Task[Any]]] = set()
        self._refused = 0
        self._closed = False

    def guard(
        self, serve: Callable[[Any, Any], Awaitable[Any]]
    ) -> Callable[[Any, Any], Awaitable[Any]]:
        """What to register in the place of a function that serves calls."""
        enter, leave = self._tasks.add, self._tasks.discard

        async def guarded(request: Any, raw: Any) -> Any:
            if self._closed:
                self._refused += 1
                await raw.abort(grpc.StatusCode.UNAVAILABLE, _REFUSAL)
            task = asyncio.current_task()
            if task is not None:
                enter(ref(task, leave))
            return await serve(request, raw)

        return guarded

    async def close(self, timeout: float) -> None:
        """Refuse new calls, and wait for the running ones, but not longer than so many seconds."""
        self._closed = True
        # A copy: a task that is collected meanwhile leaves the set.
        running = [task for weak in self._tasks.copy() if (task := weak()) is not None]
        if running:
            _, pending = await asyncio.wait(running, timeout=timeout)
            if pending:
                return
        if timeout <= 0:
            return
        for _ in range(_MOMENTS):
            before = self._refused
            await asyncio.sleep(_MOMENT)
            if self._refused == before:
                break


class SyncGate:
    """The gate of a sync server."""

    def __init__(self) -> None:
        self._running = self._refused = 0
        self._closed = False
        self._changed = Condition()

    def guard(self, serve: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """What to register in the place of a function that serves calls."""

        def guarded(request: Any, raw: Any) -> Any:
            if not self._enter(raw):
                raw.abort(grpc.StatusCode.UNAVAILABLE, _REFUSAL)
            return serve(request, raw)

        return guarded

    def _enter(self, raw: Any) -> bool:
        with self._changed:
            # grpcio calls back when the answer is written; not at all where the call is over already.
            if self._closed:
                self._refused += 1
            elif raw.add_callback(self._leave):
                self._running += 1
            return not self._closed

    def _leave(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def close(self, timeout: float) -> None:
        """Refuse new calls, and wait for the running ones; as :meth:`Gate.close`."""
        with self._changed:
            self._closed = True
            ended = self._changed.wait_for(lambda: not self._running, timeout)
        if not ended or timeout <= 0:
            return
        for _ in range(_MOMENTS):
            before = self._refused
            time.sleep(_MOMENT)
            if self._refused == before:
                break
