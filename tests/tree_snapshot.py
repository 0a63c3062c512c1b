"""Snapshots of whole generated trees: one real file for each generated one, and their set compared too.

They lie in ``tests/__snapshots__/<test module>/<test name>/<generated path>``, under their real names, so that a
reviewer reads Python and Markdown. ``pytest --snapshot-update`` rewrites them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import Snapshot, SnapshotCollection
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

CheckTree = Callable[[Mapping[str, str]], None]


class TreeSnapshotExtension(SingleFileSnapshotExtension):
    """Stores each named snapshot of a test at that relative path; what has a path has an extension already."""

    _write_mode = WriteMode.TEXT
    file_extension = ""

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: Any = 0) -> str:
        return f"{test_location.snapshot_name}/{index}"

    @classmethod
    def get_file_basename(cls, *, test_location: PyTestLocation, index: Any) -> str:
        return cls.get_snapshot_name(test_location=test_location, index=index)

    @classmethod
    def root(cls, test_location: PyTestLocation) -> Path:
        return Path(cls.dirname(test_location=test_location), test_location.snapshot_name)

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return cls.root(test_location) in Path(snapshot_location).parents

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        return cls.dirname(test_location=test_location)

    def is_snapshot_location(self, *, location: str) -> bool:
        return True

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        parts = Path(snapshot_location).parts
        start = len(parts) - parts[::-1].index(str(self.snapshot_dirname)) + 1
        collection = SnapshotCollection(location=snapshot_location)
        collection.add(Snapshot(name="/".join(parts[start:])))
        return collection

    def read_snapshot_data_from_location(
        self, *, snapshot_location: str, snapshot_name: str, session_id: str
    ) -> str | None:
        """Line ends are content: Python must not translate them."""
        path = Path(snapshot_location)
        return path.read_bytes().decode("utf-8") if path.is_file() else None

    @classmethod
    def write_snapshot_collection(cls, *, snapshot_collection: SnapshotCollection, **_: Any) -> None:
        content = str(next(iter(snapshot_collection)).data)
        Path(snapshot_collection.location).write_bytes(content.encode("utf-8"))


@pytest.fixture
def check_tree(snapshot: SnapshotAssertion, request: pytest.FixtureRequest) -> CheckTree:
    """Compare a generated tree with its snapshot: contents, and the set of files."""
    tree = snapshot.use_extension(TreeSnapshotExtension)
    root = TreeSnapshotExtension.root(tree.test_location)

    def check(files: Mapping[str, str]) -> None:
        kept = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        orphans = sorted(kept - files.keys())
        if request.config.option.update_snapshots:
            for name in orphans:
                (root / name).unlink()
            orphans = []
        different = [name for name in sorted(files) if tree(name=name) != files[name]]
        assert not different, f"differ from their snapshots (pytest --snapshot-update): {', '.join(different)}"
        assert not orphans, f"no longer generated (pytest --snapshot-update): {', '.join(orphans)}"

    return check
