"""The border to grpcio: the one module that imports it, and what its objects look like to the rest.

grpcio ships no types of its own, and the stubs that exist are a separate package. Everything that
crosses this border is therefore a small protocol of ours or ``Any``, so that a generated package
passes mypy --strict and pyright strict with and without those stubs.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any, Protocol


def _load(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            "servers and clients need the package grpcio: pip install grpcio"
        ) from error


grpc: Any = _load("grpc")
aio: Any = _load("grpc.aio")

AbortError: type[Exception] = aio.AbortError
UsageError: type[Exception] = aio.UsageError
AioRpcError: type[Exception] = aio.AioRpcError
SyncRpcError: type[Exception] = grpc.RpcError


class Server(Protocol):
    """A ``grpc.aio.Server``."""

    @property
    def add_generic_rpc_handlers(self) -> Callable[..., None]: ...

    @property
    def wait_for_termination(self) -> Callable[..., Coroutine[Any, Any, Any]]: ...


class SyncServer(Protocol):
    """A ``grpc.Server``."""

    @property
    def add_generic_rpc_handlers(self) -> Callable[..., None]: ...

    @property
    def wait_for_termination(self) -> Callable[..., bool]: ...


class Channel(Protocol):
    """A ``grpc.aio.Channel``."""

    @property
    def unary_unary(self) -> Callable[..., Any]: ...

    @property
    def unary_stream(self) -> Callable[..., Any]: ...

    @property
    def stream_unary(self) -> Callable[..., Any]: ...

    @property
    def stream_stream(self) -> Callable[..., Any]: ...

    @property
    def close(self) -> Callable[..., Coroutine[Any, Any, None]]: ...


class SyncChannel(Protocol):
    """A ``grpc.Channel``."""

    @property
    def unary_unary(self) -> Callable[..., Any]: ...

    @property
    def unary_stream(self) -> Callable[..., Any]: ...

    @property
    def stream_unary(self) -> Callable[..., Any]: ...

    @property
    def stream_stream(self) -> Callable[..., Any]: ...

    @property
    def close(self) -> Callable[..., None]: ...


class OpenChannel(Channel, Protocol):
    """A ``grpc.aio.Channel`` that its user closes, with ``async with`` or :meth:`close`."""

    async def __aenter__(self) -> Channel: ...

    async def __aexit__(self, *_: object) -> None: ...


class OpenSyncChannel(SyncChannel, Protocol):
    """A ``grpc.Channel`` that its user closes, with ``with`` or :meth:`close`."""

    def __enter__(self) -> SyncChannel: ...

    def __exit__(self, *_: object) -> None: ...
