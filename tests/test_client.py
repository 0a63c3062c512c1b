"""Generated clients: typed errors with violations, options of a call, retries and iterators over pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
from portworx._runtime.rpc import CallContext, InvalidArgument, NotFound, Settings, Unavailable
from portworx._runtime.rpc.channel import Retry, idempotent, open_channel, open_sync_channel
from portworx._runtime.rpc.details import Violations
from portworx._runtime.rpc.paging import PagingError
from portworx._runtime.rpc.server import Config, GrpcServer
from portworx._runtime.rpc.testing import running, serving
from portworx.common.apiv1.meta import Meta
from portworx.common.apiv1.pagination import PageBasedPaginationRequest, PageBasedPaginationResponse
from portworx.pds.backup.apiv1.backup import (
    Backup,
    BackupServiceBase,
    BackupServiceClient,
    BackupServiceSyncClient,
    DeleteBackupRequest,
    GetBackupRequest,
    ListBackupsRequest,
    ListBackupsResponse,
    add_backup_service,
)
from portworx.pds.backup.apiv1.backup.methods import BackupServiceMethods
from support import run_plugin

from examples.backup_service.seed import rows
from examples.backup_service.service import BackupService
from examples.backup_service.store import Store

ImportTree = Callable[[dict[str, str], str], ModuleType]


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(40):
            await test()

    asyncio.run(bounded())


def seeded() -> BackupService:
    store = Store()
    store.add(rows())
    return BackupService(store)


LIST = ListBackupsRequest(list_by=ListBackupsRequest.BackupConfigId("bkc:1"))


# -- pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [1, 3])
def test_iterators_go_through_all_numbered_pages(start: int) -> None:
    everything = list(rows())
    request = ListBackupsRequest(
        list_by=ListBackupsRequest.DataServiceDeploymentId(everything[0].deployment_id),
        pagination=PageBasedPaginationRequest(page_number=start, page_size=6),
    )
    before = request.copy()
    expected = [row.backup for row in everything if row.deployment_id == everything[0].deployment_id][6 * (start - 1) :]
    assert len(expected) > 12

    def ask(address: str) -> list[Backup]:
        with grpc.insecure_channel(address) as channel:
            return list(BackupServiceSyncClient(channel).iterate_list_backups(request, timeout=10))

    async def test() -> None:
        async with running(seeded()) as client:
            assert [backup async for backup in client.iterate_list_backups(request, timeout=10)] == expected
        async with serving(seeded()) as server:
            assert await asyncio.to_thread(ask, server.address) == expected

    run(test)
    assert request == before


def test_an_iterator_asks_for_a_page_when_it_is_needed() -> None:
    asked: list[int] = []

    class Service(BackupServiceBase):
        async def list_backups(self, request: ListBackupsRequest, context: CallContext) -> ListBackupsResponse:
            assert request.pagination is not None
            page = request.pagination.page_number
            asked.append(page)
            return ListBackupsResponse(
                backups=[Backup(meta=Meta(uid=f"{page}.{n}")) for n in range(2)],
                pagination=PageBasedPaginationResponse(next_page=page + 1),
            )

    async def test() -> None:
        async with running(Service()) as client:
            pages = client.iterate_list_backups(LIST)
            seen = [(await anext(pages)).meta for _ in range(3)]
        assert [meta.uid for meta in seen if meta] == ["1.0", "1.1", "2.0"]
        assert asked == [1, 2]

    run(test)


def test_a_page_that_leads_to_itself_is_an_error_and_no_endless_loop() -> None:
    class Service(BackupServiceBase):
        async def list_backups(self, request: ListBackupsRequest, context: CallContext) -> ListBackupsResponse:
            return ListBackupsResponse(pagination=PageBasedPaginationResponse(next_page=1))

    async def test() -> None:
        async with running(Service()) as client:
            with pytest.raises(PagingError, match="page 1 is followed by page 1"):
                [backup async for backup in client.iterate_list_backups(LIST)]

    run(test)


TOKENS = """
syntax = "proto3";
package shop.v1;
message Book { string name = 1; }
message ListBooksRequest { int32 page_size = 1; string page_token = 2; }
message ListBooksResponse { repeated Book books = 1; string next_page_token = 2; }
message ListShelvesRequest { int32 page_size = 1; }
message ListShelvesResponse { repeated Book shelves = 1; }
service Library {
  rpc ListBooks(ListBooksRequest) returns (ListBooksResponse);
  rpc ListShelves(ListShelvesRequest) returns (ListShelvesResponse);
}
"""


def test_iterators_follow_page_tokens(import_tree: ImportTree) -> None:
    library = import_tree(run_plugin({"shop/library.proto": TOKENS}, "package=token_api"), "token_api.shop.library")

    class Service(library.LibraryBase):  # type: ignore[name-defined,misc]
        async def list_books(self, request: Any, context: Any) -> Any:
            first = int(request.page_token or 0)
            books = [library.Book(name=str(n)) for n in range(first, min(first + 2, 5))]
            return library.ListBooksResponse(books=books, next_page_token=str(first + 2) if first + 2 < 5 else "")

    assert not hasattr(library.LibraryClient, "iterate_list_shelves")

    async def test() -> None:
        runtime = __import__("token_api._runtime.rpc.testing", fromlist=["running"])
        async with runtime.running(Service()) as client:
            books = [book.name async for book in client.iterate_list_books(library.ListBooksRequest())]
        assert books == ["0", "1", "2", "3", "4"]

    run(test)


# -- retries -----------------------------------------------------------------------------------------


class Flaky(BackupServiceBase):
    """Fails twice, then answers."""

    def __init__(self) -> None:
        self.calls = 0

    async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
        self.calls += 1
        if self.calls < 3:
            raise Unavailable("not yet")
        return Backup()

    async def delete_backup(self, request: DeleteBackupRequest, context: CallContext) -> None:
        self.calls += 1
        raise Unavailable("not yet")


def test_retries_are_grpcs_own_and_only_for_the_methods_that_are_named() -> None:
    methods = idempotent(BackupServiceMethods.GET_BACKUP, BackupServiceMethods.DELETE_BACKUP)
    assert methods == [BackupServiceMethods.GET_BACKUP]
    retry = Retry(methods, initial_backoff=0.01, maximum_backoff=0.05)

    async def test() -> None:
        flaky = Flaky()
        async with serving(flaky) as server, open_channel(server.address, retry=retry) as channel:
            assert await BackupServiceClient(channel).get_backup(GetBackupRequest(id="bkp:1")) == Backup()
            assert flaky.calls == 3
            with pytest.raises(Unavailable, match="not yet"):
                await BackupServiceClient(channel).delete_backup(DeleteBackupRequest(id="bkp:1"))
            assert flaky.calls == 4

    run(test)


def test_sync_channels_retry_too() -> None:
    def ask(address: str) -> Backup:
        retry = Retry([BackupServiceMethods.GET_BACKUP], initial_backoff=0.01)
        with open_sync_channel(address, retry=retry) as channel:
            return BackupServiceSyncClient(channel).get_backup(GetBackupRequest(id="bkp:1"), timeout=10)

    async def test() -> None:
        async with serving(Flaky()) as server:
            assert await asyncio.to_thread(ask, server.address) == Backup()

    run(test)


# -- options of a call -------------------------------------------------------------------------------


def test_wait_for_ready_outlasts_a_server_that_starts_late(tmp_path: Path) -> None:
    async def test() -> None:
        address = f"unix:{tmp_path / 'late'}"
        options = [("grpc.initial_reconnect_backoff_ms", 100)]
        async with open_channel(address, options=options) as channel:
            client = BackupServiceClient(channel)
            with pytest.raises(Unavailable):
                await client.get_backup(GetBackupRequest(id="x"))
            waiting = asyncio.create_task(client.get_backup(GetBackupRequest(id="x"), wait_for_ready=True, timeout=20))
            await asyncio.sleep(0.3)
            async with GrpcServer([seeded()], Config(address=address)):
                with pytest.raises(NotFound):
                    await waiting

    run(test)


def test_credentials_of_a_call_reach_the_server() -> None:
    """Over a local connection: gRPC sends credentials of a call on secure channels only."""
    seen: list[str | None] = []

    class Service(BackupServiceBase):
        async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
            seen.append(context.header("authorization"))
            return Backup()

    async def test() -> None:
        server = grpc.aio.server()
        add_backup_service(server, Service())
        port = server.add_secure_port("127.0.0.1:0", grpc.local_server_credentials())
        await server.start()
        credentials = grpc.access_token_call_credentials("secret")
        async with grpc.aio.secure_channel(f"127.0.0.1:{port}", grpc.local_channel_credentials()) as channel:
            await BackupServiceClient(channel).get_backup(GetBackupRequest(id="x"), credentials=credentials)
        await server.stop(0)

    run(test)
    assert seen == ["Bearer secret"]


def test_a_handler_gives_deadline_and_request_id_on() -> None:
    """As docs/server.md says: the second server sees what the caller has set for the first."""
    seen: list[tuple[float | None, str]] = []

    class Second(BackupServiceBase):
        async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
            seen.append((context.time_remaining(), context.request_id))
            return Backup()

    async def test() -> None:
        async with running(Second()) as second:

            class First(BackupServiceBase):
                async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
                    return await second.get_backup(
                        request,
                        timeout=context.time_remaining(),
                        metadata=[("x-request-id", context.request_id)],
                    )

            async with running(First()) as first:
                await first.get_backup(GetBackupRequest(id="bkp:1"))
                await first.get_backup(GetBackupRequest(id="bkp:1"), timeout=20, metadata=[("x-request-id", "r-1")])

    asyncio.run(test())
    (endless, _), (left, request_id) = seen
    assert endless is None
    assert left is not None
    assert 10 < left < 25
    assert request_id == "r-1"


def test_a_channel_of_the_other_kind_is_refused() -> None:
    async def test() -> None:
        async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
            with pytest.raises(TypeError, match="a sync client needs a channel of grpc"):
                BackupServiceSyncClient(channel)
        with grpc.insecure_channel("127.0.0.1:1") as sync_channel, pytest.raises(TypeError, match="an async client"):
            BackupServiceClient(sync_channel)

    run(test)


def test_a_request_of_another_method_is_refused_before_it_is_sent() -> None:
    async def test() -> None:
        async with running(seeded()) as client:
            wrong: Any = DeleteBackupRequest(id="x")
            with pytest.raises(TypeError, match="GetBackup takes a GetBackupRequest, not DeleteBackupRequest"):
                await client.get_backup(wrong)

    run(test)


# -- validation --------------------------------------------------------------------------------------


class ShapeOnly(BackupServiceBase):
    async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
        from portworx.pds.backup.apiv1.backup import validate

        wrong: Any = 7
        validate(GetBackupRequest(id=wrong))
        return Backup()


def test_a_validation_error_arrives_with_its_violations() -> None:
    async def test() -> None:
        async with running(ShapeOnly()) as client:
            with pytest.raises(InvalidArgument) as caught:
                await client.get_backup(GetBackupRequest(id="bkp:1"))
        error = caught.value
        assert error.message.startswith("invalid request: id: ")
        assert error.reason == "VALIDATION_FAILED"
        assert [violation.field for violation in error.violations] == ["id"]
        (rule,) = error.rule_violations
        assert rule.message == error.violations[0].description
        assert rule.field is not None
        assert [(step.field_name, step.field_number, step.field_type) for step in rule.field.elements] == [("id", 1, 9)]

    run(test)


def test_many_violations_are_capped_and_the_error_still_arrives() -> None:
    class Many(BackupServiceBase):
        async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
            from portworx.pds.backup.apiv1.backup import validate

            wrong: Any = 7
            validate(ListBackupsResponse(backups=[Backup(meta=Meta(uid=wrong, name=wrong)) for _ in range(1000)]))
            return Backup()

    async def test() -> None:
        async with running(Many()) as client:
            for _ in range(50):
                with pytest.raises(InvalidArgument) as caught:
                    await client.get_backup(GetBackupRequest(id="bkp:1"))
        error = caught.value
        assert "(and 1999 more)" in error.message
        assert 5 < len(error.violations) <= 50
        assert len(error.rule_violations) == len(error.violations)
        found = error.find(Violations)
        assert found is not None
        index = found.violations[2].field
        assert index is not None
        assert [(step.field_name, step.index) for step in index.elements] == [
            ("backups", 1),
            ("meta", None),
            ("uid", None),
        ]
        sent = next(value for key, value in error.metadata if key == "grpc-status-details-bin")
        assert len(sent) <= 6 * 1024

    run(test)


def test_details_read_by_the_official_packages() -> None:
    """Our hand-written encodings are those of googleapis."""
    from google.rpc import error_details_pb2, status_pb2

    async def test() -> None:
        async with serving(seeded()) as server, grpc.aio.insecure_channel(server.address) as channel:
            call = channel.unary_unary(BackupServiceMethods.GET_BACKUP.path)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(b"")
        metadata = dict(caught.value.trailing_metadata())
        status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
        assert (status.code, status.message) == (3, caught.value.details())
        bad = error_details_pb2.BadRequest()
        assert next(detail for detail in status.details if detail.Is(bad.DESCRIPTOR)).Unpack(bad)
        assert [violation.field for violation in bad.field_violations] == ["id"]
        assert metadata["x-request-id"]

    run(test)


def test_validation_can_be_left_out() -> None:
    seen: list[str] = []

    class Service(BackupServiceBase):
        async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
            seen.append(request.id)
            return Backup()

    async def test() -> None:
        async with running(Service(), config=Config(grace=1, settings=Settings(validate=False))) as client:
            await client.get_backup(GetBackupRequest(id="any"))

    run(test)
    assert seen == ["any"]
