"""A server that stops: accepted calls get their answers, new ones are refused, and nothing waits for ever."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from raw_http2 import RawClient
from rpc_messages import Text, method

from protoc_gen_pds.runtime.rpc import errors
from protoc_gen_pds.runtime.rpc.base import ServiceBase, SyncServiceBase
from protoc_gen_pds.runtime.rpc.border import aio
from protoc_gen_pds.runtime.rpc.client import async_unary_stream, async_unary_unary
from protoc_gen_pds.runtime.rpc.method import Binding, CallKind, ServiceBinding, SyncServiceBinding
from protoc_gen_pds.runtime.rpc.server import Config, GrpcServer
from protoc_gen_pds.runtime.rpc.sync_server import SyncConfig, SyncGrpcServer

PATH = "/test.Service/Call"
ADDRESS = "127.0.0.1:0"


class Service(ServiceBase[object]):
    def __init__(self, handler: Any, kind: CallKind = CallKind.UNARY_UNARY) -> None:
        self._binding = Binding(method(kind), handler, None)

    def binding(self) -> ServiceBinding:
        return ServiceBinding("test.Service", object, (self._binding,))


class SyncService(SyncServiceBase[object]):
    def __init__(self, handler: Any) -> None:
        self._binding = Binding(method(CallKind.UNARY_UNARY), handler, None)

    def binding(self) -> SyncServiceBinding:
        return SyncServiceBinding("test.Service", object, (self._binding,))


def config(**more: Any) -> Config:
    return Config(**{"address": ADDRESS, "reflection": False, "grace": 15.0, **more})


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(bounded())


# -- answers that are on their way -------------------------------------------------------------------


def read_late(client: RawClient) -> None:
    """Read everything after the answer has been written, and write between the reads."""
    with suppress(OSError):
        client.nudge()
    time.sleep(0.2)
    with suppress(ConnectionError):
        while client.read(0.05) and not client.goaways:
            with suppress(ConnectionError):
                client.nudge()


@pytest.mark.parametrize("size", [20_000, 3_000_000])
def test_a_client_that_reads_late_gets_its_answer(size: int) -> None:
    """Without the gate the core closes the connection behind the answer, and the client's next frame resets it."""
    started, answered = asyncio.Event(), asyncio.Event()

    async def handler(request: Text, context: Any) -> Text:
        started.set()
        await answered.wait()
        return Text("x" * size)

    async def test() -> None:
        async with GrpcServer([Service(handler)], config()) as server:
            with RawClient(server.port, 4096 if size < 100_000 else 200_000) as client:
                client.call(1, PATH, b"")
                await started.wait()
                stop = asyncio.create_task(server.stop())
                await asyncio.sleep(0.1)
                await asyncio.to_thread(client.read, 0.2)
                answered.set()
                await asyncio.sleep(0.3)
                await asyncio.to_thread(read_late, client)
                assert client.ended == {1}
                assert client.received == {1: size + 5}
            await stop

    run(test)


def test_a_client_of_a_sync_server_that_reads_late_gets_its_answer() -> None:
    started, answered = threading.Event(), threading.Event()

    def handler(request: Text, context: Any) -> Text:
        started.set()
        assert answered.wait(10)
        return Text("x" * 20_000)

    with SyncGrpcServer([SyncService(handler)], SyncConfig(address=ADDRESS, reflection=False, grace=15)) as server:
        with RawClient(server.port, 4096) as client:
            client.call(1, PATH, b"")
            assert started.wait(10)
            stop = threading.Thread(target=server.stop)
            stop.start()
            time.sleep(0.1)
            client.read(0.2)
            answered.set()
            time.sleep(0.3)
            read_late(client)
            assert client.ended == {1}
            assert client.received == {1: 20_005}
        stop.join(10)
        assert not stop.is_alive()


# -- new calls, and calls that take long ---------------------------------------------------------------


