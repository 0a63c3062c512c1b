"""Measures generated code and its peers: ``python -m bench.codec [--only NAME ...] [--quick]``.

Every contender runs in a process, and in an environment, of its own. Rounds are interleaved: in each,
every operation is measured for every contender, so that a slow moment of the machine meets all. Of the
rounds of a process the fastest counts. Where a process has its objects in memory makes a difference of
several percent, so each series has new processes, and the median of the series counts. Results of a whole
run go to bench/results/codec.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT)]

import report
from contenders import BASELINE, CONTENDERS, MODULES, Prepared, prepare
from worker import MESSAGES, OPERATIONS

from bench.machine import machine

CACHE = ROOT / ".cache" / "bench"
RESULTS = HERE.parent / "results" / "codec.json"


class Worker:
    """A contender's process."""

    def __init__(self, prepared: Prepared, process: subprocess.Popen[str]) -> None:
        self.prepared = prepared
        self._process = process

    def ask(self, **request: Any) -> Any:
        """Send a request and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.prepared.name}: the process ended; its reasons are above")
        return json.loads(line)


@contextmanager
def started(prepared: Prepared) -> Iterator[Worker]:
    """A worker that ends with the block."""
    command = [prepared.python, HERE / "worker.py", prepared.contender.adapter]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=prepared.environment
    ) as process:
        yield Worker(prepared, process)


def check(workers: Sequence[Worker]) -> dict[str, int]:
    """Make sure that all encode the same messages; their sizes in bytes."""
    sizes = {}
    for message in MESSAGES:
        sample = {
            w.prepared.name: w.ask(what="result", message=message, operation="construct + encode") for w in workers
        }
        lengths = {name: len(data) // 2 for name, data in sample.items()}
        if len(set(lengths.values())) != 1:
            raise SystemExit(f"the contenders encode {message} differently: {lengths}")
        sizes[message] = next(iter(lengths.values()))
    return sizes


Times = dict[str, dict[str, dict[str, float]]]


def medians(series: Sequence[Times]) -> Times:
    """The median of several series, value by value."""
    return {
        message: {
            operation: {name: statistics.median(one[message][operation][name] for one in series) for name in values}
            for operation, values in operations.items()
        }
        for message, operations in series[0].items()
    }


def times(workers: Sequence[Worker], rounds: int, seconds: float) -> Times:
    """Microseconds by message, operation and contender; the fastest of the rounds.

    A round is everything once, so that the rounds of each measurement are spread over the whole run.
    """
    requests = [{"what": "time", "message": m, "operation": o} for m in MESSAGES for o in OPERATIONS]
    loops: dict[tuple[str, str, str], int] = {}
    found: Times = {m: {o: {} for o in OPERATIONS} for m in MESSAGES}
    for number in range(rounds):
        for request in requests:
            best = found[request["message"]][request["operation"]]
            for worker in workers:
                name = worker.prepared.name
                key = (request["message"], request["operation"], name)
                if key not in loops:
                    worker.ask(**request, loops=1)
                    once = worker.ask(**request, loops=1 if request["message"] != "Backup" else 10)
                    loops[key] = max(1, int(seconds * 1e9 / once))
                taken = worker.ask(**request, loops=loops[key])
                best[name] = min(taken / 1000, best.get(name, float("inf")))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return found


def memory_of(prepared: Prepared, count: int) -> float:
    """Bytes that one decoded Backup takes, every field of it read once, in a fresh process."""
    with started(prepared) as worker:
        return float(worker.ask(what="memory", message="Backup", operation="decode", count=count))


def import_time(prepared: Prepared, runs: int) -> float:
    """CPU milliseconds that importing the generated module adds to a bare interpreter; the least of some runs."""

    def cpu(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([prepared.python, "-c", code], check=True, env=prepared.environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    module = MODULES[prepared.contender.adapter]
    bare, full = [], []
    for _ in range(runs):
        bare.append(cpu("pass"))
        full.append(cpu(f"import {module}"))
    return (min(full) - min(bare)) * 1000


def versions(prepared: Prepared) -> dict[str, str]:
    """Installed distributions of a contender's environment that matter."""
    code = (
        "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()"
        " if 'proto' in d.name.lower() or d.name == 'mypy'}))"
    )
    done = subprocess.run([prepared.python, "-c", code], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def main() -> int:
    """Prepare, check, measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, help="these contenders, besides the baseline")
    parser.add_argument("--compiled", action="store_true", help="only ours, pure and compiled, and the baseline")
    parser.add_argument("--quick", action="store_true", help="short rounds, for a look")
    parser.add_argument("--series", type=int, default=7, help="how often the processes are started")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of a series")
    parser.add_argument("--seconds", type=float, default=0.03, help="length of one measurement")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    number, rounds = (1, 3) if arguments.quick else (arguments.series, arguments.rounds)
    only = ["pds", "pds-compiled"] if arguments.compiled else arguments.only
    names = [name for name in CONTENDERS if not only or name in (BASELINE, *only)]
    CACHE.mkdir(parents=True, exist_ok=True)
    prepared = [prepare(name, CACHE) for name in names]
    series: list[Times] = []
    for _ in range(number):
        with ExitStack() as stack:
            workers = [stack.enter_context(started(one)) for one in prepared]
            sizes = check(workers)
            series.append(times(workers, rounds, arguments.seconds))
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "contenders": {one.name: {"title": one.contender.title, "versions": versions(one)} for one in prepared},
        "bytes": sizes,
        "microseconds": medians(series),
        "memory_bytes": {one.name: memory_of(one, 500 if arguments.quick else 5000) for one in prepared},
        "import_cpu_ms": {one.name: import_time(one, 3 if arguments.quick else 15) for one in prepared},
    }
    if not arguments.quick and not only:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(report.tables(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
