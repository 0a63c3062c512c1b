"""Run the comparison: ``python -m bench.server``.

Each server is a process of its own; one client process sends it the same bytes, so that only the
server differs. The figure is calls per second of the server's own CPU time, which other work on the
machine disturbs less than wall time; short rounds alternate between the servers.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import grpc

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT / "generated"), str(ROOT / "tests")]

from portworx.pds.backup.apiv1.backup import GetBackupRequest, ListBackupsRequest

from examples.backup_service.seed import rows

SERVICE = "/public.portworx.pds.backup.v1.BackupService"
ROUNDS = 40
CALLS = {"GetBackup": 320, "ListBackups": 32}
CONCURRENCY = 16


@dataclass
class Peer:
    """One server process."""

    name: str
    process: subprocess.Popen[str]
    address: str

    def cpu(self) -> float:
        """CPU seconds of the process so far, to the nanosecond: the sum over its threads."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def stubs(directory: str) -> None:
    """Make the official stubs."""
    from grpc_tools import protoc
    from support import PROTO_DIR, include_dirs

    names = [str(path.relative_to(PROTO_DIR)) for path in sorted(PROTO_DIR.rglob("*.proto"))]
    paths = [f"-I{path}" for path in (PROTO_DIR, *include_dirs())]
    if protoc.main(["protoc", *paths, f"--python_out={directory}", f"--grpc_python_out={directory}", *names]):
        raise SystemExit("the official stubs cannot be made")


def start(name: str, directory: str) -> Peer:
    command = [sys.executable, str(HERE / f"{name}.py"), directory]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    if not port:
        raise SystemExit(f"{name} did not start")
    return Peer(name, process, f"127.0.0.1:{port}")


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


def main() -> None:
    meta = next(iter(rows(1))).backup.meta
    assert meta is not None
    wanted = ListBackupsRequest(list_by=ListBackupsRequest.BackupConfigId("bkc:1"))
    requests = {"GetBackup": GetBackupRequest(id=meta.uid).to_bytes(), "ListBackups": wanted.to_bytes()}
    names = sys.argv[1:] or ["official", "ours"]
    with tempfile.TemporaryDirectory() as directory:
        stubs(directory)
        peers = [start(name, directory) for name in names]
        try:
            for method, request in requests.items():
                report(method, asyncio.run(rounds(peers, method, request)))
        finally:
            for peer in peers:
                peer.process.kill()


async def rounds(peers: list[Peer], method: str, request: bytes) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for turn in range(ROUNDS + 1):
        for peer in peers if turn % 2 else reversed(peers):
            figure = await burst(peer, method, request, CALLS[method])
            if turn:
                figures[peer.name].append(figure)
    return figures


def report(method: str, figures: dict[str, list[float]]) -> None:
    """Print the upper decile and the median: the first is what the server does when nothing disturbs it."""
    print(f"{method}: calls per CPU second of the server, {ROUNDS} rounds; ratio to official in brackets")
    best = {name: statistics.quantiles(values, n=10)[-1] for name, values in figures.items()}
    middle = {name: statistics.median(values) for name, values in figures.items()}
    for name in figures:
        print(
            f"  {name:12} undisturbed {best[name]:6.0f} ({best[name] / best['official']:.2f})"
            f"   median {middle[name]:6.0f} ({middle[name] / middle['official']:.2f})"
        )


if __name__ == "__main__":
    main()