def test_new_calls_are_refused_while_running_ones_end() -> None:
    release = asyncio.Event()
    begun: list[str] = []

    async def handler(request: Text, context: Any) -> Text:
        begun.append(request.text)
        await release.wait()
        return request

    async def test() -> None:
        server = GrpcServer([Service(handler)], config())
        await server.start()
        async with aio.insecure_channel(server.address) as channel:
            call = async_unary_unary(channel, method(CallKind.UNARY_UNARY))
            running = asyncio.create_task(call(Text("first")))
            while not begun:
                await asyncio.sleep(0.01)
            stop = asyncio.create_task(server.stop())
            await asyncio.sleep(0.05)
            with pytest.raises(errors.Unavailable, match="the server is shutting down"):
                await call(Text("second"), timeout=3)
            assert not stop.done()
            release.set()
            assert (await running).text == "first"
            await stop
        assert begun == ["first"]

    run(test)


def test_calls_that_run_longer_than_the_time_to_settle_still_have_the_grace() -> None:
    async def handler(request: Text, context: Any) -> Text:
        await asyncio.sleep(float(request.text))
        return request

    async def test() -> None:
        server = GrpcServer([Service(handler)], config(settle=0.1, grace=1.0))
        await server.start()
        async with aio.insecure_channel(server.address) as channel:
            call = async_unary_unary(channel, method(CallKind.UNARY_UNARY))
            short, long = (asyncio.create_task(call(Text(seconds))) for seconds in ("0.5", "30"))
            await asyncio.sleep(0.2)
            began = time.monotonic()
            await server.stop()
            # Its grace is over after one second, not after 0.1 and another second.
            assert 0.9 < time.monotonic() - began < 5
            assert (await short).text == "0.5"
            with pytest.raises((errors.Unavailable, errors.Cancelled)):
                await long

    run(test)


def test_streams_end_before_clients_are_sent_away() -> None:
    async def handler(request: Text, context: Any) -> AsyncIterator[Text]:
        for number in range(5):
            yield Text(str(number))
            await asyncio.sleep(0.1)

    async def test() -> None:
        server = GrpcServer([Service(handler, CallKind.UNARY_STREAM)], config())
        await server.start()
        async with aio.insecure_channel(server.address) as channel:
            stream = async_unary_stream(channel, method(CallKind.UNARY_STREAM))(Text())
            assert (await anext(stream)).text == "0"
            stop = asyncio.create_task(server.stop())
            assert [message.text async for message in stream] == ["1", "2", "3", "4"]
            await stop

    run(test)


def test_a_failed_and_a_cancelled_call_hold_nothing_up() -> None:
    async def handler(request: Text, context: Any) -> Text:
        if request.text == "fail":
            raise errors.NotFound("no")
        await asyncio.sleep(30)
        return request

    async def test() -> None:
        server = GrpcServer([Service(handler)], config())
        await server.start()
        async with aio.insecure_channel(server.address) as channel:
            call = async_unary_unary(channel, method(CallKind.UNARY_UNARY))
            with pytest.raises(errors.NotFound):
                await call(Text("fail"))
            waiting = asyncio.create_task(call(Text("wait")))
            await asyncio.sleep(0.1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await asyncio.sleep(0.1)
            began = time.monotonic()
            await server.stop()
            assert time.monotonic() - began < 3

    run(test)


def test_a_sync_server_refuses_and_forgets_ended_calls() -> None:
    begun, release = threading.Event(), threading.Event()

    def handler(request: Text, context: Any) -> Text:
        if request.text == "fail":
            raise errors.NotFound("no")
        begun.set()
        assert release.wait(10)
        return request

    def calls(address: str) -> Iterator[Any]:
        import grpc

        with grpc.insecure_channel(address) as channel:
            call = channel.unary_unary(PATH)
            with pytest.raises(grpc.RpcError):
                call(b"fail", timeout=5)
            yield call.future(b"first", timeout=10)
            with pytest.raises(grpc.RpcError) as refused:
                call(b"second", timeout=5)
            yield refused.value

    server = SyncGrpcServer([SyncService(handler)], SyncConfig(address=ADDRESS, reflection=False, grace=15))
    server.start()
    asked = calls(server.address)
    first = next(asked)
    assert begun.wait(5)
    stop = threading.Thread(target=server.stop)
    stop.start()
    time.sleep(0.1)
    refused = next(asked)
    assert (refused.code().name, refused.details()) == ("UNAVAILABLE", "the server is shutting down")
    release.set()
    assert first.result() == b"first"
    stop.join(10)
    assert not stop.is_alive()
