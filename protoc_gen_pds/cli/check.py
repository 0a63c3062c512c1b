"""``protoc-gen-pds check``: whether an output tree on disk is what a run would write now."""

from __future__ import annotations

import argparse
import difflib
import shlex
from pathlib import Path

from protoc_gen_pds.cli import tree
from protoc_gen_pds.cli.job import Progress, add_arguments, resolve
from protoc_gen_pds.targets.base import OutputFile

LINES_PER_FILE = 60
LINES_IN_ALL = 1_000
"""Bounds of the printed difference; files beyond them are still named."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare in memory and print what differs; 0 where nothing does, else 1."""
    with Progress() as progress:
        job = resolve(arguments, progress)
        comparison = tree.compare(job, job.render(progress))
    _print_differences(job.out, comparison.stale)
    problems = {
        **{file.path: "missing" for file in comparison.missing},
        **{file.path: "stale" for file in comparison.stale},
        **dict.fromkeys(comparison.left_over, "extra"),
        **dict.fromkeys(comparison.foreign, "extra, not made by protoc-gen-pds"),
    }
    if not problems:
        print(f"{len(comparison.current)} files in {job.out} are current")
        return 0
    for path, problem in sorted(problems.items()):
        print(f"{problem}: {job.out}/{path}")
    made = bool(comparison.to_write or comparison.left_over)
    if made:
        clean = ["--clean"] if comparison.left_over else []
        print("fix with:", shlex.join(["protoc-gen-pds", "generate", *arguments.argv[1:], *clean]))
    if comparison.foreign:
        print("move elsewhere:", shlex.join(f"{job.out}/{path}" for path in comparison.foreign))
    return 1


def _print_differences(out: Path, files: tuple[OutputFile, ...]) -> None:
    left = LINES_IN_ALL
    for file in files:
        name = f"{out}/{file.path}"
        on_disk = (out / file.path).read_bytes().decode(errors="replace")
        if on_disk.replace("\r\n", "\n") == file.content:
            print(f"--- {name}\n(differs in line ends only: CRLF on disk, LF when generated)")
        elif not left:
            print(f"--- {name}\n(difference not shown)")
        else:
            left -= _print_difference(name, on_disk, file.content, min(LINES_PER_FILE, left))


def _print_difference(name: str, old: str, new: str, bound: int) -> int:
    """Print a unified diff of two texts up to a number of lines; how many were printed."""
    lines = list(difflib.unified_diff(old.split("\n"), new.split("\n"), name, f"{name} (generated now)", lineterm=""))
    print("\n".join(lines[:bound]))
    if hidden := len(lines[bound:]):
        print(f"({hidden} more lines of difference in {name})")
    return min(bound, len(lines))
