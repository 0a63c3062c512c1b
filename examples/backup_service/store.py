"""Backups in SQLite: one row each, the message as bytes beside the columns that are searched."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from portworx.pds.backup.apiv1.backup import Backup

Filter = Literal["deployment_id", "config_id"]
Order = Literal["name", "created_at", "updated_at", "phase"]

_SCHEMA = """
create table if not exists backups (
    uid text primary key,
    name text not null,
    deployment_id text not null,
    config_id text not null,
    created_at integer not null,
    updated_at integer not null,
    phase integer not null,
    message blob not null
);
create index if not exists backups_by_deployment on backups (deployment_id, created_at);
create index if not exists backups_by_config on backups (config_id, created_at);
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A backup with what it belongs to."""

    backup: Backup
    deployment_id: str
    config_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the backups that were asked for, and the number of all of them."""

    backups: list[Backup]
    total: int


class Store:
    """A database of backups; its methods block and may be called from any thread."""

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def is_empty(self) -> bool:
        """Whether there is no backup at all."""
        with self._lock:
            return self._database.execute("select 1 from backups limit 1").fetchone() is None

    def add(self, rows: Iterable[Row]) -> None:
        """Store backups; one with the same uid is replaced."""
        with self._lock, self._database:
            self._database.executemany(
                "insert or replace into backups values (?, ?, ?, ?, ?, ?, ?, ?)", map(_row, rows)
            )

    def get(self, uid: str) -> Backup | None:
        """The backup with a uid, or None."""
        with self._lock:
            found = self._database.execute("select message from backups where uid = ?", (uid,)).fetchone()
        return None if found is None else Backup.from_bytes(found[0])

    def delete(self, uid: str) -> bool:
        """Delete the backup with a uid; whether there was one."""
        with self._lock, self._database:
            return self._database.execute("delete from backups where uid = ?", (uid,)).rowcount == 1

    def page(
        self,
        *,
        where: tuple[Filter, str] | None,
        order: Order,
        descending: bool,
        offset: int,
        limit: int,
    ) -> Page:
        """Some of the backups in order; those with equal keys by uid.

        Args:
            where: a column and its value, or None for all backups.
            order: the column to sort by.
            descending: whether the largest comes first.
            offset: how many to pass over.
            limit: how many to return at most.
        """
        # Column names come from the two Literal types, never from a request.
        condition, values = (f"where {where[0]} = ?", (where[1],)) if where else ("", ())
        direction = "desc" if descending else "asc"
        ordered = f"{condition} order by {order} {direction}, uid {direction}"
        with self._lock:
            (total,) = self._database.execute(f"select count(*) from backups {condition}", values).fetchone()
            found = self._database.execute(
                f"select message from backups {ordered} limit ? offset ?",
                (*values, limit, offset),
            ).fetchall()
        return Page([Backup.from_bytes(message) for (message,) in found], total)


def _row(row: Row) -> tuple[object, ...]:
    meta, status = row.backup.meta, row.backup.status
    if meta is None or status is None or meta.create_time is None or meta.update_time is None:
        raise ValueError("a stored backup has meta with both times, and a status")
    return (
        meta.uid,
        meta.name,
        row.deployment_id,
        row.config_id,
        meta.create_time.to_nanoseconds(),
        meta.update_time.to_nanoseconds(),
        int(status.phase),
        row.backup.to_bytes(),
    )
