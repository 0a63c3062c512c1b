"""What generated sync clients are made of: calls that encode, decode and raise typed errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic

from .border import SyncChannel, SyncRpcError, grpc
from .client import Q, S, read_response, typed_error, write_request
from .method import Method


def _sync_callable(
    channel: SyncChannel, method: Method[Any, Any]
) -> Callable[..., Any]:
    if not isinstance(channel, grpc.Channel):
        raise TypeError("a sync client needs a channel of grpc, not one of grpc.aio")
    make: Callable[..., Any] = getattr(channel, method.kind.value)
    found: Callable[..., Any] = make(method.path)
    return found


class SyncResponseStream(Generic[S]):
    """The responses of a streaming call, read with ``for``.

    Leaving the loop early does not end the call: use ``with``, or :meth:`cancel`.
    """

    __slots__ = ("_call", "_method", "_source")

    def __init__(
        self, call: Any, method: Method[Any, S], source: _SyncSource[Any] | None = None
    ) -> None:
        self._call = call
        self._source = source
        self._method = method

    def __iter__(self) -> Iterator[S]:
        return self

    def __next__(self) -> S:
        """The next response.

        Raises:
            RpcError: the call failed.
        """
        try:
            data: bytes = next(self._call)
        except SyncRpcError as error:
            own = self._source and self._source.error
            raise own or typed_error(error) from error
        return read_response(self._method, data)

    def cancel(self) -> None:
        """End the call; the server sees a cancellation."""
        self._call.cancel()

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What the server sent after the last response, as pairs; waits for the end of the call."""
        return tuple(
            (key, value) for key, value in self._call.trailing_metadata() or ()
        )

    def __enter__(self) -> SyncResponseStream[S]:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()


def sync_unary_unary(channel: SyncChannel, method: Method[Q, S]) -> Callable[..., S]:
    """A function that sends one request and returns one response."""
    start = _sync_callable(channel, method)

    def call(request: Q, **options: Any) -> S:
        try:
            data = start(write_request(method, request), **options)
        except SyncRpcError as error:
            raise typed_error(error) from error
        return read_response(method, data)

    return call


def sync_unary_stream(
    channel: SyncChannel, method: Method[Q, S]
) -> Callable[..., SyncResponseStream[S]]:
    """A function that sends one request and returns a stream of responses."""
    start = _sync_callable(channel, method)

    def call(request: Q, **options: Any) -> SyncResponseStream[S]:
        return SyncResponseStream(
            start(write_request(method, request), **options), method
        )

    return call


def sync_stream_unary(channel: SyncChannel, method: Method[Q, S]) -> Callable[..., S]:
    """A function that sends a stream of requests and returns one response."""
    start = _sync_callable(channel, method)

    def call(requests: Iterable[Q], **options: Any) -> S:
        source = _SyncSource(requests, method)
        try:
            data = start(source, **options)
        except SyncRpcError as error:
            raise source.error or typed_error(error) from error
        return read_response(method, data)

    return call


def sync_stream_stream(
    channel: SyncChannel, method: Method[Q, S]
) -> Callable[..., SyncResponseStream[S]]:
    """A function that sends a stream of requests and returns a stream of responses."""
    start = _sync_callable(channel, method)

    def call(requests: Iterable[Q], **options: Any) -> SyncResponseStream[S]:
        source = _SyncSource(requests, method)
        return SyncResponseStream(start(source, **options), method, source)

    return call


class _SyncSource(Generic[Q]):
    """Requests on their way out; an error of the caller's own iterator is kept for the caller."""

    def __init__(self, requests: Iterable[Q], method: Method[Q, Any]) -> None:
        self._requests = iter(requests)
        self._method = method
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return write_request(self._method, next(self._requests))
        except StopIteration:
            raise
        except Exception as error:
            self.error = error
            raise
