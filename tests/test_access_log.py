"""The access log must not fail the calls that it is about, whatever an application has put into logging."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rpc_messages import Text, method

from protoc_gen_pds.runtime.rpc import errors
from protoc_gen_pds.runtime.rpc.access import access_log
from protoc_gen_pds.runtime.rpc.base import ServiceBase, SyncServiceBase
from protoc_gen_pds.runtime.rpc.border import aio, grpc
from protoc_gen_pds.runtime.rpc.client import async_unary_unary
from protoc_gen_pds.runtime.rpc.context import CallContext
from protoc_gen_pds.runtime.rpc.method import Binding, CallKind, ServiceBinding, SyncServiceBinding
from protoc_gen_pds.runtime.rpc.server import Config
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
            call = async_unary_unary(channel, CALL)
            assert (await call(Text("x"), timeout=3)).text == "x"
            with pytest.raises(errors.NotFound):
                await call(Text("missing"), timeout=3)

    asyncio.run(test())


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


@pytest.mark.parametrize("calls", [call_async, call_sync])
@pytest.mark.usefixtures("filtered")
def test_a_filter_that_raises_fails_no_call(calls: Callable[[], None], capfd: pytest.CaptureFixture[str]) -> None:
    calls()
    assert capfd.readouterr().err.count("LookupError: a broken line") == 2
