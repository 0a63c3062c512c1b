"""The steps that the chains of async and sync servers share: registration, reading, checking and writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..errors import DecodeError
from .border import Server, SyncServer, grpc
from .context import CallContext
from .failure import HandlerError, errors_log, malformed
from .method import Binding, BoundService, Method
from .status import StatusCode

Guard = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Puts something around a function that serves calls, such as the gate of a server."""

GRPC_CODES: dict[StatusCode, Any] = {
    code: getattr(grpc.StatusCode, code.name) for code in StatusCode
}


class Steps:
    """What the chain of one method does in either flavour; subclasses have a method for each kind of call."""

    def __init__(self, binding: Binding, *, validate: bool, access_log: bool) -> None:
        self._method = binding.method
        self._handler = (
            binding.handler
            if binding.method.takes_request
            else _without_request(binding.handler)
        )
        self._decode = binding.method.request.from_bytes
        self._check = binding.check if validate else None
        self._response = (
            binding.method.response if binding.method.returns_response else None
        )
        self._log = access_log

    @property
    def name(self) -> str:
        """Name of the rpc."""
        return self._method.name

    def rpc_handler(self, guard: Guard | None = None) -> Any:
        """The handler to register with grpcio: bytes in, bytes out."""
        make = getattr(grpc, f"{self._method.kind.value}_rpc_method_handler")
        serve = self._serving()
        return make(serve if guard is None else guard(serve))

    def _serving(self) -> Callable[..., Any]:
        """The method of this chain for the kind of call."""
        method: Callable[..., Any] = getattr(self, self._method.kind.value)
        return method

    def _read(self, data: bytes) -> Any:
        try:
            return self._decode(data)
        except DecodeError as error:
            raise malformed(error, self._method) from error

    def _prepare(self, data: bytes) -> Any:
        request = self._read(data)
        if self._check is not None:
            self._check(request)
        return request

    def _write(self, response: Any) -> bytes:
        if type(response) is not self._response:
            check_response(response, self._method, self._response)
            if response is None:
                return b""
        data: bytes = response.to_bytes()
        return data


def register(
    server: Server | SyncServer,
    service: BoundService,
    chains: Iterable[Steps],
    guard: Guard | None = None,
) -> None:
    """Give the chains of a service to a server, and log which methods it does not implement."""
    handlers = {chain.name: chain.rpc_handler(guard) for chain in chains}
    missing = service.unimplemented()
    if missing:
        errors_log.warning(
            "%s answers UNIMPLEMENTED to %s", service.service, ", ".join(missing)
        )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service.service, handlers),)
    )


def check_response(
    response: Any, method: Method[Any, Any], expected: type[Any] | None
) -> None:
    """Refuse what is not the response; None is one where the .proto says Empty.

    Raises:
        HandlerError: the handler returned something else.
    """
    wanted = expected or method.response
    if not isinstance(response, wanted) and not (response is None and expected is None):
        raise HandlerError(
            f"the handler of {method.full_name} returned {type(response).__name__}"
            f" where {'None' if expected is None else wanted.__name__} is due"
        )


def _without_request(handler: Callable[..., Any]) -> Callable[..., Any]:
    def call(_request: Any, context: CallContext) -> Any:
        return handler(context)

    return call
