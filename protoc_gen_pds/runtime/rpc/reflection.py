"""Server reflection, v1 and v1alpha: what grpcurl, buf curl and the like ask a server for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from .context import CallContext
from .descriptors import DescriptorIndex
from .method import (
    Binding,
    CallKind,
    Method,
    ServiceBinding,
    SyncServiceBinding,
)
from .record import Record, wire
from .status import StatusCode

SERVICES = (
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
)
"""The two versions have the same messages; older tools know only the second."""


@dataclass(frozen=True)
class ExtensionRequest(Record):
    """An extension by the message that it extends and its number."""

    containing_type: str = wire(1, "string")
    extension_number: int = wire(2, "int")


@dataclass(frozen=True)
class ReflectionRequest(Record):
    """One question; exactly one of the fields after ``host`` is set."""

    _full_name: ClassVar[str] = "grpc.reflection.v1.ServerReflectionRequest"

    host: str = wire(1, "string")
    file_by_filename: str | None = wire(3, "string?")
    file_containing_symbol: str | None = wire(4, "string?")
    file_containing_extension: ExtensionRequest | None = wire(
        5, "record", ExtensionRequest
    )
    all_extension_numbers_of_type: str | None = wire(6, "string?")
    list_services: str | None = wire(7, "string?")


@dataclass(frozen=True)
class FileDescriptorResponse(Record):
    """Serialized files: the one that was asked for, and its imports."""

    file_descriptor_proto: tuple[bytes, ...] = wire(1, "bytes_list")


@dataclass(frozen=True)
class ExtensionNumberResponse(Record):
    """Numbers of a message's extensions."""

    base_type_name: str = wire(1, "string")
    extension_number: tuple[int, ...] = wire(2, "ints")


@dataclass(frozen=True)
class ServiceResponse(Record):
    """One service."""

    name: str = wire(1, "string")


@dataclass(frozen=True)
class ListServiceResponse(Record):
    """The services of the server."""

    service: tuple[ServiceResponse, ...] = wire(1, "records", ServiceResponse)


@dataclass(frozen=True)
class ErrorResponse(Record):
    """A question that has no answer; the stream goes on."""

    error_code: int = wire(1, "int")
    error_message: str = wire(2, "string")


@dataclass(frozen=True)
class ReflectionResponse(Record):
    """One answer; exactly one of the last four fields is set."""

    _full_name: ClassVar[str] = "grpc.reflection.v1.ServerReflectionResponse"

    valid_host: str = wire(1, "string")
    original_request: ReflectionRequest | None = wire(2, "record", ReflectionRequest)
    file_descriptor_response: FileDescriptorResponse | None = wire(
        4, "record", FileDescriptorResponse
    )
    all_extension_numbers_response: ExtensionNumberResponse | None = wire(
        5, "record", ExtensionNumberResponse
    )
    list_services_response: ListServiceResponse | None = wire(
        6, "record", ListServiceResponse
    )
    error_response: ErrorResponse | None = wire(7, "record", ErrorResponse)


class Reflection:
    """Answers questions about the services of one server."""

    def __init__(self, services: Iterable[str], files: Iterable[bytes]) -> None:
        """Describe services by serialized FileDescriptorProtos, which include all imports."""
        self._services = sorted({*services, *SERVICES})
        self._index = DescriptorIndex(files)

    async def info(
        self, requests: AsyncIterator[ReflectionRequest], _context: CallContext
    ) -> AsyncIterator[ReflectionResponse]:
        """Answer a stream of questions in order."""
        async for request in requests:
            yield self.answer(request)

    def answer(self, request: ReflectionRequest) -> ReflectionResponse:
        """Answer one question."""
        found: list[bytes] | None = None
        if request.list_services is not None:
            listed = ListServiceResponse(tuple(map(ServiceResponse, self._services)))
            return _answer(request, list_services_response=listed)
        if request.file_by_filename is not None:
            wanted, found = (
                request.file_by_filename,
                self._index.by_name(request.file_by_filename),
            )
        elif request.file_containing_symbol is not None:
            wanted = request.file_containing_symbol
            found = self._index.by_symbol(wanted)
        elif request.file_containing_extension is not None:
            asked = request.file_containing_extension
            wanted = f"{asked.containing_type}[{asked.extension_number}]"
            found = self._index.by_extension(
                asked.containing_type, asked.extension_number
            )
        elif request.all_extension_numbers_of_type is not None:
            wanted = request.all_extension_numbers_of_type
            numbers = self._index.extension_numbers(wanted)
            if numbers is not None:
                answer = ExtensionNumberResponse(wanted, tuple(numbers))
                return _answer(request, all_extension_numbers_response=answer)
        else:
            error = ErrorResponse(
                int(StatusCode.INVALID_ARGUMENT), "the request asks nothing"
            )
            return _answer(request, error_response=error)
        if found is None:
            error = ErrorResponse(
                int(StatusCode.NOT_FOUND), f"{wanted} is not known here"
            )
            return _answer(request, error_response=error)
        return _answer(
            request, file_descriptor_response=FileDescriptorResponse(tuple(found))
        )

    def sync_info(
        self, requests: Iterator[ReflectionRequest], _context: CallContext
    ) -> Iterator[ReflectionResponse]:
        """Answer a stream of questions in order, on a sync server."""
        return map(self.answer, requests)

    def bindings(self) -> tuple[ServiceBinding, ...]:
        """The service in both versions."""
        return tuple(
            ServiceBinding(method.service, object, (Binding(method, self.info),))
            for method in _METHODS
        )

    def sync_bindings(self) -> tuple[SyncServiceBinding, ...]:
        """The service in both versions, for a sync server."""
        return tuple(
            SyncServiceBinding(
                method.service, object, (Binding(method, self.sync_info),)
            )
            for method in _METHODS
        )


def _method(service: str) -> Method[Any, Any]:
    request: Any = ReflectionRequest
    response: Any = ReflectionResponse
    return Method(
        service, "ServerReflectionInfo", request, response, CallKind.STREAM_STREAM
    )


_METHODS = tuple(map(_method, SERVICES))


def _answer(request: ReflectionRequest, **answer: Any) -> ReflectionResponse:
    return ReflectionResponse(
        valid_host=request.host, original_request=request, **answer
    )
