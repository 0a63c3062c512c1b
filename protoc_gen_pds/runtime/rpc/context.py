"""What a handler knows about the call that it serves."""

from __future__ import annotations

import os
import string
import time
from collections.abc import Iterable
from random import getrandbits
from typing import Any

from .method import Method

MetadataPairs = tuple[tuple[str, "str | bytes"], ...]
"""Metadata as pairs; values of keys that end in ``-bin`` are bytes."""

REQUEST_ID_KEY = "x-request-id"
_USABLE = frozenset(string.ascii_letters + string.digits + "-_.:/+=").issuperset
_MAXIMUM_REQUEST_ID = 128
_KEY = frozenset(string.ascii_lowercase + string.digits + "-_.").issuperset
_ENDLESS = 1e12
"""Seconds: grpcio's threads count down from the end of its clock where a caller set no deadline."""


_random_ids: list[str] = []
"""Made many at a time: between two calls the processor's caches hold nothing of the generator."""
if hasattr(os, "register_at_fork"):
    # A child must not give the ids that its parent gives. Windows has neither.
    os.register_at_fork(after_in_child=_random_ids.clear)


def _random_id() -> str:
    try:
        return _random_ids.pop()
    except IndexError:
        # Not asked for beforehand: another thread may take the last one in between.
        made, *spare = (f"{getrandbits(64):016x}" for _ in range(64))
        _random_ids.extend(spare)
        return made


class CallContext:
    """One call: metadata, deadline, peer, and the trailing metadata to send.

    The base class stands on its own, so that a test can call a handler without a server:
    ``await MyService().get_backup(request, CallContext())``.

    Attributes:
        method: the rpc that is called; None in a context that is made by hand.
        identity: what the authentication hook returned, or None.
    """

    __slots__ = (
        "_deadline",
        "_metadata",
        "_peer",
        "_request_id",
        "_trailing",
        "identity",
        "method",
    )

    identity: Any
    method: Method[Any, Any] | None

    def __init__(
        self,
        *,
        metadata: Iterable[tuple[str, str | bytes]] = (),
        peer: str = "",
        timeout: float | None = None,
        identity: Any = None,
        request_id: str = "",
    ) -> None:
        """Make a context by hand.

        Args:
            metadata: what the caller sent; keys in lower case.
            peer: address of the caller.
            timeout: seconds until the deadline, or None for no deadline.
            identity: who the caller is.
            request_id: the request's id; empty for the one in the metadata, else a new one.
        """
        self.identity = identity
        self.method = None
        self._metadata: MetadataPairs = tuple(metadata)
        self._peer = peer
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._request_id = request_id
        self._trailing: list[tuple[str, str | bytes]] = []

    @property
    def metadata(self) -> MetadataPairs:
        """What the caller sent, as pairs; keys are in lower case and may repeat."""
        return self._metadata

    def header(self, key: str) -> str | None:
        """The first value of a text key, or None."""
        for name, value in self.metadata:
            if name == key and isinstance(value, str):
                return value
        return None

    def header_bytes(self, key: str) -> bytes | None:
        """The first value of a binary key (``...-bin``), or None."""
        for name, value in self.metadata:
            if name == key and isinstance(value, bytes):
                return value
        return None

    @property
    def peer(self) -> str:
        """Address of the caller as gRPC writes it: ``ipv4:127.0.0.1:50123``."""
        return self._peer

    @property
    def peer_identities(self) -> tuple[str, ...]:
        """Names in the client's certificate where it has shown one, else empty."""
        return ()

    def time_remaining(self) -> float | None:
        """Seconds until the caller's deadline, or None where it set none."""
        return (
            None
            if self._deadline is None
            else max(0.0, self._deadline - time.monotonic())
        )

    def is_active(self) -> bool:
        """Whether the caller still waits: for handlers on threads, which nothing interrupts.

        False once the caller went away, its deadline passed or the server stopped. An async handler
        is cancelled then; there, this tells of the deadline only.
        """
        remaining = self.time_remaining()
        return remaining is None or remaining > 0

    @property
    def request_id(self) -> str:
        """The id that logs and errors name: the caller's ``x-request-id``, else a random one."""
        found = self._request_id
        if not found:
            given = self.header(REQUEST_ID_KEY)
            if given and len(given) <= _MAXIMUM_REQUEST_ID and _USABLE(given):
                found = given
            else:
                found = _random_id()
            self._request_id = found
        return found

    def add_trailing_metadata(self, key: str, value: str | bytes) -> None:
        """Send a pair after the response.

        Args:
            key: lower-case letters, digits, ``-``, ``_`` and ``.``, not beginning with ``grpc-``.
            value: bytes where the key ends in ``-bin``, else printable ASCII.

        Raises:
            ValueError: the pair cannot be sent: grpcio would let the caller wait for its deadline.
        """
        if not key or not _KEY(key) or key.startswith("grpc-"):
            raise ValueError(f"{key!r} is no key of metadata that can be sent")
        if key.endswith("-bin"):
            if not isinstance(value, bytes):
                raise ValueError(f"the value of {key} must be bytes, as its -bin says")
        elif not isinstance(value, str) or not (
            value.isascii() and value.isprintable()
        ):
            raise ValueError(
                f"the value of {key} must be a str of printable ASCII; bytes are for keys that end in -bin"
            )
        self._trailing.append((key, value))

    @property
    def trailing_metadata(self) -> MetadataPairs:
        """What :meth:`add_trailing_metadata` has collected."""
        return tuple(self._trailing)

    @property
    def has_trailing(self) -> bool:
        """Whether :meth:`add_trailing_metadata` was called."""
        return bool(self._trailing)

    @property
    def raw(self) -> Any:
        """The ``ServicerContext`` of grpcio, or None outside of a gRPC server."""
        return None


