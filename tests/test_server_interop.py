"""Foreign peers with our messages: a grpclib client and server, and slow readers of large streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import grpclib.client
import grpclib.const
import grpclib.server
import pytest
from portworx._runtime.rpc.border import aio
from portworx._runtime.rpc.testing import serving
from portworx.common.apiv1.meta import Meta
from portworx.pds.backup.apiv1.backup import (
    Backup,
    BackupServiceClient,
    GetBackupRequest,
    ListBackupsRequest,
    ListBackupsResponse,
)
from portworx.pds.backup.apiv1.backup.methods import BackupServiceMethods
from support import run_plugin

from examples.backup_service.seed import rows
from examples.backup_service.service import BackupService
from examples.backup_service.store import Store

ROWS = list(rows())
ImportTree = Callable[[dict[str, str], str], ModuleType]


def seeded() -> BackupService:
    store = Store()
    store.add(ROWS)
    return BackupService(store)


def test_a_grpclib_client_with_our_messages() -> None:
    async def test() -> None:
        async with serving(seeded()) as server:
            host, _, port = server.address.rpartition(":")
            async with grpclib.client.Channel(host, int(port)) as channel:
                method = BackupServiceMethods.LIST_BACKUPS
                call: Any = grpclib.client.UnaryUnaryMethod(channel, method.path, method.request, method.response)
                response = await call(
                    ListBackupsRequest(list_by=ListBackupsRequest.BackupConfigId(ROWS[0].config_id)), timeout=10
                )
                assert isinstance(response, ListBackupsResponse)
                assert response.backups == [row.backup for row in ROWS if row.config_id == ROWS[0].config_id]
                missing: Any = grpclib.client.UnaryUnaryMethod(
                    channel, BackupServiceMethods.GET_BACKUP.path, GetBackupRequest, Backup
                )
                with pytest.raises(grpclib.exceptions.GRPCError) as caught:
                    await missing(GetBackupRequest(id="bkp:none"), timeout=10)
                assert caught.value.status is grpclib.const.Status.NOT_FOUND

    asyncio.run(asyncio.wait_for(test(), 30))


def test_our_client_and_a_grpclib_server_with_our_messages() -> None:
    class Service:
        async def get(self, stream: Any) -> None:
            request = await stream.recv_message()
            await stream.send_message(Backup(meta=Meta(uid=request.id)))

        def __mapping__(self) -> dict[str, Any]:
            unary = grpclib.const.Cardinality.UNARY_UNARY
            path = BackupServiceMethods.GET_BACKUP.path
            return {path: grpclib.const.Handler(self.get, unary, GetBackupRequest, Backup)}

    async def test() -> None:
        server = grpclib.server.Server([Service()])
        await server.start("127.0.0.1", 0)
        assert server._server is not None
        port = server._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            answer = await BackupServiceClient(channel).get_backup(GetBackupRequest(id="x"), timeout=10)
        server.close()
        await server.wait_closed()
        assert answer == Backup(meta=Meta(uid="x"))

    asyncio.run(asyncio.wait_for(test(), 30))


STREAMS = """
syntax = "proto3";
package stream.v1;
import "google/protobuf/empty.proto";
message Chunk { bytes data = 1; int32 number = 2; }
service Streams {
  rpc Ping(google.protobuf.Empty) returns (google.protobuf.Empty);
  rpc Download(Chunk) returns (stream Chunk);
  rpc Upload(stream Chunk) returns (Chunk);
  rpc Chat(stream Chunk) returns (stream Chunk);
}
"""


def test_generated_streams_of_all_kinds_and_a_slow_reader(import_tree: ImportTree) -> None:
    api = import_tree(run_plugin({"streams.proto": STREAMS}, "package=stream_api"), "stream_api.streams")
    sent: list[int] = []

    class Service(api.StreamsBase):  # type: ignore[name-defined,misc]
        async def ping(self, context: Any) -> None:
            return None

        async def download(self, request: Any, context: Any) -> AsyncIterator[Any]:
            for number in range(request.number):
                sent.append(number)
                yield api.Chunk(number=number, data=bytes(100_000))

        async def upload(self, requests: AsyncIterator[Any], context: Any) -> Any:
            return api.Chunk(number=sum([request.number async for request in requests]))

        async def chat(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
            async for request in requests:
                yield api.Chunk(number=request.number * 2)

    async def test() -> None:
        testing = __import__("stream_api._runtime.rpc.testing", fromlist=["running"])
        async with testing.running(Service()) as client:
            assert await client.ping() is None
            assert (await client.upload([api.Chunk(number=n) for n in range(5)])).number == 10

            async def numbers() -> AsyncIterator[Any]:
                for number in range(3):
                    yield api.Chunk(number=number)

            assert [chunk.number async for chunk in client.chat(numbers())] == [0, 2, 4]
            stream = client.download(api.Chunk(number=200))
            assert (await anext(stream)).number == 0
            await asyncio.sleep(0.3)
            # 20 MB wait for a reader that takes its time: flow control holds the handler back.
            assert len(sent) < 100
            assert [chunk.number async for chunk in stream] == list(range(1, 200))

    asyncio.run(asyncio.wait_for(test(), 40))
