"""Typed errors, one for each status code: raised by handlers, and by clients when a call fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from . import details as _details
from .details import (
    AnyDetail,
    BadRequest,
    ErrorInfo,
    FieldViolation,
    Status,
    Violations,
)
from .status import StatusCode

D = TypeVar("D")

MAXIMUM_STATUS_BYTES = 6 * 1024
"""Most that a google.rpc.Status may take in the trailers.

Peers cut or refuse metadata beyond 8 KiB, at random and with RESOURCE_EXHAUSTED instead of the error;
binary metadata may travel as base64.
"""
MAXIMUM_VIOLATIONS = 50
_MAXIMUM_MESSAGE = 512


class RpcError(Exception):
    """A call that fails with a status.

    Handlers raise the subclass that fits; its message and details are sent to the caller, so they
    must hold nothing that the caller may not see. Clients raise the same classes.

    Attributes:
        code: the status code; set by the subclass.
        message: one sentence for developers, in English (google.aip.dev/193).
        details: typed details: those of :mod:`.details`, or generated messages.
        remote: whether the error came from another server. One that a handler does not catch is
            answered with INTERNAL: what another server said may not be meant for our caller.
        metadata: trailing metadata of a failed call, as pairs.
    """

    code: ClassVar[StatusCode] = StatusCode.UNKNOWN

    def __init__(
        self,
        message: str = "",
        *,
        details: Iterable[Any] = (),
        reason: str = "",
        domain: str = "",
    ) -> None:
        """Make an error.

        Args:
            message: one sentence for developers; shown to the caller.
            details: records of :mod:`.details` or generated messages.
            reason: a reason in UPPER_SNAKE_CASE; makes an ErrorInfo detail.
            domain: where the reason is unique, such as the service's full name.
        """
        # Another exception is a message often enough: its text is meant.
        self.message = message = str(message)
        super().__init__(message)
        info = (ErrorInfo(reason, domain),) if reason else ()
        self.details: tuple[Any, ...] = (*info, *details)
        self.remote = False
        self.metadata: tuple[tuple[str, str | bytes], ...] = ()

    def find(self, kind: type[D]) -> D | None:
        """The first detail of a type, or None."""
        return next(
            (detail for detail in self.details if isinstance(detail, kind)), None
        )

    @property
    def reason(self) -> str:
        """The reason of the error's ErrorInfo, or an empty string."""
        info = self.find(ErrorInfo)
        return info.reason if info else ""

    @property
    def violations(self) -> tuple[FieldViolation, ...]:
        """What is wrong with which field of the request, where the server says so."""
        found = self.find(BadRequest)
        return found.field_violations if found else ()

    @property
    def rule_violations(self) -> tuple[_details.RuleViolation, ...]:
        """The broken validation rules, where the server says so."""
        found = self.find(Violations)
        return found.violations if found else ()

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}" if self.message else self.code.name


class Cancelled(RpcError):
    """The caller gave up, or the handler did for it."""

    code = StatusCode.CANCELLED


class Unknown(RpcError):
    """An error of another system that fits no other code."""

    code = StatusCode.UNKNOWN


class InvalidArgument(RpcError):
    """The request is wrong, whatever the state of the system."""

    code = StatusCode.INVALID_ARGUMENT


class DeadlineExceeded(RpcError):
    """The time was over before the work was done."""

    code = StatusCode.DEADLINE_EXCEEDED


class NotFound(RpcError):
    """What the request names does not exist."""

    code = StatusCode.NOT_FOUND


class AlreadyExists(RpcError):
    """What the request would create exists already."""

    code = StatusCode.ALREADY_EXISTS


class PermissionDenied(RpcError):
    """The caller is known and may not do this."""

    code = StatusCode.PERMISSION_DENIED


class ResourceExhausted(RpcError):
    """A quota or a resource is used up."""

    code = StatusCode.RESOURCE_EXHAUSTED


class FailedPrecondition(RpcError):
    """The system is not in a state for this; trying again without changing it is pointless."""

    code = StatusCode.FAILED_PRECONDITION


class Aborted(RpcError):
    """A conflict with another operation; the caller may start the whole sequence again."""

    code = StatusCode.ABORTED


class OutOfRange(RpcError):
    """Beyond the valid range, such as past the end of a file."""

    code = StatusCode.OUT_OF_RANGE


class Unimplemented(RpcError):
    """The service does not have or does not support the operation."""

    code = StatusCode.UNIMPLEMENTED


class Internal(RpcError):
    """The server is broken."""

    code = StatusCode.INTERNAL


class Unavailable(RpcError):
    """The service cannot be reached right now; trying again may help."""

    code = StatusCode.UNAVAILABLE


class DataLoss(RpcError):
    """Data is lost for good."""

    code = StatusCode.DATA_LOSS


class Unauthenticated(RpcError):
    """The request has no valid credentials."""

    code = StatusCode.UNAUTHENTICATED


_CLASSES: dict[StatusCode, type[RpcError]] = {
    cls.code: cls
    for cls in (
        Cancelled,
        Unknown,
        InvalidArgument,
        DeadlineExceeded,
        NotFound,
        AlreadyExists,
        PermissionDenied,
        ResourceExhausted,
        FailedPrecondition,
        Aborted,
        OutOfRange,
        Unimplemented,
        Internal,
        Unavailable,
        DataLoss,
        Unauthenticated,
    )
}


def remote_error(
    code: int,
    message: str,
    status: bytes | None,
    metadata: Sequence[tuple[str, str | bytes]] = (),
) -> RpcError:
    """The typed error for a status that another server sent.

    Args:
        code: the number of the status code.
        message: the status message.
        status: a serialized google.rpc.Status (metadata ``grpc-status-details-bin``), or None.
        metadata: all trailing metadata.
    """
    try:
        cls = _CLASSES.get(StatusCode(code), Unknown)
    except ValueError:
        cls = Unknown
    decoded: tuple[Any, ...] = ()
    if status is not None:
        try:
            decoded = tuple(
                _details.unpack(detail) for detail in Status.from_bytes(status).details
            )
        except ValueError:
            decoded = ()
    error = cls(message, details=decoded)
    error.remote = True
    error.metadata = tuple(metadata)
    return error


def status_of(error: RpcError) -> Status:
    """What is sent for an error: message and details, as many of them as fit."""
    message = shortened(error.message)
    details: list[AnyDetail] = [_details.pack(detail) for detail in error.details]
    status = Status(int(error.code), message, tuple(details))
    while details and len(status.to_bytes()) > MAXIMUM_STATUS_BYTES:
        details.pop()
        status = Status(int(error.code), message, tuple(details))
    return status


def shortened(message: str) -> str:
    """A status message that can be sent: of bounded size, for it travels percent-encoded in the trailers.

    Lone surrogates, which file names may bring in and UTF-8 does not have, are written as escapes.
    """
    if len(message) > _MAXIMUM_MESSAGE:
        message = f"{message[: _MAXIMUM_MESSAGE - 3]}..."
    return message.encode(errors="backslashreplace").decode()
