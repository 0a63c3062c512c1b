"""What is known about an rpc: one constant for each method feeds server, client and HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from ..message import Message

Q = TypeVar("Q", bound=Message)
"""Type of the request."""
S = TypeVar("S", bound=Message)
"""Type of the response."""


EMPTY = "google.protobuf.Empty"


def full_name_of(message: type[Any]) -> str:
    """Full protobuf name of a class of messages, or of the records of this package."""
    name: str = message._full_name
    return name


class CallKind(Enum):
    """Which side sends a stream of messages."""

    UNARY_UNARY = "unary_unary"
    UNARY_STREAM = "unary_stream"
    STREAM_UNARY = "stream_unary"
    STREAM_STREAM = "stream_stream"


class Idempotency(Enum):
    """``idempotency_level`` of the method (google/protobuf/descriptor.proto)."""

    UNKNOWN = 0
    NO_SIDE_EFFECTS = 1
    IDEMPOTENT = 2


@dataclass(frozen=True, slots=True)
class HttpRule:
    """One way to reach a method over HTTP (google/api/http.proto).

    Attributes:
        verb: the HTTP method in upper case.
        path: the path template.
        body: the field that the request's body holds, ``*`` for the message, empty for none.
        response_body: the field of the response that the answer's body holds, empty for the message.
    """

    verb: str
    path: str
    body: str = ""
    response_body: str = ""


@dataclass(frozen=True, slots=True)
class Method(Generic[Q, S]):
    """One rpc.

    Attributes:
        service: full name of the service.
        name: name of the rpc.
        request: class of the request.
        response: class of the response.
        kind: which side streams.
        idempotency: what the .proto says about calling it twice.
        http: its HTTP rules, the additional bindings included.
        path: the path of its HTTP/2 requests: ``/package.Service/Method``.
    """

    service: str
    name: str
    request: type[Q]
    response: type[S]
    kind: CallKind = CallKind.UNARY_UNARY
    idempotency: Idempotency = Idempotency.UNKNOWN
    http: tuple[HttpRule, ...] = ()
    path: str = field(init=False)

    def __post_init__(self) -> None:
        """Make the path once: the access log has it in every line."""
        object.__setattr__(self, "path", f"/{self.service}/{self.name}")

    @property
    def takes_request(self) -> bool:
        """Whether handlers and clients have a parameter for it: one Empty request is left out."""
        streams = self.kind in (CallKind.STREAM_UNARY, CallKind.STREAM_STREAM)
        return streams or full_name_of(self.request) != EMPTY

    @property
    def returns_response(self) -> bool:
        """Whether handlers and clients return a message: for one Empty response it is None."""
        streams = self.kind in (CallKind.UNARY_STREAM, CallKind.STREAM_STREAM)
        return streams or full_name_of(self.response) != EMPTY

    @property
    def full_name(self) -> str:
        """The full protobuf name: ``package.Service.Method``."""
        return f"{self.service}.{self.name}"


@dataclass(frozen=True, slots=True)
class Binding:
    """A method with the function that serves it.

    Attributes:
        method: the rpc.
        handler: the bound method of the implementation.
        check: raises for a request that breaks its rules, or None where there are none.
    """

    method: Method[Any, Any]
    handler: Callable[..., Any]
    check: Callable[[Any], None] | None = None


@dataclass(frozen=True, slots=True)
class BoundService:
    """All methods of one service with the functions that serve them.

    Attributes:
        service: full name of the service.
        base: the generated base class.
        methods: its methods.
    """

    service: str
    base: type[Any]
    methods: tuple[Binding, ...]

    def unimplemented(self) -> list[str]:
        """Names of the rpcs that the implementation does not override."""
        return [
            binding.method.name
            for binding in self.methods
            if (function := getattr(binding.handler, "__func__", None)) is not None
            and function is getattr(self.base, binding.handler.__name__, None)
        ]


class ServiceBinding(BoundService):
    """A service of coroutines and async generators, for an event loop."""

    __slots__ = ()


class SyncServiceBinding(BoundService):
    """A service of plain functions and generators, for the threads of a ``grpc.server()``."""

    __slots__ = ()