class GrpcContext(CallContext):
    """The context of a call of a grpcio server; everything is read from it when asked for."""

    __slots__ = ("_ended", "_raw")

    def __init__(self, raw: Any, method: Method[Any, Any]) -> None:
        # Not the base class's: a context is made for each call, most of which ask it nothing.
        self.identity = None
        self.method = method
        self._raw = raw
        self._ended = False
        self._peer = ""
        self._request_id = ""
        self._trailing = []

    def end(self) -> None:
        """The call ends: what its task leaves behind may ask for the peer, and grpc.aio would crash then."""
        self._peer = self.peer
        self._ended = True

    @property
    def metadata(self) -> MetadataPairs:
        """What the caller sent, as pairs; keys are in lower case and may repeat."""
        return tuple(self._raw.invocation_metadata() or ())

    @property
    def peer(self) -> str:
        """Address of the caller as gRPC writes it: ``ipv4:127.0.0.1:50123``."""
        return self._peer or str(self._raw.peer())

    @property
    def peer_identities(self) -> tuple[str, ...]:
        """Names in the client's certificate where it has shown one, else empty.

        Raises:
            RuntimeError: the call has ended; read it before.
        """
        if self._ended:
            raise RuntimeError("the call has ended: read peer_identities before")
        return tuple(
            identity.decode("utf-8", "replace")
            for identity in self._raw.peer_identities() or ()
        )

    def time_remaining(self) -> float | None:
        """Seconds until the caller's deadline, or None where it set none."""
        remaining: float | None = self._raw.time_remaining()
        return remaining

    @property
    def raw(self) -> Any:
        """The ``ServicerContext`` of grpcio: what this class does not offer is there."""
        return self._raw


class SyncGrpcContext(GrpcContext):
    """The context of a call that a thread serves."""

    __slots__ = ()

    def time_remaining(self) -> float | None:
        """Seconds until the caller's deadline, or None where it set none."""
        remaining = float(self._raw.time_remaining())
        return remaining if remaining < _ENDLESS else None

    def is_active(self) -> bool:
        """Whether the caller still waits; False once it went away, its deadline passed or the server stopped."""
        return bool(self._raw.is_active())
