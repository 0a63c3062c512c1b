"""The handlers of the backup API."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import assert_never

from portworx._runtime.rpc import CallContext, FailedPrecondition, InvalidArgument, NotFound
from portworx._runtime.rpc.details import BadRequest, FieldViolation, ResourceInfo
from portworx.common.apiv1.pagination import PageBasedPaginationRequest, PageBasedPaginationResponse
from portworx.common.apiv1.sort import Sort, SortBy, SortOrder
from portworx.pds.backup.apiv1.backup import (
    Backup,
    BackupServiceBase,
    DeleteBackupRequest,
    GetBackupRequest,
    ListBackupsRequest,
    ListBackupsResponse,
    Status,
)

from .store import Filter, Order, Store

DEFAULT_PAGE_SIZE = 50
MAXIMUM_PAGE_SIZE = 500
NO_PAGE = -1

_ORDERS: dict[int, Order] = {
    SortBy.Field.NAME: "name",
    SortBy.Field.CREATED_AT: "created_at",
    SortBy.Field.UPDATED_AT: "updated_at",
    SortBy.Field.PHASE: "phase",
}


class BackupService(BackupServiceBase):
    """Serves the backups of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
        backup = await asyncio.to_thread(self._store.get, request.id)
        if backup is None:
            raise _not_found(request.id)
        return backup

    async def delete_backup(self, request: DeleteBackupRequest, context: CallContext) -> None:
        backup = await asyncio.to_thread(self._store.get, request.id)
        if backup is None:
            raise _not_found(request.id)
        running = backup.status is not None and backup.status.phase == Status.Phase.IN_PROGRESS
        if running and not request.force:
            raise FailedPrecondition(
                f"backup {request.id} is in progress; set force to delete it from the control plane only",
                reason="BACKUP_IN_PROGRESS",
                domain="pds",
            )
        if not await asyncio.to_thread(self._store.delete, request.id):
            raise _not_found(request.id)

    async def list_backups(self, request: ListBackupsRequest, context: CallContext) -> ListBackupsResponse:
        wanted = _Wanted.of(request.pagination)
        order, descending = _order(request.sort)
        page = await asyncio.to_thread(
            lambda: self._store.page(
                where=_filter(request),
                order=order,
                descending=descending,
                offset=(wanted.number - 1) * wanted.size,
                limit=wanted.size,
            )
        )
        return ListBackupsResponse(backups=page.backups, pagination=wanted.response(page.total))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The page that a request asks for: number from 1, and size."""

    number: int
    size: int

    @classmethod
    def of(cls, pagination: PageBasedPaginationRequest | None) -> _Wanted:
        """Read the pagination of a request; zero stands for a field that is not set.

        That the numbers are not negative, and bounded, is a rule of the API: proto/backup.rules.yaml.
        """
        if pagination is None:
            return cls(1, DEFAULT_PAGE_SIZE)
        size = min(pagination.page_size or DEFAULT_PAGE_SIZE, MAXIMUM_PAGE_SIZE)
        return cls(pagination.page_number or 1, size)

    def response(self, total: int) -> PageBasedPaginationResponse:
        """Where the page lies among all records."""
        pages = -(-total // self.size)
        return PageBasedPaginationResponse(
            total_records=total,
            current_page=self.number,
            page_size=self.size,
            total_pages=pages,
            next_page=self.number + 1 if self.number < pages else NO_PAGE,
            prev_page=min(self.number - 1, pages) if self.number > 1 and pages else NO_PAGE,
        )


def _filter(request: ListBackupsRequest) -> tuple[Filter, str] | None:
    match request.list_by:
        case None:
            return None
        case ListBackupsRequest.DataServiceDeploymentId(value):
            return "deployment_id", value
        case ListBackupsRequest.BackupConfigId(value):
            return "config_id", value
        case other:
            assert_never(other)


def _order(sort: Sort | None) -> tuple[Order, bool]:
    if sort is None:
        return "created_at", False
    order = _ORDERS.get(sort.sort_by)
    if order is None:
        raise _invalid("sort.sort_by", "name, created_at, updated_at or phase")
    return order, sort.sort_order == SortOrder.Value.DESC


def _invalid(field: str, description: str) -> InvalidArgument:
    return InvalidArgument(
        f"{field}: {description}", details=[BadRequest((FieldViolation(field, description, "INVALID"),))]
    )


def _not_found(uid: str) -> NotFound:
    return NotFound(
        f"backup {uid} does not exist",
        reason="BACKUP_NOT_FOUND",
        domain="pds",
        details=[ResourceInfo("pds/Backup", uid)],
    )
