"""Our async skeleton with validation, error mapping and the access log on."""

from __future__ import annotations

import logging

from plain_rows import PlainRow, plain_rows
from portworx._runtime.rpc import CallContext, NotFound
from portworx._runtime.rpc.serve import serve
from portworx._runtime.rpc.server import Config as ServerConfig
from portworx._runtime.wkt import Timestamp
from portworx.common.apiv1.meta import Meta, Reference
from portworx.pds.backup.apiv1.backup import (
    Backup,
    BackupServiceBase,
    Config,
    DataServiceDeploymentMetaData,
    DeleteBackupRequest,
    GetBackupRequest,
    ListBackupsRequest,
    ListBackupsResponse,
    References,
    Status,
)

ROWS = plain_rows()
BY_UID = {row.uid: row for row in ROWS}


def build(row: PlainRow) -> Backup:
    return Backup(
        meta=Meta(
            uid=row.uid,
            name=row.name,
            description=row.description,
            resource_version=row.resource_version,
            create_time=Timestamp(seconds=row.created),
            update_time=Timestamp(seconds=row.updated),
            labels=row.labels,
            parent_reference=Reference(type="dataservicedeployment", version="v1", uid=row.parent),
        ),
        config=Config(references=References(image_id=row.image_id), backup_capability="v1.2.0"),
        status=Status(
            cloud_snap_id=row.cloud_snap_id,
            start_time=Timestamp(seconds=row.created),
            completion_time=Timestamp(seconds=row.completed),
            phase=Status.Phase(row.phase),
            file_size=row.file_size,
            data_service_deployment_meta_data=DataServiceDeploymentMetaData(
                name=row.deployment,
                custom_resource_name=row.resource,
                target_cluster_name=row.cluster,
                namespace_name=row.namespace,
                tls_enabled=row.tls,
                data_service_name=row.service,
                data_service_version=row.version,
                image_build=row.build,
            ),
        ),
    )


class Service(BackupServiceBase):
    async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
        row = BY_UID.get(request.id)
        if row is None:
            raise NotFound("no such backup")
        return build(row)

    async def list_backups(self, request: ListBackupsRequest, context: CallContext) -> ListBackupsResponse:
        return ListBackupsResponse(backups=[build(row) for row in ROWS])

    async def delete_backup(self, request: DeleteBackupRequest, context: CallContext) -> None:
        raise NotFound("no such backup")


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, filename="/dev/null", format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    serve(
        Service(),
        config=ServerConfig(address="127.0.0.1:0"),
        uvloop=False,
        started=lambda server: print(server.port, flush=True),
    )
