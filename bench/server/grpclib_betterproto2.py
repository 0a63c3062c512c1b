"""betterproto2 on a bare grpclib server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import grpclib
from grpclib.server import Server
from peer.public.portworx.common import v1 as meta
from peer.public.portworx.pds.backup import v1 as backup
from sample import BY_UID, ROWS, build

API = SimpleNamespace(**{**vars(meta), **vars(backup), "Phase": backup.StatusPhase})


def time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Service(backup.BackupServiceBase):
    async def get_backup(self, message):
        row = BY_UID.get(message.id)
        if row is None:
            raise grpclib.GRPCError(grpclib.const.Status.NOT_FOUND, "no such backup")
        return build(row, API, time)

    async def list_backups(self, message):
        return API.ListBackupsResponse(backups=[build(row, API, time) for row in ROWS])


async def main() -> None:
    server = Server([Service()])
    await server.start("127.0.0.1", 0)
    print(server._server.sockets[0].getsockname()[1], flush=True)
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
