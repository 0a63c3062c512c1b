"""The health service that probes ask: grpc.health.v1 with Check, Watch and List."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from .context import CallContext
from .errors import NotFound, Unavailable
from .method import Binding, CallKind, Method, ServiceBinding
from .record import Record, wire

SERVICE = "grpc.health.v1.Health"


class ServingStatus(IntEnum):
    """Whether a service takes calls (grpc/health/v1/health.proto)."""

    UNKNOWN = 0
    SERVING = 1
    NOT_SERVING = 2
    SERVICE_UNKNOWN = 3


@dataclass(frozen=True)
class HealthCheckRequest(Record):
    """Which service; empty for the server as a whole."""

    _full_name: ClassVar[str] = "grpc.health.v1.HealthCheckRequest"

    service: str = wire(1, "string")


@dataclass(frozen=True)
class HealthCheckResponse(Record):
    """The status of a service."""

    _full_name: ClassVar[str] = "grpc.health.v1.HealthCheckResponse"

    status: int = wire(1, "int")


@dataclass(frozen=True)
class HealthListRequest(Record):
    """Asks for all services."""

    _full_name: ClassVar[str] = "grpc.health.v1.HealthListRequest"


@dataclass(frozen=True)
class _Entry(Record):
    """One entry of the map of statuses."""

    key: str = wire(1, "string")
    value: HealthCheckResponse | None = wire(2, "record", HealthCheckResponse)


@dataclass(frozen=True)
class HealthListResponse(Record):
    """The status of every service by name."""

    _full_name: ClassVar[str] = "grpc.health.v1.HealthListResponse"

    statuses: tuple[_Entry, ...] = wire(1, "records", _Entry)


def _method(
    name: str, request: Any, response: Any, kind: CallKind = CallKind.UNARY_UNARY
) -> Method[Any, Any]:
    return Method(SERVICE, name, request, response, kind)


CHECK = _method("Check", HealthCheckRequest, HealthCheckResponse)
LIST = _method("List", HealthListRequest, HealthListResponse)
WATCH = _method("Watch", HealthCheckRequest, HealthCheckResponse, CallKind.UNARY_STREAM)
DRAINING = "the server is shutting down"


class Statuses:
    """The statuses of a server's services: what the handlers of either flavour tell.

    A service that finds its database gone calls :meth:`set`; the server itself sets everything to
    NOT_SERVING when it starts to drain.
    """

    def __init__(self, services: Iterable[str]) -> None:
        """Make all services, and the server as a whole, SERVING."""
        self._statuses = dict.fromkeys(("", *services), ServingStatus.SERVING)
        self._draining = False

    def get(self, service: str = "") -> ServingStatus | None:
        """The status of a service, or None where there is no such service."""
        return self._statuses.get(service)

    def set(self, service: str, status: ServingStatus) -> None:
        """Change the status of a service; without effect once the server drains."""
        if not self._draining:
            self._statuses[service] = status
            self._notify()

    def drain(self) -> None:
        """Set everything to NOT_SERVING for good and end the streams of those who watch."""
        self._draining = True
        self._statuses = dict.fromkeys(self._statuses, ServingStatus.NOT_SERVING)
        self._notify()

    def _notify(self) -> None:
        """Wake those who watch."""
        raise NotImplementedError

    def _watched(self, service: str) -> ServingStatus:
        status = self.get(service)
        return ServingStatus.SERVICE_UNKNOWN if status is None else status

    def _checked(self, request: HealthCheckRequest) -> HealthCheckResponse:
        status = self.get(request.service)
        if status is None:
            raise NotFound(f"unknown service {request.service!r}")
        return HealthCheckResponse(status)

    def _listed(self) -> HealthListResponse:
        statuses = sorted(self._statuses.items())
        return HealthListResponse(
            tuple(
                _Entry(name, HealthCheckResponse(status)) for name, status in statuses
            )
        )


class Health(Statuses):
    """The statuses of an async server, and the handlers that tell them."""

    def __init__(self, services: Iterable[str]) -> None:
        """Make all services, and the server as a whole, SERVING."""
        super().__init__(services)
        self._changed = asyncio.Event()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def check(
        self, request: HealthCheckRequest, _context: CallContext
    ) -> HealthCheckResponse:
        """The status of one service now.

        Raises:
            NotFound: there is no such service.
        """
        return self._checked(request)

    async def list(
        self, _request: HealthListRequest, _context: CallContext
    ) -> HealthListResponse:
        """The status of every service now."""
        return self._listed()

    async def watch(
        self, request: HealthCheckRequest, _context: CallContext
    ) -> AsyncIterator[HealthCheckResponse]:
        """The status of one service now and whenever it changes.

        Raises:
            Unavailable: the server drains; a watching client then looks for another one.
        """
        last: ServingStatus | None = None
        while True:
            changed = self._changed
            status = self._watched(request.service)
            if status is not last:
                last = status
                yield HealthCheckResponse(status)
            if self._draining:
                # A stream that stays open would hold up the drain until its grace is over.
                raise Unavailable(DRAINING)
            await changed.wait()

    def binding(self) -> ServiceBinding:
        """The methods with what serves them."""
        return ServiceBinding(
            SERVICE,
            object,
            (
                Binding(CHECK, self.check),
                Binding(LIST, self.list),
                Binding(WATCH, self.watch),
            ),
        )
