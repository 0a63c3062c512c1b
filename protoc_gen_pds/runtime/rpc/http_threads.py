"""One HTTP request to a sync service: authentication, handler and encoding on a thread, the socket in the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import copy_context
from functools import partial
from typing import Any

from .failure import HandlerError, failure
from .http_context import HttpContext
from .http_exchange import BaseExchange
from .method import CallKind
from .sync_chain import SyncSettings, plain

_POLL = 1.0


class SyncExchange(BaseExchange):
    """The exchange with a service of plain methods.

    All of it that the team has written runs on one thread, from the authentication to the last item of
    a stream. A caller that goes away or a deadline that passes ends the exchange and not the thread:
    ``context.is_active()`` tells the handler, and its stream is closed when it gives the next item.
    """

    def __init__(
        self,
        settings: SyncSettings,
        threads: Executor,
        *arguments: Any,
        receive_bytes: int,
    ) -> None:
        super().__init__(settings, *arguments, receive_bytes=receive_bytes)
        self._authenticate = settings.authenticate
        self._threads = threads

    async def _handle(self, request: Any, context: HttpContext) -> None:
        loop = asyncio.get_running_loop()
        work = partial(self._work, request, context, loop)
        try:
            # What the authentication sets reaches the handler, and no other call on the same thread.
            await loop.run_in_executor(self._threads, copy_context().run, work)
        except asyncio.CancelledError:
            context.left = True
            raise

    def _work(
        self, request: Any, context: HttpContext, loop: asyncio.AbstractEventLoop
    ) -> None:
        if context.left:
            return
        try:
            self._call_handler(request, context, _Sender(context, loop))
        except _Left:
            return
        except BaseException as error:
            if context.left:
                # Nobody would hear of it otherwise.
                failure(error, context, self._method)
            elif not isinstance(error, Exception) or isinstance(error, StopIteration):
                # SystemExit would end the event loop, and StopIteration cannot be told by a future.
                raise HandlerError(
                    f"the handler of {self._method.full_name} raised {type(error).__name__}"
                ) from error
            else:
                raise

    def _call_handler(
        self, request: Any, context: HttpContext, send: Callable[..., None]
    ) -> None:
        if self._authenticate is not None:
            context.identity = plain(self._authenticate(context))
        result = plain(self._handler(request, context))
        if self._method.kind is not CallKind.UNARY_STREAM:
            send(self._send_answer(self._body_of(result), context))
            return
        if not hasattr(result, "__iter__"):
            raise HandlerError(
                f"the handler of {self._method.full_name} returned {type(result).__name__}, not an iterator"
            )
        iterator = iter(result)
        try:
            for response in iterator:
                send(self._send_line(self._line_of(response), context))
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
        send(self._end_stream(context))


class _Left(Exception):
    """The caller went away while the handler was at work."""


class _Sender:
    """Lets the event loop send something, and waits until it is sent."""

    def __init__(self, context: HttpContext, loop: asyncio.AbstractEventLoop) -> None:
        self._context = context
        self._loop = loop

    def __call__(self, sending: Coroutine[Any, Any, None]) -> None:
        if self._context.left:
            # Then the loop may be closed too.
            sending.close()
            raise _Left
        future = asyncio.run_coroutine_threadsafe(self._send(sending), self._loop)
        while True:
            try:
                return future.result(_POLL)
            except TimeoutError:
                # A caller that reads slowly is waited for, one that has left is not.
                if future.done() or self._context.left:
                    future.cancel()
                    raise _Left from None

    async def _send(self, sending: Coroutine[Any, Any, None]) -> None:
        # In the loop, where nothing comes between this question and what is sent.
        if self._context.left:
            sending.close()
            raise _Left
        await sending
