"""What a handler knows of an HTTP request: its context, and the deadline that a header sets."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from .context import CallContext
from .errors import DeadlineExceeded
from .method import Method

Scope = MutableMapping[str, Any]

TIMEOUT_KEY = "x-server-timeout"
"""Request header with the caller's deadline in seconds, as Google's own APIs have it."""


class HttpContext(CallContext):
    """The context of a call that came over HTTP.

    Attributes:
        left: whether nobody waits any more: the answer is sent, or the caller went away.
    """

    __slots__ = ("left",)

    def __init__(self, scope: Scope, method: Method[Any, Any]) -> None:
        metadata = [
            (key.decode("latin-1").lower(), value.decode("latin-1"))
            for key, value in scope.get("headers", ())
        ]
        given = (value for key, value in metadata if key == TIMEOUT_KEY)
        client = scope.get("client")
        super().__init__(
            metadata=metadata,
            peer=f"http:{client[0]}:{client[1]}" if client else "",
            timeout=_seconds(next(given, None)),
        )
        self.method = method
        self.left = False

    def is_active(self) -> bool:
        """Whether the caller still waits: for handlers on threads, which nothing interrupts."""
        return not self.left and super().is_active()


class deadline:
    """The caller's deadline around authentication and handler."""

    def __init__(self, context: HttpContext) -> None:
        self._context = context
        self._timeout = asyncio.timeout(context.time_remaining())

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            if self._timeout.expired():
                raise DeadlineExceeded("the deadline has passed") from late
            raise
        if isinstance(error, Exception) and self._context.time_remaining() == 0:
            # A handler that saw it first, and gave up.
            raise DeadlineExceeded("the deadline has passed") from error


def headers(context: CallContext) -> list[tuple[bytes, bytes]]:
    """The handler's trailing metadata as headers; binary values have no HTTP form."""
    return [
        (key.encode(), value.encode())
        for key, value in context.trailing_metadata
        if isinstance(value, str)
    ]


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 < seconds < 1e9 else None
