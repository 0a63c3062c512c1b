"""The access log: one line for each call when it ends, through logging."""

from __future__ import annotations

import logging
from time import perf_counter

from .context import CallContext
from .status import StatusCode

access_log = logging.getLogger("pds.rpc.access")
"""Logger of calls, at level INFO; the values are attributes of the record as well, for JSON formatters."""

_SURPRISES = frozenset({StatusCode.INTERNAL, StatusCode.UNKNOWN, StatusCode.DATA_LOSS})


def record(
    context: CallContext, code: StatusCode, started: float, message: str = ""
) -> None:
    """Log the end of a call.

    Args:
        context: the call.
        code: its status.
        started: ``time.perf_counter()`` at its start, in seconds.
        message: the status message of a failed call.
    """
    level = logging.WARNING if code in _SURPRISES else logging.INFO
    if not access_log.isEnabledFor(level):
        return
    milliseconds = (perf_counter() - started) * 1000
    method = context.method
    path = method.path if method is not None else ""
    access_log.log(
        level,
        "%s %s %.2fms peer=%s id=%s%s",
        path,
        code.name,
        milliseconds,
        context.peer,
        context.request_id,
        f" {message!r}" if message else "",
        extra={
            "rpc_method": path,
            "rpc_code": code.name,
            "rpc_milliseconds": milliseconds,
            "rpc_peer": context.peer,
            "rpc_request_id": context.request_id,
        },
    )
