"""connectrpc: messages of protobuf-py, gRPC's protocol on hypercorn, an ASGI server with HTTP/2."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from hypercorn.asyncio import serve
from hypercorn.config import Config
from peer.public.portworx.common.apiv1 import meta_pb
from peer.public.portworx.pds.backup.apiv1 import backup_connect, backup_pb
from protobuf.wkt.google.protobuf.timestamp_pb import Timestamp
from sample import BY_UID, ROWS, build

API = SimpleNamespace(**{**vars(meta_pb), **vars(backup_pb), "Phase": backup_pb.Status.Phase})


def time(seconds: int) -> Any:
    return Timestamp(seconds=seconds)


class Service:
    async def get_backup(self, request, ctx):
        row = BY_UID.get(request.id)
        if row is None:
            raise ConnectError(Code.NOT_FOUND, "no such backup")
        return build(row, API, time)

    async def list_backups(self, request, ctx):
        return API.ListBackupsResponse(backups=[build(row, API, time) for row in ROWS])

    async def delete_backup(self, request, ctx):
        raise ConnectError(Code.NOT_FOUND, "no such backup")


async def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "ERROR"
    print(listener.getsockname()[1], flush=True)
    await serve(backup_connect.BackupServiceASGIApplication(Service()), config)


if __name__ == "__main__":
    asyncio.run(main())
