"""What generated async clients are made of: calls that encode, decode and raise typed errors."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from typing import Any, Generic, TypedDict, TypeVar

from ..errors import DecodeError
from ..message import Message
from .border import AioRpcError, Channel, grpc
from .errors import RpcError, remote_error
from .method import Method
from .status import StatusCode

Q = TypeVar("Q", bound=Message)
S = TypeVar("S", bound=Message)

_STATUS_KEY = "grpc-status-details-bin"


class CallOptions(TypedDict, total=False):
    """Keywords of every method of a client.

    Attributes:
        timeout: seconds until the call fails with DeadlineExceeded; no deadline where it is left out.
        metadata: pairs to send; keys in lower case, bytes for keys that end in ``-bin``.
        wait_for_ready: whether to wait for a connection rather than to fail with Unavailable.
        credentials: ``grpc.CallCredentials`` of this call.
    """

    timeout: float | None
    metadata: Sequence[tuple[str, str | bytes]]
    wait_for_ready: bool
    credentials: Any


def typed_error(error: Any) -> RpcError:
    """The typed error for one of grpcio."""
    code = error.code()
    metadata = tuple((key, value) for key, value in error.trailing_metadata() or ())
    status = next((value for key, value in metadata if key == _STATUS_KEY), None)
    return remote_error(
        code.value[0],
        error.details() or "",
        status if isinstance(status, bytes) else None,
        metadata,
    )


def read_response(method: Method[Any, S], data: bytes) -> S:
    """Decode a response.

    Raises:
        Internal: the bytes are not the method's response.
    """
    try:
        return method.response.from_bytes(data)
    except DecodeError as error:
        text = f"the response of {method.full_name} is malformed: {error}"
        raise remote_error(int(StatusCode.INTERNAL), text, None) from error


def write_request(method: Method[Q, Any], request: Q) -> bytes:
    """Encode a request.

    Raises:
        TypeError: it is not the method's request.
    """
    if not isinstance(request, method.request):
        raise TypeError(
            f"{method.full_name} takes a {method.request.__name__}, not {type(request).__name__}"
        )
    return request.to_bytes()


def _async_callable(channel: Channel, method: Method[Any, Any]) -> Callable[..., Any]:
    if isinstance(channel, grpc.Channel):
        raise TypeError("an async client needs a channel of grpc.aio, not one of grpc")
    make: Callable[..., Any] = getattr(channel, method.kind.value)
    found: Callable[..., Any] = make(method.path)
    return found


class ResponseStream(Generic[S]):
    """The responses of a streaming call, read with ``async for``.

    Leaving the loop early does not end the call: use ``async with``, or :meth:`cancel`.
    """

    __slots__ = ("_call", "_method", "_next", "_source")

    def __init__(
        self, call: Any, method: Method[Any, S], source: _Source[Any] | None = None
    ) -> None:
        self._call = call
        self._source = source
        self._method = method
        self._next: Callable[[], Awaitable[bytes]] | None = None

    def __aiter__(self) -> AsyncIterator[S]:
        return self

    async def __anext__(self) -> S:
        """The next response.

        Raises:
            RpcError: the call failed.
        """
        if self._next is None:
            self._next = _reader(self._call)
        try:
            data = await self._next()
        except (AioRpcError, asyncio.CancelledError) as error:
            own = self._source and self._source.error
            raise own or _typed(error) from error
        return read_response(self._method, data)

    def cancel(self) -> None:
        """End the call; the server sees a cancellation."""
        self._call.cancel()

    async def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What the server sent after the last response, as pairs; waits for the end of the call."""
        pairs: Iterable[tuple[str, str | bytes]] = (
            await self._call.trailing_metadata() or ()
        )
        return tuple((key, value) for key, value in pairs)

    async def __aenter__(self) -> ResponseStream[S]:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cancel()


def _reader(call: Any) -> Callable[[], Awaitable[bytes]]:
    read: Callable[[], Awaitable[bytes]] = call.__aiter__().__anext__
    return read


def async_unary_unary(
    channel: Channel, method: Method[Q, S]
) -> Callable[..., Awaitable[S]]:
    """A function that sends one request and returns one response."""
    start = _async_callable(channel, method)

    async def call(request: Q, **options: Any) -> S:
        try:
            data = await start(write_request(method, request), **options)
        except AioRpcError as error:
            raise typed_error(error) from error
        return read_response(method, data)

    return call


def async_unary_stream(
    channel: Channel, method: Method[Q, S]
) -> Callable[..., ResponseStream[S]]:
    """A function that sends one request and returns a stream of responses."""
    start = _async_callable(channel, method)

    def call(request: Q, **options: Any) -> ResponseStream[S]:
        return ResponseStream(start(write_request(method, request), **options), method)

    return call


def async_stream_unary(
    channel: Channel, method: Method[Q, S]
) -> Callable[..., Awaitable[S]]:
    """A function that sends a stream of requests and returns one response."""
    start = _async_callable(channel, method)

    async def call(requests: AsyncIterable[Q] | Iterable[Q], **options: Any) -> S:
        source = _Source(requests, method)
        running = start(source.read(), **options)
        try:
            data = await running
        except (AioRpcError, asyncio.CancelledError) as error:
            raise source.error or _typed(error) from error
        return read_response(method, data)

    return call


def async_stream_stream(
    channel: Channel, method: Method[Q, S]
) -> Callable[..., ResponseStream[S]]:
    """A function that sends a stream of requests and returns a stream of responses."""
    start = _async_callable(channel, method)

    def call(
        requests: AsyncIterable[Q] | Iterable[Q], **options: Any
    ) -> ResponseStream[S]:
        source = _Source(requests, method)
        return ResponseStream(start(source.read(), **options), method, source)

    return call


def _typed(error: BaseException) -> BaseException:
    return typed_error(error) if isinstance(error, AioRpcError) else error


class _Source(Generic[Q]):
    """Requests on their way out; an error of the caller's own iterator is kept for the caller."""

    def __init__(
        self, requests: AsyncIterable[Q] | Iterable[Q], method: Method[Q, Any]
    ) -> None:
        self._requests = requests
        self._method = method
        self.error: Exception | None = None

    async def read(self) -> AsyncIterator[bytes]:
        try:
            if isinstance(self._requests, AsyncIterable):
                async for request in self._requests:
                    yield write_request(self._method, request)
            else:
                for request in self._requests:
                    yield write_request(self._method, request)
        except Exception as error:
            self.error = error
            raise
