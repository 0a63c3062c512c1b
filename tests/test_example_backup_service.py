"""The example service over a real socket: our clients and the official stubs get the same answers."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import pytest
from portworx._runtime.rpc import FailedPrecondition, InvalidArgument, NotFound, RpcError
from portworx._runtime.rpc.details import ResourceInfo
from portworx._runtime.rpc.testing import running, serving
from portworx.common.apiv1.pagination import PageBasedPaginationRequest
from portworx.common.apiv1.sort import Sort, SortBy, SortOrder
from portworx.pds.backup.apiv1 import backup as api
from portworx.pds.backup.apiv1.backup import (
    Backup,
    BackupServiceClient,
    BackupServiceSyncClient,
    DeleteBackupRequest,
    GetBackupRequest,
    ListBackupsRequest,
    Status,
)
from support import BACKUP, PROTO_DIR, ROOT, include_dirs

from examples.backup_service.seed import COUNT, rows
from examples.backup_service.service import BackupService
from examples.backup_service.store import Store

ROWS = list(rows())
FIRST = ROWS[0]


def uid(backup: Backup) -> str:
    assert backup.meta is not None
    return backup.meta.uid


def seeded() -> BackupService:
    store = Store()
    store.add(ROWS)
    return BackupService(store)


def uid_in_phase(phase: Status.Phase) -> str:
    return next(uid(row.backup) for row in ROWS if row.backup.status and row.backup.status.phase == phase)


Call = tuple[str, dict[str, Any]]


def calls() -> list[Call]:
    """A conversation with the service, in ProtoJSON."""
    deployment = {"dataServiceDeploymentId": FIRST.deployment_id}
    running_uid, done_uid = uid_in_phase(Status.Phase.IN_PROGRESS), uid_in_phase(Status.Phase.COMPLETED)
    pages = [
        (
            "ListBackups",
            {"pagination": {"pageNumber": str(page), "pageSize": "10"}, "sort": {"sortBy": "NAME"}, **deployment},
        )
        for page in (1, 2, 3, 4)
    ]
    sorts = [
        ("ListBackups", {"sort": {"sortBy": by, "sortOrder": order}, "pagination": {"pageSize": "7"}, **deployment})
        for by in ("NAME", "CREATED_AT", "UPDATED_AT", "PHASE", "FIELD_UNSPECIFIED")
        for order in ("ASC", "DESC", "VALUE_UNSPECIFIED")
    ]
    return [
        ("GetBackup", {"id": uid(FIRST.backup)}),
        ("GetBackup", {"id": "bkp:none"}),
        ("GetBackup", {}),
        *pages,
        *sorts,
        ("ListBackups", {}),
        ("ListBackups", {"dataServiceDeploymentId": FIRST.deployment_id}),
        ("ListBackups", {"backupConfigId": FIRST.config_id}),
        ("ListBackups", {"backupConfigId": "bkc:none"}),
        ("ListBackups", {"pagination": {"pageNumber": "-1"}, **deployment}),
        ("ListBackups", {"pagination": {"pageSize": "-1"}, **deployment}),
        ("ListBackups", {"pagination": {"pageNumber": "1000000", "pageSize": "1000"}, **deployment}),
        ("ListBackups", {"pagination": {"pageNumber": str(2**63 - 1), "pageSize": str(2**63 - 1)}, **deployment}),
        ("DeleteBackup", {"id": running_uid}),
        ("DeleteBackup", {"id": running_uid, "force": True}),
        ("GetBackup", {"id": running_uid}),
        ("DeleteBackup", {"id": done_uid}),
        ("DeleteBackup", {"id": done_uid}),
        ("DeleteBackup", {}),
        ("ListBackups", {"pagination": {"pageSize": "1"}, **deployment}),
    ]


def request_of(method: str, value: dict[str, Any]) -> Any:
    return getattr(api, f"{method}Request").from_dict(value)


def python_name(method: str) -> str:
    return {"GetBackup": "get_backup", "DeleteBackup": "delete_backup", "ListBackups": "list_backups"}[method]


def answer(response: Any) -> list[Any]:
    return ["OK", {} if response is None else response.to_dict()]


async def our_async_answers() -> list[list[Any]]:
    answers = []
    async with running(seeded()) as client:
        for method, value in calls():
            try:
                answers.append(
                    answer(await getattr(client, python_name(method))(request_of(method, value), timeout=10))
                )
            except RpcError as error:
                answers.append([error.code.name, error.message])
    return answers


async def our_sync_answers() -> list[list[Any]]:
    def ask(address: str) -> list[list[Any]]:
        answers = []
        with grpc.insecure_channel(address) as channel:
            client = BackupServiceSyncClient(channel)
            for method, value in calls():
                try:
                    answers.append(answer(getattr(client, python_name(method))(request_of(method, value), timeout=10)))
                except RpcError as error:
                    answers.append([error.code.name, error.message])
        return answers

    async with serving(seeded()) as server:
        return await asyncio.to_thread(ask, server.address)


@pytest.fixture(scope="module")
def official_stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from grpc_tools import protoc

    out = tmp_path_factory.mktemp("stubs")
    names = [str(path.relative_to(PROTO_DIR)) for path in sorted(PROTO_DIR.rglob("*.proto"))]
    assert BACKUP in names
    paths = [f"-I{path}" for path in (PROTO_DIR, *include_dirs())]
    assert protoc.main(["protoc", *paths, f"--python_out={out}", f"--grpc_python_out={out}", *names]) == 0
    return out


async def official_answers(stubs: Path) -> list[list[Any]]:
    async with serving(seeded()) as server:
        script = ROOT / "tests" / "interop" / "official_client.py"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(script),
            str(stubs),
            server.address,
            json.dumps(calls()),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    answers: list[list[Any]] = json.loads(out)
    return answers


def test_our_clients_and_the_official_stubs_get_the_same_answers(official_stubs: Path) -> None:
    ours = asyncio.run(our_async_answers())
    assert ours == asyncio.run(official_answers(official_stubs))
    assert ours == asyncio.run(our_sync_answers())
    codes = {code for code, _ in ours}
    assert codes == {"OK", "NOT_FOUND", "INVALID_ARGUMENT", "FAILED_PRECONDITION"}


def test_get_returns_what_was_stored() -> None:
    async def test() -> None:
        async with running(seeded()) as client:
            assert await client.get_backup(GetBackupRequest(id=uid(FIRST.backup))) == FIRST.backup

    asyncio.run(test())


def test_pages_cover_everything_once_and_end_with_minus_one() -> None:
    expected = [uid(row.backup) for row in ROWS if row.deployment_id == FIRST.deployment_id]

    async def test(client: BackupServiceClient) -> None:
        seen: list[str] = []
        page, previous = 1, -1
        while page != -1:
            request = ListBackupsRequest(
                list_by=ListBackupsRequest.DataServiceDeploymentId(FIRST.deployment_id),
                pagination=PageBasedPaginationRequest(page_number=page, page_size=6),
            )
            response = await client.list_backups(request)
            place = response.pagination
            assert place is not None
            assert (place.current_page, place.page_size, place.prev_page) == (page, 6, previous)
            assert (place.total_records, place.total_pages) == (len(expected), 5)
            seen += map(uid, response.backups)
            page, previous = place.next_page, page
        assert seen == expected

    async def main() -> None:
        async with running(seeded()) as client:
            await test(client)

    asyncio.run(main())


def test_the_oneof_filters() -> None:
    async def main() -> None:
        async with running(seeded()) as client:
            by_deployment = await client.list_backups(
                ListBackupsRequest(list_by=ListBackupsRequest.DataServiceDeploymentId(FIRST.deployment_id))
            )
            by_config = await client.list_backups(
                ListBackupsRequest(list_by=ListBackupsRequest.BackupConfigId(FIRST.config_id))
            )
        expected = [row.backup for row in ROWS if row.deployment_id == FIRST.deployment_id]
        assert len(expected) == COUNT // 12
        assert by_deployment.backups == expected == by_config.backups

    asyncio.run(main())


def test_sorting() -> None:
    async def main() -> None:
        async with running(seeded()) as client:
            response = await client.list_backups(
                ListBackupsRequest(
                    list_by=ListBackupsRequest.DataServiceDeploymentId(FIRST.deployment_id),
                    sort=Sort(sort_by=SortBy.Field.PHASE, sort_order=SortOrder.Value.DESC),
                    pagination=PageBasedPaginationRequest(page_size=COUNT),
                )
            )
        phases = [backup.status.phase for backup in response.backups if backup.status]
        assert len(phases) == COUNT // 12
        assert phases == sorted(phases, reverse=True)
        assert len(set(phases)) == 3

    asyncio.run(main())


def test_errors_have_typed_details() -> None:
    async def main() -> None:
        async with running(seeded()) as client:
            with pytest.raises(NotFound) as missing:
                await client.get_backup(GetBackupRequest(id="bkp:none"))
            assert missing.value.reason == "BACKUP_NOT_FOUND"
            assert missing.value.find(ResourceInfo) == ResourceInfo("pds/Backup", "bkp:none")
            with pytest.raises(InvalidArgument) as wrong:
                await client.list_backups(
                    ListBackupsRequest(list_by=ListBackupsRequest.BackupConfigId("x"), sort=Sort())
                )
            assert [violation.field for violation in wrong.value.violations] == ["sort.sort_by"]
            with pytest.raises(InvalidArgument) as broken:
                await client.list_backups(ListBackupsRequest(pagination=PageBasedPaginationRequest(page_size=-1)))
            assert [(found.field, found.reason) for found in broken.value.violations] == [
                ("list_by", "required"),
                ("pagination.page_size", "int64.gte_lte"),
            ]
            with pytest.raises(FailedPrecondition):
                await client.delete_backup(DeleteBackupRequest(id=uid_in_phase(Status.Phase.IN_PROGRESS)))

    asyncio.run(main())


def test_the_seed_is_the_same_every_time() -> None:
    again = list(rows())
    assert [row.backup for row in again] == [row.backup for row in ROWS]
    assert len({uid(row.backup) for row in again}) == COUNT
    assert all(re.fullmatch(r"bkp:[0-9a-f-]{36}", uid(row.backup)) for row in again)


def test_the_program_serves_prints_how_to_call_it_and_drains(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.backup_service", "--address", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, "--database", str(tmp_path / "backups.db")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.fullmatch(
            rf"{COUNT} backups on (127\.0\.0\.1:\d+) \(gRPC\) and (127\.0\.0\.1:\d+) \(HTTP\)\n", first
        )
        assert found, first
        help_text = "".join(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
        with grpc.insecure_channel(found[1]) as channel:
            request = GetBackupRequest(id=uid(FIRST.backup))
            assert BackupServiceSyncClient(channel).get_backup(request, timeout=10) == FIRST.backup
        with urllib.request.urlopen(f"http://{found[2]}/pds/v1/backups/{uid(FIRST.backup)}", timeout=10) as answer:
            assert json.loads(answer.read()) == FIRST.backup.to_dict()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "grpcurl -plaintext" in help_text
    assert "buf curl" in help_text
    assert "stopped serving" in errors
