"""A process that only serves: its signals, its garbage collector, and several of it on one port."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable

from .config import BaseConfig, log

SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""What ends a process in good order."""

_GC_THRESHOLDS = (20_000, 10, 10)


def tune_collector() -> None:
    """Let the garbage collector leave what start-up has made alone, and look less often."""
    # What start-up has made stays: the garbage collector need not look at it again and again. And
    # one response of some size makes more objects than the 700 after which it looks by default.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def in_workers(
    work: Callable[[str], None],
    workers: int,
    config: BaseConfig,
    services: Iterable[object],
    made: type[object],
) -> None:
    """Do the work in several processes that share a port, until a signal ends them.

    Args:
        work: serves on the address that it is given.
        workers: how many processes.
        config: with the address ``host:port``; port 0 takes a free one, the same for all.
        services: what is served; functions, since an implementation must not cross a fork.
        made: the class of implementations.

    Raises:
        ValueError: the address is a unix socket, HTTP has no port, or a service is made already.
        ChildProcessError: a worker ended by itself; the others have been stopped.
    """
    if config.address.startswith("unix:"):
        raise ValueError("several workers need a TCP address")
    if config.http and config.http.endswith(":0"):
        raise ValueError("several workers need a port for HTTP that is not 0")
    if any(isinstance(service, made) for service in services):
        raise ValueError(
            "with several workers pass functions that make the services, not the services"
        )
    with _reserved(config.address) as reserved:
        _supervise(lambda: work(reserved.name), workers)


class _reserved:
    """A bound socket that does not listen: it keeps the port while workers come and go."""

    def __init__(self, address: str) -> None:
        self._host, _, port = address.rpartition(":")
        family = socket.AF_INET6 if self._host.startswith("[") else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._port = int(port)
        self.name = address

    def __enter__(self) -> _reserved:
        self._socket.bind((self._host.strip("[]"), self._port))
        self.name = f"{self._host}:{self._socket.getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _supervise(work: Callable[[], None], workers: int) -> None:
    """Fork workers, pass signals on to them, and wait for all of them."""
    stopping = False
    pids: set[int] = set()

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in pids:
            os.kill(pid, signal.SIGTERM)

    previous = {number: signal.signal(number, stop) for number in SIGNALS}
    failed = 0
    try:
        for _ in range(workers):
            pid = os.fork()
            if pid == 0:
                _child(work)
            pids.add(pid)
        while pids:
            pid, status = os.wait()
            pids.discard(pid)
            if not stopping or status:
                failed += 1
                log.error(
                    "worker %d ended with status %d",
                    pid,
                    os.waitstatus_to_exitcode(status),
                )
                stop()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if failed:
        raise ChildProcessError(f"{failed} of {workers} workers failed; see the log")


def _child(work: Callable[[], None]) -> None:
    status = 1
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        work()
        status = 0
    except BaseException:
        log.exception("worker failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
