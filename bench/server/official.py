"""The bare official aio skeleton with ``_pb2`` messages."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from public.portworx.common.apiv1 import meta_pb2
from public.portworx.pds.backup.apiv1 import backup_pb2, backup_pb2_grpc
from sample import BY_UID, ROWS, build

API = SimpleNamespace(**{**vars(meta_pb2), **vars(backup_pb2), "Phase": int})


def time(seconds: int) -> Any:
    return Timestamp(seconds=seconds)


class Service(backup_pb2_grpc.BackupServiceServicer):
    async def GetBackup(self, request, context):  # noqa: N802
        row = BY_UID.get(request.id)
        if row is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such backup")
        return build(row, API, time)

    async def ListBackups(self, request, context):  # noqa: N802
        return API.ListBackupsResponse(backups=[build(row, API, time) for row in ROWS])


async def main() -> None:
    server = grpc.aio.server()
    backup_pb2_grpc.add_BackupServiceServicer_to_server(Service(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    if "uvloop" in sys.argv:
        import uvloop

        uvloop.run(main())
    else:
        asyncio.run(main())
