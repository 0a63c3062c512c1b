"""``protoc-gen-pds generate``: from .proto files to an output tree on disk."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from protoc_gen_pds.cli import tree
from protoc_gen_pds.cli.job import Progress, add_arguments, resolve
from protoc_gen_pds.python.types import RUNTIME


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_arguments(parser)
    parser.add_argument(
        "--clean", action="store_true", help="remove files that earlier runs made and this one does not"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> int:
    """Render everything, then write what changed."""
    with Progress() as progress:
        job = resolve(arguments, progress)
        files = job.render(progress)
        comparison = tree.compare(job, files)
        tree.write(job.out, comparison.to_write, progress)
        if arguments.clean:
            tree.remove(job.out, comparison.left_over)
    if not arguments.quiet:
        _report(str(job.out), comparison, arguments.clean)
        for path, missing in tree.unmet_imports(job.out, files):
            print(
                f"{job.out}/{path}: warning: imports {missing}, which is not in {job.out};"
                " generate its .proto file too, or add --include-imports",
                file=sys.stderr,
            )
    return 0


def _report(out: str, comparison: tree.Comparison, cleaned: bool) -> None:
    created = {file.path for file in comparison.missing}
    changes = {file.path: "created" if file.path in created else "updated" for file in comparison.to_write}
    changes |= dict.fromkeys(comparison.left_over, "removed" if cleaned else "stale")
    for line in _lines(out, changes):
        print(line)
    total = len(changes) - len(comparison.left_over) + len(comparison.current)
    counts = [
        f"{len(comparison.missing)} created",
        f"{len(comparison.stale)} updated",
        f"{len(comparison.current)} unchanged",
    ]
    if comparison.left_over:
        counts.append(f"{len(comparison.left_over)} {'removed' if cleaned else 'stale (--clean removes them)'}")
    print(f"{_files(total)} in {out}: {', '.join(counts)}")


def _lines(out: str, changes: dict[str, str]) -> list[str]:
    """One line for each file; the constant ones of the runtime share a line where they share a fate."""
    lines, runtime = [], Counter[tuple[str, str]]()
    for path, change in sorted(changes.items()):
        above, directory, _ = path.partition(f"/{RUNTIME[0]}/")
        if directory:
            runtime[change, f"{above}{directory}"] += 1
        else:
            lines.append(f"{change:<8} {out}/{path}")
    return [*(f"{change:<8} {out}/{path} ({_files(count)})" for (change, path), count in runtime.items()), *lines]


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
