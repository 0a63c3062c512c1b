"""Fixtures that several test files share."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest
import support
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from tree_snapshot import check_tree

__all__ = ["check_tree"]

# What is random is the same in every run, so that a change that breaks nothing fails nothing. The targets for the
# night, `make differential` and `make fuzz`, have another seed each time.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")
if hasattr(providers, "_local_constants"):
    # Constants of the modules that are loaded would be examples too, and no two workers load the same.
    setattr(providers, "_get_local_constants", lambda: providers._local_constants)  # noqa: B010

_numbers = itertools.count(1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have recorded as measured: counts that a reader of the log should see."""
    passed: list[pytest.TestReport] = terminalreporter.stats.get("passed", [])
    lines = [str(value) for report in passed for name, value in report.user_properties if name == "measured"]
    if lines:
        terminalreporter.section("measured")
        terminalreporter.write("".join(f"{line}\n" for line in sorted(lines)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The directory of read-only inputs beside the repository; tests that need it are skipped without it."""
    if not support.SHARED.is_dir():
        pytest.skip("NOT TESTED: ../shared is missing, and with it the inputs and goldens of this test")
    return support.SHARED


@pytest.fixture
def write_tree(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Write generated files below a fresh directory and return it."""

    def write(files: Mapping[str, str]) -> Path:
        return support.write_tree(files, tmp_path / f"tree{next(_numbers)}")

    return write


@pytest.fixture
def import_tree(tmp_path: Path) -> Iterator[Callable[[Mapping[str, str], str], ModuleType]]:
    """Write generated files, import one module of them, and forget all of them after the test."""
    roots: list[str] = []
    hidden: dict[str, ModuleType] = {}

    def load(files: Mapping[str, str], module: str) -> ModuleType:
        root = support.write_tree(files, tmp_path / f"import{next(_numbers)}")
        taken = _take_out(root)
        hidden.update((name, module) for name, module in taken.items() if not _is_below(module, tmp_path))
        sys.path.insert(0, str(root))
        roots.append(str(root))
        importlib.invalidate_caches()
        return importlib.import_module(module)

    yield load
    for root in roots:
        sys.path.remove(root)
        _take_out(Path(root))
    # Packages of the same name that were imported before are still in use: their lazy imports must find them.
    sys.modules.update(hidden)


def _take_out(root: Path) -> dict[str, ModuleType]:
    packages = {path.name for path in root.iterdir()}
    names = [name for name in sys.modules if name.partition(".")[0] in packages]
    return {name: sys.modules.pop(name) for name in names}


def _is_below(module: ModuleType, directory: Path) -> bool:
    return bool(module.__file__) and directory in Path(module.__file__).parents
