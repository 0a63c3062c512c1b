"""The access log: lines that wait for each other, and none that fails the call that it is about."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from time import perf_counter, time
from typing import Any

import pytest
from rpc_messages import Text, method

from protoc_gen_pds.runtime.rpc import errors
from protoc_gen_pds.runtime.rpc.access import AccessLog, access_log
from protoc_gen_pds.runtime.rpc.base import ServiceBase, SyncServiceBase
from protoc_gen_pds.runtime.rpc.border import aio, grpc
from protoc_gen_pds.runtime.rpc.chain import Settings
from protoc_gen_pds.runtime.rpc.client import async_unary_unary
from protoc_gen_pds.runtime.rpc.context import CallContext
from protoc_gen_pds.runtime.rpc.method import Binding, CallKind, ServiceBinding, SyncServiceBinding
from protoc_gen_pds.runtime.rpc.server import Config, GrpcServer
from protoc_gen_pds.runtime.rpc.status import StatusCode
from protoc_gen_pds.runtime.rpc.sync_client import sync_unary_unary
from protoc_gen_pds.runtime.rpc.sync_server import SyncConfig
from protoc_gen_pds.runtime.rpc.testing import serving, serving_sync

CALL = method(CallKind.UNARY_UNARY)


def answer(request: Text) -> Text:
    if request.text == "missing":
        raise errors.NotFound("none")
    return request


class Async(ServiceBase[object]):
    async def call(self, request: Text, context: CallContext) -> Text:
        return answer(request)

    def binding(self) -> ServiceBinding:
        return ServiceBinding("test.Service", Async, (Binding(CALL, self.call),))


class Sync(SyncServiceBase[object]):
    def call(self, request: Text, context: CallContext) -> Text:
        return answer(request)

    def binding(self) -> SyncServiceBinding:
        return SyncServiceBinding("test.Service", Sync, (Binding(CALL, self.call),))


def call_async() -> None:
    async def test() -> None:
        async with (
            asyncio.timeout(20),
            serving(Async(), config=Config(reflection=False)) as server,
            aio.insecure_channel(server.address) as channel,
        ):
            await call_twice(channel)

    asyncio.run(test())


def call_async_waiting() -> None:
    asyncio.run(with_server(call_twice, delay=0.01))


async def call_twice(channel: Any) -> None:
    call = async_unary_unary(channel, CALL)
    assert (await call(Text("x"), timeout=3)).text == "x"
    with pytest.raises(errors.NotFound):
        await call(Text("missing"), timeout=3)


async def with_server(use: Callable[[Any], Awaitable[None]], delay: float) -> None:
    config = Config("127.0.0.1:0", reflection=False, grace=1.0, settings=Settings(access_log_delay=delay))
    async with (
        asyncio.timeout(20),
        GrpcServer([Async()], config) as server,
        aio.insecure_channel(server.address) as channel,
    ):
        await use(channel)


def call_sync() -> None:
    with (
        serving_sync(Sync(), config=SyncConfig(reflection=False)) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        call = sync_unary_unary(channel, CALL)
        assert call(Text("x"), timeout=3).text == "x"
        with pytest.raises(errors.NotFound):
            call(Text("missing"), timeout=3)


def refuse(*_: Any, **__: Any) -> Any:
    raise LookupError("a broken line")


@pytest.fixture
def filtered() -> Iterator[None]:
    level = access_log.level
    access_log.setLevel(logging.INFO)
    access_log.addFilter(refuse)
    yield
    access_log.removeFilter(refuse)
    access_log.setLevel(level)


@pytest.mark.parametrize("calls", [call_async, call_async_waiting, call_sync])
@pytest.mark.usefixtures("filtered")
def test_a_filter_that_raises_fails_no_call(calls: Callable[[], None], capfd: pytest.CaptureFixture[str]) -> None:
    calls()
    assert capfd.readouterr().err.count("LookupError: a broken line") == 2


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    found: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record)

    handler, level = Keep(), access_log.level
    access_log.setLevel(logging.INFO)
    access_log.addHandler(handler)
    yield found
    access_log.removeHandler(handler)
    access_log.setLevel(level)


def end(log: AccessLog, name: str, code: StatusCode = StatusCode.OK) -> None:
    log.record(CallContext(request_id=name), code, perf_counter())


def ids(lines: list[logging.LogRecord]) -> list[Any]:
    return [vars(line)["rpc_request_id"] for line in lines]


def test_lines_wait_for_each_other_and_keep_the_time_of_their_calls(lines: list[logging.LogRecord]) -> None:
    async def test() -> None:
        log = AccessLog(0.05)
        before = time()
        end(log, "a")
        end(log, "b")
        after = time()
        assert not lines
        async with asyncio.timeout(20):
            while len(lines) < 2:
                await asyncio.sleep(0.01)
        for line in lines:
            assert before <= line.created <= after
            assert line.msecs == int(line.created % 1 * 1000)
        # The clock of a record begins with logging, whose start is the same for all of them.
        fresh = logging.LogRecord("x", 20, "", 0, "", (), None)
        for line in lines:
            assert fresh.relativeCreated - line.relativeCreated == pytest.approx(
                (fresh.created - line.created) * 1000, abs=0.1
            )
        end(log, "c")
        async with asyncio.timeout(20):
            while len(lines) < 3:
                await asyncio.sleep(0.01)

    asyncio.run(test())
    assert ids(lines) == ["a", "b", "c"]


def test_a_line_is_written_in_the_context_of_its_call(lines: list[logging.LogRecord]) -> None:
    trace: ContextVar[str] = ContextVar("trace", default="none")
    seen: list[str] = []

    def keep(_: logging.LogRecord) -> bool:
        seen.append(trace.get())
        return True

    async def call(log: AccessLog, name: str) -> None:
        trace.set(name)
        end(log, name)

    async def test() -> None:
        log = AccessLog(60)
        await asyncio.gather(call(log, "a"), call(log, "b"))
        log.write()

    access_log.addFilter(keep)
    try:
        asyncio.run(test())
    finally:
        access_log.removeFilter(keep)
    assert seen == ["a", "b"]


def written_together(*codes: StatusCode) -> None:
    async def test() -> None:
        log = AccessLog(60)
        for code in codes[:-1]:
            end(log, code.name, code)
        end(log, "last", codes[-1])
        log.write()

    asyncio.run(test())


def test_records_that_are_written_together_are_like_others(lines: list[logging.LogRecord]) -> None:
    def show(line: logging.LogRecord) -> bool:
        shown.append(formatter.format(line))
        return True

    shown: list[str] = []
    formatter = logging.Formatter("%(asctime)s %(message)s")
    own = {"created", "msecs", "relativeCreated", "msg", "levelno", "levelname", "message", "asctime"}
    access_log.addFilter(show)
    try:
        written_together(StatusCode.OK, StatusCode.NOT_FOUND, StatusCode.INTERNAL)
    finally:
        access_log.removeFilter(show)
    file = sys.modules[AccessLog.__module__].__file__
    assert file is not None
    fresh = logging.LogRecord(access_log.name, logging.INFO, file, 0, "", (), None)
    for line in lines:
        common = {name: value for name, value in vars(line).items() if not name.startswith("rpc_")}
        assert common.keys() - {"message", "asctime"} == vars(fresh).keys()
        assert {n: v for n, v in common.items() if n not in own} == {
            n: v for n, v in vars(fresh).items() if n not in own
        }
    assert [line.levelname for line in lines] == ["INFO", "INFO", "WARNING"]
    assert [line.levelno for line in lines] == [logging.INFO, logging.INFO, logging.WARNING]
    assert [text.split()[2] for text in shown] == ["OK", "NOT_FOUND", "INTERNAL"]


def test_an_application_makes_its_own_records(lines: list[logging.LogRecord]) -> None:
    class Own(logging.LogRecord):
        pass

    logging.setLogRecordFactory(Own)
    try:
        written_together(StatusCode.OK, StatusCode.OK)
    finally:
        logging.setLogRecordFactory(logging.LogRecord)
    assert [type(line) for line in lines] == [Own, Own]


def test_many_lines_do_not_wait(lines: list[logging.LogRecord]) -> None:
    async def test() -> None:
        log = AccessLog(60)
        for number in range(255):
            end(log, str(number))
        await asyncio.sleep(0)
        assert not lines
        end(log, "255")
        # The 256th call goes on first.
        assert not lines
        await asyncio.sleep(0)
        assert ids(lines) == [str(number) for number in range(256)]

    asyncio.run(test())


def test_a_surprise_does_not_wait_and_comes_in_its_turn(lines: list[logging.LogRecord]) -> None:
    async def test() -> None:
        log = AccessLog(60)
        end(log, "fine")
        end(log, "broken", StatusCode.INTERNAL)
        assert ids(lines) == ["fine", "broken"]

    asyncio.run(test())


def test_without_a_delay_and_after_the_end_each_line_is_written_at_once(lines: list[logging.LogRecord]) -> None:
    async def test() -> None:
        end(AccessLog(0), "a")
        assert ids(lines) == ["a"]
        log = AccessLog(60)
        end(log, "b")
        log.close()
        assert ids(lines) == ["a", "b"]
        end(log, "c")
        assert ids(lines) == ["a", "b", "c"]

    asyncio.run(test())


def test_a_server_that_stops_has_written_all_lines(lines: list[logging.LogRecord]) -> None:
    async def use(channel: Any) -> None:
        await call_twice(channel)
        assert not lines

    asyncio.run(with_server(use, delay=60))
    assert [vars(line)["rpc_code"] for line in lines] == ["OK", "NOT_FOUND"]


def test_in_a_test_lines_do_not_wait(lines: list[logging.LogRecord]) -> None:
    async def test() -> None:
        config = Config(reflection=False, settings=Settings(access_log_delay=60))
        async with (
            asyncio.timeout(20),
            serving(Async(), config=config) as server,
            aio.insecure_channel(server.address) as channel,
        ):
            await call_twice(channel)
            assert [vars(line)["rpc_code"] for line in lines] == ["OK", "NOT_FOUND"]

    asyncio.run(test())


PROGRAM = """
import asyncio, logging, sys
import test_access_log as t
from protoc_gen_pds.runtime.rpc.serve import serve

