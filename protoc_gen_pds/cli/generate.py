"""``protoc-gen-pds generate``: from .proto files to an output tree on disk."""

from __future__ import annotations

import argparse

from protoc_gen_pds.cli import tree
from protoc_gen_pds.cli.job import Progress, add_arguments, resolve


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
        comparison = tree.compare(job, job.render(progress))
        tree.write(job.out, comparison.to_write, progress)
        if arguments.clean:
            tree.remove(job.out, comparison.left_over)
    if not arguments.quiet:
        _report(str(job.out), comparison, arguments.clean)
    return 0


def _report(out: str, comparison: tree.Comparison, cleaned: bool) -> None:
    created = {file.path for file in comparison.missing}
    changes = {file.path: "created" if file.path in created else "updated" for file in comparison.to_write}
    changes |= dict.fromkeys(comparison.left_over, "removed" if cleaned else "stale")
    for path, change in sorted(changes.items()):
        print(f"{change:<8} {out}/{path}")
    total = len(changes) - len(comparison.left_over) + len(comparison.current)
    counts = [
        f"{len(comparison.missing)} created",
        f"{len(comparison.stale)} updated",
        f"{len(comparison.current)} unchanged",
    ]
    if comparison.left_over:
        counts.append(f"{len(comparison.left_over)} {'removed' if cleaned else 'stale (--clean removes them)'}")
    print(f"{total} files in {out}: {', '.join(counts)}")
