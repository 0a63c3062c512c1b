"""The official conformance suite passes whole: required and recommended, binary, JSON and text, none skipped."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from run import KNOWN_COUNTS, SUITES, Report, conformance
from runner import NoRunnerError, weaken


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    try:
        return conformance(cache=tmp_path_factory.mktemp("conformance"))
    except NoRunnerError as error:
        pytest.skip(f"NOT TESTED: conformance: {error}")


def test_no_test_fails(report: Report) -> None:
    assert report.failed == ()


def test_no_suite_is_left_out(report: Report) -> None:
    assert tuple(count.suite for count in report.counts) == SUITES


@pytest.mark.parametrize("index", range(len(SUITES)), ids=SUITES)
def test_every_test_runs_and_passes(report: Report, index: int, record_property: Callable[[str, object], None]) -> None:
    count = report.counts[index]
    record_property("measured", f"conformance, {count}")
    assert count.total >= KNOWN_COUNTS[index]
    assert (count.successes, count.skipped, count.expected_failures, count.unexpected_failures) == (
        count.total,
        0,
        0,
        0,
    )


def test_a_program_of_another_system_is_refused_by_name() -> None:
    with pytest.raises(NoRunnerError, match="ELF"):
        weaken(b"MZ" + bytes(100), frozenset())
