"""protoc-gen-grpc-py: messages of protobuf-py on a bare aio server."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import grpc
from peer.public.portworx.common.apiv1 import meta_pb
from peer.public.portworx.pds.backup.apiv1 import backup_pb, backup_pb_grpc
from protobuf.wkt.google.protobuf.timestamp_pb import Timestamp
from sample import BY_UID, ROWS, build

API = SimpleNamespace(**{**vars(meta_pb), **vars(backup_pb), "Phase": backup_pb.Status.Phase})


def time(seconds: int) -> Any:
    return Timestamp(seconds=seconds)


class Service(backup_pb_grpc.BackupServiceService):
    async def get_backup(self, request, context):
        row = BY_UID.get(request.id)
        if row is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such backup")
        return build(row, API, time)

    async def list_backups(self, request, context):
        return API.ListBackupsResponse(backups=[build(row, API, time) for row in ROWS])


async def main() -> None:
    server = grpc.aio.server()
    Service().add_to_server(server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
