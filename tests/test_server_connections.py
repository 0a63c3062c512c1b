"""Connections that get old, and connections whose other end is dead."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Self

import pytest
from raw_http2 import RawClient
from rpc_messages import Text, method

from protoc_gen_pds.runtime.rpc import errors
from protoc_gen_pds.runtime.rpc.base import ServiceBase, SyncServiceBase
from protoc_gen_pds.runtime.rpc.border import aio
from protoc_gen_pds.runtime.rpc.channel import ClientKeepalive, open_channel, open_sync_channel
from protoc_gen_pds.runtime.rpc.client import async_unary_unary
from protoc_gen_pds.runtime.rpc.method import Binding, CallKind, ServiceBinding, SyncServiceBinding
from protoc_gen_pds.runtime.rpc.server import Config, GrpcServer, Keepalive, Limits
from protoc_gen_pds.runtime.rpc.sync_client import sync_unary_unary
from protoc_gen_pds.runtime.rpc.sync_server import SyncConfig, SyncGrpcServer

UNARY = method(CallKind.UNARY_UNARY)


class Service(ServiceBase[object]):
    def __init__(self, handler: Any) -> None:
        self._binding = Binding(UNARY, handler, None)

    def binding(self) -> ServiceBinding:
        return ServiceBinding("test.Service", object, (self._binding,))


class SyncService(SyncServiceBase[object]):
    def __init__(self, handler: Any) -> None:
        self._binding = Binding(UNARY, handler, None)

    def binding(self) -> SyncServiceBinding:
        return SyncServiceBinding("test.Service", object, (self._binding,))


def config(**more: Any) -> Config:
    return Config(**{"address": "127.0.0.1:0", "reflection": False, "grace": 0.2, **more})


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(40):
            await test()

    asyncio.run(bounded())


# -- age ---------------------------------------------------------------------------------------------


def test_an_old_connection_is_left_and_no_call_is_lost() -> None:
    """Calls go on while their connections are replaced every quarter of a second, on two connections at first."""
    peers: set[str] = set()
    accepted = 0

    async def handler(request: Text, context: Any) -> Text:
        nonlocal accepted
        accepted += 1
        peers.add(context.peer)
        await asyncio.sleep(0.02)
        return request

    async def test() -> None:
        answered = 0
        async with GrpcServer([Service(handler)], config(limits=Limits(connection_age=0.25))) as server:
            end = time.monotonic() + 3

            async def caller(client: Callable[..., Awaitable[Any]]) -> None:
                nonlocal answered
                while time.monotonic() < end:
                    assert (await client(Text("x"), timeout=10)).text == "x"
                    answered += 1

            options = [("grpc.use_local_subchannel_pool", 1)]
            async with (
                open_channel(server.address, options=options) as one,
                open_channel(server.address, options=options) as two,
            ):
                clients = [async_unary_unary(channel, UNARY) for channel in (one, two)]
                await asyncio.gather(*(caller(client) for client in clients for _ in range(10)))
        assert answered == accepted > 200
        assert len(peers) > 6

    run(test)


@pytest.mark.parametrize("grace", [None, 0.3])
def test_calls_on_an_old_connection_take_their_time_unless_there_is_a_limit(grace: float | None) -> None:
    cancelled = asyncio.Event()

    async def handler(request: Text, context: Any) -> Text:
        try:
            await asyncio.sleep(1.5)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return request

    async def test() -> None:
        limits = Limits(connection_age=0.2, connection_age_grace=grace)
        # The grace of the drain is shorter than the call: it is not that of old connections.
        async with (
            GrpcServer([Service(handler)], config(limits=limits)) as server,
            open_channel(server.address) as channel,
        ):
            call = async_unary_unary(channel, UNARY)
            if grace is None:
                assert (await call(Text("x"), timeout=10)).text == "x"
            else:
                with pytest.raises(errors.Unavailable, match="max connection age"):
                    await call(Text("x"), timeout=10)
                await asyncio.wait_for(cancelled.wait(), 5)

    run(test)


def test_a_client_is_told_of_the_age_before_the_connection_closes() -> None:
    release = asyncio.Event()

    async def handler(request: Text, context: Any) -> Text:
        await release.wait()
        return request

    async def test() -> None:
        async with GrpcServer([Service(handler)], config(limits=Limits(connection_age=0.2))) as server:
            with RawClient(server.port, 65536) as client:
                client.call(1, UNARY.path, b"")
                assert await asyncio.to_thread(client.read, 1.0)
                # Twice: the first says that the end is near, the second, after a ping, which calls still count.
                assert client.goaways == 2
                release.set()
                assert not await asyncio.to_thread(client.read, 5.0)
                assert client.ended == {1}

    run(test)


# -- dead peers --------------------------------------------------------------------------------------


class Proxy:
    """Between a client and a server on the loopback address; ``dead`` swallows what both send."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self.dead = False
        self.address = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        for one, other in ((reader, far_writer), (far_reader, writer)):
            self._tasks.add(asyncio.create_task(self._pump(one, other)))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if not self.dead:
                    writer.write(data)


