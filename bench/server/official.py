"""The bare official aio skeleton with ``_pb2`` messages: ``official.py STUBS``."""

from __future__ import annotations

import asyncio
import sys

from plain_rows import PlainRow, plain_rows

sys.path.insert(0, sys.argv[1])

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from public.portworx.common.apiv1.meta_pb2 import Meta, Reference
from public.portworx.pds.backup.apiv1 import backup_pb2_grpc
from public.portworx.pds.backup.apiv1.backup_pb2 import (
    Backup,
    Config,
    DataServiceDeploymentMetaData,
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
            phase=row.phase,
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


class Service(backup_pb2_grpc.BackupServiceServicer):
    async def GetBackup(self, request, context):  # noqa: N802
        row = BY_UID.get(request.id)
        if row is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such backup")
        return build(row)

    async def ListBackups(self, request, context):  # noqa: N802
        return ListBackupsResponse(backups=[build(row) for row in ROWS])


async def main() -> None:
    server = grpc.aio.server()
    backup_pb2_grpc.add_BackupServiceServicer_to_server(Service(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
