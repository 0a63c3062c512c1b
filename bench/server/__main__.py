"""Servers measured: ``python -m bench.server [--only NAME ...] [--series N] [--rounds N]``.

Each server is a process, in an environment of its own where it needs one, and answers the same calls with
the same 100 backups. One client, grpcio's, sends the same bytes to all, so that only the server differs. The
figure is calls per second of the server's own CPU time, over all its threads: other work on the machine
disturbs it less than wall time. Servers have one processor and the client has the others: where they share
them all, rounds of the same server differ by a tenth. Short rounds visit the servers in turn, forth and back;
the ratio is the median of the rounds' own ratios. Each series of rounds has new processes, since two processes
that run the same code differ by a few percent. Results of a whole run go to bench/results/server.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT), str(ROOT / "generated"), str(ROOT / "tests")]

import report
from contenders import CONTENDERS, Prepared, prepare
from portworx.pds.backup.apiv1.backup import Backup, GetBackupRequest, ListBackupsRequest, ListBackupsResponse

from bench.machine import machine
from examples.backup_service.seed import rows

SERVICE = "/public.portworx.pds.backup.v1.BackupService"
CALLS = {"GetBackup": 320, "ListBackups": 32}
CONCURRENCY = 16
CPUS = os.sched_getaffinity(0)
SERVER_CPUS = {max(CPUS)}
CLIENT_CPUS = CPUS - SERVER_CPUS or CPUS


@dataclass
class Peer:
    """One server process."""

    prepared: Prepared
    process: subprocess.Popen[str]
    address: str

    @property
    def name(self) -> str:
        return self.prepared.name

    def cpu(self) -> float:
        """CPU seconds of the process so far, to the nanosecond: the sum over its threads."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


@contextmanager
def started(prepared: Prepared) -> Iterator[Peer]:
    """A server that ends with the block."""
    process = subprocess.Popen(
        prepared.command(), stdout=subprocess.PIPE, text=True, env=prepared.environment(), cwd=ROOT
    )
    try:
        # Before it has threads: each of them inherits the choice.
        os.sched_setaffinity(process.pid, SERVER_CPUS)
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise SystemExit(f"{prepared.name} did not start")
        yield Peer(prepared, process, f"127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


async def check(peers: Sequence[Peer], requests: dict[str, bytes]) -> None:
    """Make sure that all answer the same."""
    answers: dict[str, dict[str, Any]] = {}
    for peer in peers:
        async with grpc.aio.insecure_channel(peer.address) as channel:
            for method, response in (("GetBackup", Backup), ("ListBackups", ListBackupsResponse)):
                data = await channel.unary_unary(f"{SERVICE}/{method}")(requests[method], wait_for_ready=True)
                answers.setdefault(method, {})[peer.name] = response.from_bytes(data)
    for method, by_peer in answers.items():
        first = next(iter(by_peer.values()))
        different = [name for name, answer in by_peer.items() if answer != first]
        if different:
            raise SystemExit(f"{method}: {', '.join(different)} answer differently")


async def burst(peer: Peer, method: str, request: bytes, calls: int) -> float:
    """Calls per CPU second of the server."""
    async with grpc.aio.insecure_channel(peer.address) as channel:
        call = channel.unary_unary(f"{SERVICE}/{method}")
        await call(request)

        async def worker(count: int) -> None:
            for _ in range(count):
                await call(request)

        before = peer.cpu()
        await asyncio.gather(*(worker(calls // CONCURRENCY) for _ in range(CONCURRENCY)))
        used = peer.cpu() - before
    return calls // CONCURRENCY * CONCURRENCY / used


async def rounds(peers: Sequence[Peer], method: str, request: bytes, number: int) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for turn in range(number + 1):
        for peer in peers if turn % 2 else reversed(peers):
            figure = await burst(peer, method, request, CALLS[method])
            # The first round warms up.
            if turn:
                figures[peer.name].append(figure)
    return figures


def summary(figures: dict[str, list[float]]) -> dict[str, dict[str, Any]]:
    """Median, and the median and quartiles of the rounds' ratios to the baseline."""
    found = {}
    for name, values in figures.items():
        ratios = [value / base for value, base in zip(values, figures[report.BASELINE], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        found[name] = {
            "median": round(statistics.median(values), 1),
            "ratio": round(middle, 3),
            "ratio_quartiles": [round(low, 3), round(high, 3)],
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.server")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, help="contenders besides the baseline")
    parser.add_argument("--series", type=int, default=5, help="times that all servers are started (5)")
    parser.add_argument("--rounds", type=int, default=20, help="rounds in each series (20)")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, CLIENT_CPUS)
    names = [name for name in CONTENDERS if not arguments.only or name == report.BASELINE or name in arguments.only]
    meta = next(iter(rows(1))).backup.meta
    assert meta is not None
    wanted = ListBackupsRequest(list_by=ListBackupsRequest.BackupConfigId("bkc:1"))
    requests = {"GetBackup": GetBackupRequest(id=meta.uid).to_bytes(), "ListBackups": wanted.to_bytes()}
    about = machine()
    prepared = [prepare(name) for name in names]
    figures: dict[str, dict[str, list[float]]] = {method: {name: [] for name in names} for method in requests}
    for number in range(arguments.series):
        with ExitStack() as stack:
            peers = [stack.enter_context(started(contender)) for contender in prepared]
            asyncio.run(check(peers, requests))
            for method, request in requests.items():
                for name, found in asyncio.run(rounds(peers, method, request, arguments.rounds)).items():
                    figures[method][name] += found
        print(f"series {number + 1} of {arguments.series}", file=sys.stderr, flush=True)
    summaries = {method: summary(found) for method, found in figures.items()}
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": about,
        "series": arguments.series,
        "rounds": arguments.rounds,
        "contenders": {
            contender.name: {
                "title": contender.contender.title,
                "versions": contender.versions(),
                "calls_per_cpu_second": {method: found[contender.name] for method, found in summaries.items()},
            }
            for contender in prepared
        },
    }
    print(report.table(results))
    if not arguments.only:
        report.RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
