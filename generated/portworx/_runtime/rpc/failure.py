"""What a caller is told when a handler fails: typed errors as they are, everything else nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from ..errors import DecodeError
from ..validation import ValidationError
from .context import REQUEST_ID_KEY, CallContext, MetadataPairs
from .details import ErrorInfo, RequestInfo, Status, pack
from .errors import InvalidArgument, RpcError, shortened, status_of
from .method import Method, full_name_of
from .status import StatusCode
from .violations import validation_details, validation_message

errors_log = logging.getLogger("pds.rpc")
"""Logger of unexpected errors, with tracebacks."""

INTERNAL_MESSAGE = "internal error"
STATUS_KEY = "grpc-status-details-bin"


class HandlerError(Exception):
    """A handler broke its contract: it returned None, or something that is not the response."""


class MalformedRequest(InvalidArgument):
    """Bytes or JSON that are not the request's message; the reader's own words are for the caller."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A status to send.

    Attributes:
        code: the status code.
        message: the status message, of bounded size.
        status: the google.rpc.Status in full.
        trailing: trailing metadata: the handler's, the request id and the status.
    """

    code: StatusCode
    message: str
    status: Status
    trailing: MetadataPairs


def failure(
    error: BaseException, context: CallContext, method: Method[Any, Any]
) -> Failure:
    """Map an exception of the chain or of a handler to what is sent; log it if it is a surprise."""
    try:
        status = _typed(error, context, method)
    except Exception as broken:
        # Its details cannot be written: that is the handler's fault, and no answer either.
        error, status = broken, None
    if status is None:
        errors_log.error(
            "%s failed (request %s)",
            method.full_name,
            context.request_id,
            exc_info=(type(error), error, error.__traceback__),
        )
        status = Status(
            int(StatusCode.INTERNAL),
            INTERNAL_MESSAGE,
            (pack(RequestInfo(context.request_id)),),
        )
    trailing: list[tuple[str, str | bytes]] = [
        *context.trailing_metadata,
        (REQUEST_ID_KEY, context.request_id),
    ]
    if status.details:
        trailing.append((STATUS_KEY, status.to_bytes()))
    return Failure(StatusCode(status.code), status.message, status, tuple(trailing))


def _typed(
    error: BaseException, context: CallContext, method: Method[Any, Any]
) -> Status | None:
    """The status of an error that is meant for the caller; None for every other."""
    if isinstance(error, ValidationError):
        return Status(
            int(StatusCode.INVALID_ARGUMENT),
            shortened(validation_message(error)),
            validation_details(error, method.service),
        )
    if not isinstance(error, RpcError) or error.remote:
        return None
    status = status_of(error)
    if len(status.details) < len(error.details):
        errors_log.warning(
            "%s: %d of %d error details left out, they are too large for the trailers (request %s)",
            method.full_name,
            len(error.details) - len(status.details),
            len(error.details),
            context.request_id,
        )
    return status


def malformed(error: DecodeError, method: Method[Any, Any]) -> MalformedRequest:
    """The error for a request that cannot be read."""
    info = ErrorInfo("MALFORMED_REQUEST", method.service)
    return MalformedRequest(
        f"the request is not a {full_name_of(method.request)}: {error}", details=[info]
    )
