"""What every server answers: the values of 100 backups, of no message type, and the messages that hold them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "generated")]

from examples.backup_service.seed import rows


@dataclass(frozen=True, slots=True)
class PlainRow:
    uid: str
    name: str
    description: str
    resource_version: str
    created: int
    updated: int
    labels: dict[str, str]
    parent: str
    image_id: str
    cloud_snap_id: str
    completed: int
    phase: int
    file_size: int
    deployment: str
    resource: str
    cluster: str
    namespace: str
    tls: bool
    service: str
    version: str
    build: str


def plain_rows() -> list[PlainRow]:
    found = []
    for row in rows(100):
        meta, status, config = row.backup.meta, row.backup.status, row.backup.config
        assert meta and status and config and config.references and meta.create_time and meta.update_time
        deployment = status.data_service_deployment_meta_data
        assert deployment
        found.append(
            PlainRow(
                meta.uid,
                meta.name,
                meta.description,
                meta.resource_version,
                meta.create_time.seconds,
                meta.update_time.seconds,
                dict(meta.labels),
                row.deployment_id,
                config.references.image_id,
                status.cloud_snap_id,
                meta.update_time.seconds,
                int(status.phase),
                status.file_size,
                deployment.name,
                deployment.custom_resource_name,
                deployment.target_cluster_name,
                deployment.namespace_name,
                deployment.tls_enabled,
                deployment.data_service_name,
                deployment.data_service_version,
                deployment.image_build,
            )
        )
    return found


def build(row: PlainRow, api: Any, time: Any) -> Any:
    """A Backup; all contenders name its parts alike.

    Args:
        row: what a database would return.
        api: a module or namespace with the message types.
        time: makes a Timestamp of seconds.
    """
    return api.Backup(
        meta=api.Meta(
            uid=row.uid,
            name=row.name,
            description=row.description,
            resource_version=row.resource_version,
            create_time=time(row.created),
            update_time=time(row.updated),
            labels=row.labels,
            parent_reference=api.Reference(type="dataservicedeployment", version="v1", uid=row.parent),
        ),
        config=api.Config(references=api.References(image_id=row.image_id), backup_capability="v1.2.0"),
        status=api.Status(
            cloud_snap_id=row.cloud_snap_id,
            start_time=time(row.created),
            completion_time=time(row.completed),
            phase=api.Phase(row.phase),
            file_size=row.file_size,
            data_service_deployment_meta_data=api.DataServiceDeploymentMetaData(
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


ROWS = plain_rows()
BY_UID = {row.uid: row for row in ROWS}
