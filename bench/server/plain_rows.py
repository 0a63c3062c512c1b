"""What a database would return: the values of 100 backups, of no message type."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

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
