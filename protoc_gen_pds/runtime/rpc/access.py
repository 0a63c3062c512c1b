"""The access log: one line for each call when it ends, through logging."""

from __future__ import annotations

import asyncio
import logging
import traceback
import weakref
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from time import perf_counter, time
from typing import Protocol

from .context import CallContext
from .status import StatusCode

access_log = logging.getLogger("pds.rpc.access")
"""Logger of calls, at level INFO; the values are attributes of the record as well, for JSON formatters."""

_SURPRISES = frozenset({StatusCode.INTERNAL, StatusCode.UNKNOWN, StatusCode.DATA_LOSS})
# By code: looking at an enum's member, or for it, costs more than an index.
_NAMES = [code.name for code in sorted(StatusCode)]
_LEVELS = [
    logging.WARNING if code in _SURPRISES else logging.INFO
    for code in sorted(StatusCode)
]
_ADDED = (
    "rpc_method",
    "rpc_code",
    "rpc_milliseconds",
    "rpc_peer",
    "rpc_request_id",
)
_TOGETHER = 256


class Recorder(Protocol):
    """:func:`record`, or :meth:`AccessLog.record`."""

    def __call__(
        self, context: CallContext, code: StatusCode, started: float, message: str = ""
    ) -> None:
        """Log the end of a call."""


_Line = tuple[int, float, str, StatusCode, float, str, str, str]
"""What is logged of a call, taken at its end, since grpcio must not be asked later: level, time of the end,
path, status, milliseconds, peer, request id and message."""


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
    level = _LEVELS[code]
    if access_log.isEnabledFor(level):
        _write(_line(level, context, code, started, message), _made)


class AccessLog:
    """The access log of an async server, whose lines wait for each other for a moment.

    Between two calls the processor's caches hold gRPC's core and nothing of logging: a line that is
    written there takes three times as long as one that follows another.
    """

    def __init__(self, delay: float) -> None:
        """Make a log.

        Args:
            delay: seconds that a line may wait; 0 to write each one at the end of its call.
        """
        self._delay = delay
        self._lines: deque[tuple[Context, _Line]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        # Where nothing stops the server: at the end of the process, and before that of logging.
        weakref.finalize(self, _write_all, self._lines)

    def record(
        self, context: CallContext, code: StatusCode, started: float, message: str = ""
    ) -> None:
        """Log the end of a call as :func:`record` does, if not at once; called in the event loop only."""
        level = _LEVELS[code]
        if not access_log.isEnabledFor(level):
            return
        # Filters and record factories find the ids of a trace in the context of its call.
        self._lines.append(
            (copy_context(), _line(level, context, code, started, message))
        )
        if level > logging.INFO or not self._delay:
            self.write()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._delay, self._due)
        elif len(self._lines) == _TOGETHER:
            # Not here: the answer of this call comes first.
            asyncio.get_running_loop().call_soon(self.write)

    def write(self) -> None:
        """Write the lines that wait."""
        _write_all(self._lines)

    def close(self) -> None:
        """Write the lines that wait, and from now on each one at once."""
        self._delay = 0.0
        self.write()

    def _due(self) -> None:
        self._timer = None
        self.write()


def _line(
    level: int, context: CallContext, code: StatusCode, started: float, message: str
) -> _Line:
    method = context.method
    return (
        level,
        time(),
        "" if method is None else method.path,
        code,
        (perf_counter() - started) * 1000,
        context.peer,
        context.request_id,
        message,
    )


def _write_all(lines: deque[tuple[Context, _Line]]) -> None:
    make = _copies() if len(lines) > 1 else _made
    while lines:
        context, line = lines.popleft()
        context.run(_write, line, make)


def _made(level: int, text: str) -> logging.LogRecord:
    # Rather than by log(): looking for the caller in the stack costs more than the rest.
    make = logging.getLogRecordFactory()
    return make(access_log.name, level, __file__, 0, text, (), None)


def _copies() -> Callable[[int, str], logging.LogRecord]:
    """As :func:`_made`, for lines that are written together, unless the application makes its own records.

    A LogRecord asks for file, process and thread, which are the same for all of them: that is
    what takes most of the time to make one.
    """
    if logging.getLogRecordFactory() is not logging.LogRecord:
        return _made
    # With those that a line adds: a dict that grows after it was copied is copied twice.
    attributes = dict.fromkeys(_ADDED) | vars(_made(logging.INFO, ""))
    if "taskName" in attributes:
        # Of the task that writes them, if any, and that is not theirs.
        attributes["taskName"] = None

    def copy(level: int, text: str) -> logging.LogRecord:
        made = logging.LogRecord.__new__(logging.LogRecord)
        made.__dict__ = attributes.copy()
        made.msg = text
        if level != logging.INFO:
            made.levelno, made.levelname = level, logging.getLevelName(level)
        return made

    return copy


def _write(line: _Line, make: Callable[[int, str], logging.LogRecord]) -> None:
    level, ended, path, code, milliseconds, peer, request_id, message = line
    name = _NAMES[code]
    text = f"{path} {name} {milliseconds:.2f}ms peer={peer} id={request_id}"
    if message:
        text = f"{text} {message!r}"
    try:
        made = make(level, text)
        made.relativeCreated -= (made.created - ended) * 1000
        made.created = ended
        made.msecs = float(int(ended % 1 * 1000))
        made.rpc_method = path
        made.rpc_code = name
        made.rpc_milliseconds = milliseconds
        made.rpc_peer = peer
        made.rpc_request_id = request_id
        access_log.handle(made)
    except Exception:
        # An application's filter or record factory, and no reason to fail the call; as logging does
        # with errors of its handlers.
        if logging.raiseExceptions:
            traceback.print_exc()
