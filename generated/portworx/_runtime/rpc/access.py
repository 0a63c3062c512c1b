"""The access log: one line for each call when it ends, through logging."""

from __future__ import annotations

import logging
import traceback
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
    method, peer, request_id = context.method, context.peer, context.request_id
    path = "" if method is None else method.path
    text = f"{path} {code.name} {milliseconds:.2f}ms peer={peer} id={request_id}"
    if message:
        text = f"{text} {message!r}"
    try:
        # Made here rather than by log(): looking for the caller in the stack costs more than the rest.
        make = logging.getLogRecordFactory()
        line = make(access_log.name, level, __file__, 0, text, (), None)
        line.rpc_method = path
        line.rpc_code = code.name
        line.rpc_milliseconds = milliseconds
        line.rpc_peer = peer
        line.rpc_request_id = request_id
        access_log.handle(line)
    except Exception:
        # An application's filter or record factory, and no reason to fail the call; as logging does
        # with errors of its handlers.
        if logging.raiseExceptions:
            traceback.print_exc()
