"""Services of both flavours, each where it belongs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from flavoured._runtime.rpc import CallContext, Settings, SyncSettings
from flavoured._runtime.rpc.border import Server, SyncServer
from flavoured._runtime.rpc.rest import RestApp
from flavoured._runtime.rpc.serve import serve
from flavoured._runtime.rpc.server import Config, GrpcServer
from flavoured._runtime.rpc.sync_serve import serve_sync
from flavoured._runtime.rpc.sync_server import SyncConfig, SyncGrpcServer
from flavoured._runtime.rpc.testing import running, running_sync
from flavoured.sync.flavours import (
    Book,
    ShopBase,
    ShopClient,
    ShopSyncBase,
    ShopSyncClient,
    add_shop,
    add_shop_sync,
)


class Shop(ShopBase):
    async def get_book(self, request: Book, context: CallContext) -> Book:
        return request

    async def upload(self, requests: AsyncIterator[Book], context: CallContext) -> Book:
        return await anext(requests)

    async def download(self, request: Book, context: CallContext) -> AsyncIterator[Book]:
        yield request

    async def ping(self, context: CallContext) -> None: ...


class SyncShop(ShopSyncBase):
    def get_book(self, request: Book, context: CallContext) -> Book:
        return request

    def upload(self, requests: Iterator[Book], context: CallContext) -> Book:
        return next(requests)

    def download(self, request: Book, context: CallContext) -> Iterator[Book]:
        yield request

    def chat(self, requests: Iterator[Book], context: CallContext) -> Iterator[Book]:
        return requests

    def ping(self, context: CallContext) -> None: ...


async def authenticate(context: CallContext) -> str:
    return context.header("x-user") or ""


def authenticate_sync(context: CallContext) -> str:
    return context.header("x-user") or ""


def serving() -> None:
    serve(Shop(), Shop, config=Config(settings=Settings(authenticate)))
    serve_sync(SyncShop(), SyncShop, config=SyncConfig(settings=SyncSettings(authenticate_sync), threads=4))
    GrpcServer([Shop()], Config())
    SyncGrpcServer([SyncShop()], SyncConfig())
    RestApp(Shop(), settings=Settings(authenticate))
    RestApp(SyncShop(), settings=SyncSettings(authenticate_sync), threads=4)


def registered(server: Server, sync_server: SyncServer) -> None:
    add_shop(server, Shop())
    add_shop_sync(sync_server, SyncShop())


async def tested() -> None:
    async with running(Shop()) as client:
        assert_type(client, ShopClient)
    with running_sync(SyncShop()) as sync_client:
        assert_type(sync_client, ShopSyncClient)