logging.basicConfig(level=logging.INFO, format="%(name)s %(message)s")
config = t.Config("127.0.0.1:0", reflection=False, settings=t.Settings(access_log_delay=60))

async def forgotten():
    server = t.GrpcServer([t.Async()], config)
    await server.start()
    async with t.aio.insecure_channel(server.address) as channel:
        await t.call_twice(channel)

if sys.argv[1] == "forgotten":
    asyncio.run(forgotten())
else:
    serve(t.Async(), config=config, started=lambda server: print(server.address, flush=True))
"""


def process(mode: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, mode],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def logged(errors: str) -> list[str]:
    return [line.split()[2] for line in errors.splitlines() if line.startswith(access_log.name)]


def test_a_process_that_never_stops_its_server_has_written_all_lines_when_it_ends() -> None:
    with process("forgotten") as server:
        _, errors = server.communicate(timeout=30)
    assert logged(errors) == ["OK", "NOT_FOUND"], errors


def test_a_process_that_is_told_to_stop_has_written_all_lines() -> None:
    async def use(address: str) -> None:
        async with asyncio.timeout(20), aio.insecure_channel(address) as channel:
            await call_twice(channel)

    with process("serve") as server:
        try:
            assert server.stdout is not None
            asyncio.run(use(server.stdout.readline().strip()))
        finally:
            server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0
    assert logged(errors) == ["OK", "NOT_FOUND"], errors
