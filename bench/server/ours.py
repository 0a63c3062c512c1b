"""Our async skeleton with validation, error mapping and the access log on."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace
from typing import Any

from portworx._runtime.rpc import CallContext, NotFound
from portworx._runtime.rpc.chain import Settings
from portworx._runtime.rpc.serve import serve
from portworx._runtime.rpc.server import Config
from portworx._runtime.wkt import Timestamp
from portworx.common.apiv1.meta import models as meta
from portworx.pds.backup.apiv1.backup import (
    Backup,
    BackupServiceBase,
    DeleteBackupRequest,
    GetBackupRequest,
    ListBackupsRequest,
    ListBackupsResponse,
    models,
)
from sample import BY_UID, ROWS, build

API = SimpleNamespace(**{**vars(meta), **vars(models), "Phase": models.Status.Phase})


def time(seconds: int) -> Any:
    return Timestamp(seconds=seconds)


class Service(BackupServiceBase):
    async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
        row = BY_UID.get(request.id)
        if row is None:
            raise NotFound("no such backup")
        backup: Backup = build(row, API, time)
        return backup

    async def list_backups(self, request: ListBackupsRequest, context: CallContext) -> ListBackupsResponse:
        return ListBackupsResponse(backups=[build(row, API, time) for row in ROWS])

    async def delete_backup(self, request: DeleteBackupRequest, context: CallContext) -> None:
        raise NotFound("no such backup")


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, filename="/dev/null", format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    serve(
        Service(),
        config=Config(address="127.0.0.1:0", settings=Settings(access_log="quiet" not in sys.argv)),
        uvloop="uvloop" in sys.argv,
        started=lambda server: print(server.port, flush=True),
    )