class Waiting:
    """A handler that waits for ever, and says when it begins and when it is cancelled."""

    def __init__(self) -> None:
        self.begun, self.cancelled = asyncio.Event(), asyncio.Event()

    async def __call__(self, request: Text, context: Any) -> Text:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()
        raise AssertionError("unreachable")


def test_a_server_cancels_the_calls_of_a_dead_client() -> None:
    waiting = Waiting()

    async def test() -> None:
        pings = Keepalive(interval=0.4, timeout=0.4)
        async with (
            GrpcServer([Service(waiting)], config(keepalive=pings)) as server,
            Proxy(server.port) as proxy,
            aio.insecure_channel(proxy.address) as channel,
        ):
            call = asyncio.create_task(async_unary_unary(channel, UNARY)(Text("x")))
            await waiting.begun.wait()
            # A client that is alive is left alone, for longer than it takes to find a dead one.
            await asyncio.sleep(1.5)
            assert not waiting.cancelled.is_set()
            proxy.dead = True
            await asyncio.wait_for(waiting.cancelled.wait(), 8)
            call.cancel()

    run(test)


def test_a_thread_is_told_that_its_client_is_dead() -> None:
    begun, noticed = threading.Event(), threading.Event()

    def handler(request: Text, context: Any) -> Text:
        begun.set()
        while context.is_active():
            time.sleep(0.02)
        noticed.set()
        return request

    async def test() -> None:
        pings = Keepalive(interval=0.4, timeout=0.4)
        server = SyncGrpcServer(
            [SyncService(handler)],
            SyncConfig(address="127.0.0.1:0", reflection=False, grace=0.2, keepalive=pings),
        )
        server.start()
        async with Proxy(server.port) as proxy, aio.insecure_channel(proxy.address) as channel:
            call = asyncio.create_task(async_unary_unary(channel, UNARY)(Text("x")))
            assert await asyncio.to_thread(begun.wait, 5)
            await asyncio.sleep(1.5)
            assert not noticed.is_set()
            proxy.dead = True
            assert await asyncio.to_thread(noticed.wait, 8)
            call.cancel()
        await asyncio.to_thread(server.stop)

    run(test)


@pytest.mark.parametrize("flavour", ["async", "sync"])
def test_a_client_gives_a_dead_server_up(flavour: str) -> None:
    waiting = Waiting()
    pings = ClientKeepalive(interval=0.4, timeout=0.4)

    def call_on_a_thread(address: str) -> None:
        with open_sync_channel(address, keepalive=pings) as channel:
            sync_unary_unary(channel, UNARY)(Text("x"))

    async def call_in_the_loop(address: str) -> None:
        async with open_channel(address, keepalive=pings) as channel:
            await async_unary_unary(channel, UNARY)(Text("x"))

    async def test() -> None:
        async with (
            GrpcServer([Service(waiting)], config(keepalive=Keepalive(client_interval=0.1))) as server,
            Proxy(server.port) as proxy,
        ):
            call = asyncio.ensure_future(
                call_in_the_loop(proxy.address)
                if flavour == "async"
                else asyncio.to_thread(call_on_a_thread, proxy.address)
            )
            await waiting.begun.wait()
            # More pings than gRPC sends by itself while there is no data.
            await asyncio.sleep(2.5)
            assert not call.done()
            proxy.dead = True
            with pytest.raises(errors.Unavailable, match="ping timeout"):
                await asyncio.wait_for(call, 8)

    run(test)
