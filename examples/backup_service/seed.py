"""A few hundred plausible backups; the same ones every time."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from portworx._runtime.wkt import Timestamp
from portworx.common.apiv1.meta import Meta, Reference
from portworx.pds.backup.apiv1.backup import Backup, Config, DataServiceDeploymentMetaData, References, Status

from .store import Row

COUNT = 300
_DEPLOYMENTS = 12
_START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
_SERVICES = (("PostgreSQL", "16.4"), ("MySQL", "8.0.39"), ("Kafka", "3.7.1"), ("Redis", "7.2.5"), ("MongoDB", "7.0.14"))
_CLUSTERS = ("prod-eu-1", "prod-us-2", "staging")
_PHASES = (Status.Phase.COMPLETED,) * 8 + (Status.Phase.FAILED, Status.Phase.IN_PROGRESS)


def rows(count: int = COUNT) -> Iterator[Row]:
    """Backups of a dozen deployments, one every two hours."""
    chance = random.Random(20260105)
    deployments = [_Deployment(chance, number) for number in range(_DEPLOYMENTS)]
    for number in range(count):
        deployment = deployments[number % _DEPLOYMENTS]
        yield deployment.backup(chance, number)


class _Deployment:
    """One data service deployment and its schedule of backups."""

    def __init__(self, chance: random.Random, number: int) -> None:
        self.service, self.version = _SERVICES[number % len(_SERVICES)]
        self.name = f"{self.service.lower()}-{number:02}"
        self.cluster = _CLUSTERS[number % len(_CLUSTERS)]
        self.uid = _uid(chance, "dep")
        self.config = _uid(chance, "bkc")
        self.image = _uid(chance, "img")
        self.build = f"{self.version}-{chance.getrandbits(28):07x}"

    def backup(self, chance: random.Random, number: int) -> Row:
        started = _START + timedelta(hours=2 * number, seconds=chance.randrange(600))
        finished = started + timedelta(seconds=chance.randrange(30, 3600))
        phase = chance.choice(_PHASES)
        failed, running = phase == Status.Phase.FAILED, phase == Status.Phase.IN_PROGRESS
        backup = Backup(
            meta=Meta(
                uid=_uid(chance, "bkp"),
                name=f"{self.name}-{started:%Y%m%d-%H%M}",
                description=f"Scheduled backup of {self.name}",
                resource_version=str(1000 + number),
                create_time=Timestamp.from_datetime(started),
                update_time=Timestamp.from_datetime(started if running else finished),
                labels={"backup-config": self.config, "tier": "gold" if number % 3 else "silver"},
                parent_reference=Reference(type="dataservicedeployment", version="v1", uid=self.uid),
            ),
            config=Config(references=References(image_id=self.image), backup_capability="v1.2.0"),
            status=Status(
                cloud_snap_id=f"{self.cluster}/{chance.getrandbits(60):015x}",
                start_time=Timestamp.from_datetime(started),
                completion_time=None if running else Timestamp.from_datetime(finished),
                phase=phase,
                error_code="SNAPSHOT_FAILED" if failed else "",
                error_message="the cloud snapshot did not finish in time" if failed else "",
                file_size=0 if failed or running else chance.randrange(10**6, 10**11),
                data_service_deployment_meta_data=DataServiceDeploymentMetaData(
                    name=self.name,
                    custom_resource_name=f"{self.service.lower()}-{self.uid[4:12]}",
                    target_cluster_name=self.cluster,
                    namespace_name=f"pds-{self.cluster}",
                    tls_enabled=bool(number % 2),
                    data_service_name=self.service,
                    data_service_version=self.version,
                    image_build=self.build,
                ),
            ),
        )
        return Row(backup, self.uid, self.config)


def _uid(chance: random.Random, prefix: str) -> str:
    return f"{prefix}:{uuid.UUID(int=chance.getrandbits(128), version=4)}"
