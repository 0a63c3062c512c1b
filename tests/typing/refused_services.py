"""What type checkers refuse: one flavour of a service where the other one belongs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from flavoured._runtime.rpc import CallContext, Settings, SyncSettings
from flavoured._runtime.rpc.border import Server, SyncServer
from flavoured._runtime.rpc.chain import add_service
from flavoured._runtime.rpc.rest import RestApp
from flavoured._runtime.rpc.serve import serve
from flavoured._runtime.rpc.server import Config, GrpcServer
from flavoured._runtime.rpc.sync_chain import add_sync_service
from flavoured._runtime.rpc.sync_serve import serve_sync
from flavoured._runtime.rpc.sync_server import SyncConfig, SyncGrpcServer
from flavoured._runtime.rpc.testing import running, running_sync
from flavoured.sync.flavours import Book, ShopBase, ShopSyncBase, add_shop, add_shop_sync


def sync_on_an_async_server(server: Server, impl: ShopSyncBase) -> None:
    add_shop(server, impl)


def async_on_a_sync_server(server: SyncServer, impl: ShopBase) -> None:
    add_shop_sync(server, impl)


def the_wrong_server(server: SyncServer, impl: ShopBase) -> None:
    add_shop(server, impl)


def the_wrong_sync_server(server: Server, impl: ShopSyncBase) -> None:
    add_shop_sync(server, impl)


def a_sync_binding(server: Server, impl: ShopSyncBase) -> None:
    add_service(server, impl.binding())


def an_async_binding(server: SyncServer, impl: ShopBase) -> None:
    add_sync_service(server, impl.binding())


def serving_sync(impl: ShopSyncBase) -> None:
    serve(impl)


def serving_async(impl: ShopBase) -> None:
    serve_sync(impl)


def in_an_async_server(impl: ShopSyncBase) -> None:
    GrpcServer([impl], Config())


def in_a_sync_server(impl: ShopBase) -> None:
    SyncGrpcServer([impl], SyncConfig())


def config_of_the_other(impl: ShopSyncBase) -> None:
    serve_sync(impl, config=Config())


def settings_of_the_other(settings: SyncSettings) -> Config:
    return Config(settings=settings)


def sync_settings_of_the_other(settings: Settings) -> SyncConfig:
    return SyncConfig(settings=settings)


def what_is_no_service_over_http(impl: object) -> None:
    RestApp(impl)


async def running_the_other(impl: ShopSyncBase) -> None:
    async with running(impl):
        pass


def running_the_async_one(impl: ShopBase) -> None:
    with running_sync(impl):
        pass


class AsyncMethod(ShopSyncBase):
    async def get_book(self, request: Book, context: CallContext) -> Book:
        return request


class AsyncGenerator(ShopSyncBase):
    async def download(self, request: Book, context: CallContext) -> AsyncIterator[Book]:
        yield request


class PlainMethod(ShopBase):
    def get_book(self, request: Book, context: CallContext) -> Book:
        return request
