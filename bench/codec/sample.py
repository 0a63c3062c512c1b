"""The messages that are measured: how a program builds them, and how it reads every field."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

LIST_LENGTH = 100


def backup(t: SimpleNamespace) -> Any:
    """A Backup of about 800 bytes, built by keyword arguments from a contender's types."""
    return t.Backup(
        meta=t.Meta(
            uid="bkp:3f1c2a9e-7f0e-4a52-9a43-0c7d3f9b1e77",
            name="nightly-postgres-2026-11-24",
            description="Nightly backup of the order database",
            resource_version="184467",
            create_time=t.timestamp(1_795_478_400, 123_456_000),
            update_time=t.timestamp(1_795_478_460, 654_321_000),
            labels={"team": "payments", "environment": "production", "tier": "gold", "region": "eu-central-1"},
            annotations={"owner": "jane.doe@example.com", "change-ticket": "OPS-4711", "retention": "35 days"},
            parent_reference=t.Reference(
                type="deployment", version="v3", uid="dep:5b0e7c1a-2f4d-4c7e-8b6a-1d2e3f4a5b6c"
            ),
            resource_names={
                "dep:5b0e7c1a-2f4d-4c7e-8b6a-1d2e3f4a5b6c": "orders",
                "img:9d8c7b6a-5f4e-3d2c-1b0a-9f8e7d6c5b4a": "postgresql-16.4",
            },
        ),
        config=t.Config(
            references=t.References(image_id="img:9d8c7b6a-5f4e-3d2c-1b0a-9f8e7d6c5b4a"), backup_capability="full"
        ),
        status=t.Status(
            cloud_snap_id="snap-0a1b2c3d4e5f60718",
            start_time=t.timestamp(1_795_478_401, 0),
            completion_time=t.timestamp(1_795_478_459, 999_000_000),
            phase=t.COMPLETED,
            error_code="WARN-17",
            error_message="2 of 41 tables were locked for more than 30 s and have been copied at the end",
            file_size=73_014_444_032,
            data_service_deployment_meta_data=t.DataServiceDeploymentMetaData(
                name="orders",
                custom_resource_name="postgresql-orders-5b0e7c1a",
                target_cluster_name="eu-central-1-prod",
                namespace_name="payments",
                tls_enabled=True,
                data_service_name="PostgreSQL",
                data_service_version="16.4",
                image_build="7a9c3f1",
            ),
        ),
    )


def backups(t: SimpleNamespace) -> Any:
    """A ListBackupsResponse with a page of Backups."""
    return t.ListBackupsResponse(
        backups=[backup(t) for _ in range(LIST_LENGTH)],
        pagination=t.PageBasedPaginationResponse(
            total_records=1234, current_page=2, page_size=LIST_LENGTH, total_pages=13, next_page=3, prev_page=1
        ),
    )


def read_backup(b: Any, timestamp: Any) -> None:
    """Read every field; ``timestamp`` reads a point in time."""
    m = b.meta
    m.uid, m.name, m.description, m.resource_version  # noqa: B018
    timestamp(m.create_time)
    timestamp(m.update_time)
    for _ in m.labels.items():
        pass
    for _ in m.annotations.items():
        pass
    r = m.parent_reference
    r.type, r.version, r.uid  # noqa: B018
    for _ in m.resource_names.items():
        pass
    c = b.config
    c.references.image_id, c.backup_capability  # noqa: B018
    s = b.status
    s.cloud_snap_id, s.phase, s.error_code, s.error_message, s.file_size  # noqa: B018
    timestamp(s.start_time)
    timestamp(s.completion_time)
    d = s.data_service_deployment_meta_data
    d.name, d.custom_resource_name, d.target_cluster_name, d.namespace_name  # noqa: B018
    d.tls_enabled, d.data_service_name, d.data_service_version, d.image_build  # noqa: B018


def read_backups(response: Any, timestamp: Any) -> None:
    """Read every field of a page."""
    for b in response.backups:
        read_backup(b, timestamp)
    p = response.pagination
    p.total_records, p.current_page, p.page_size, p.total_pages, p.next_page, p.prev_page  # noqa: B018
