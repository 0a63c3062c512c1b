"""Drain under load: ``python -m bench.server.drain [--runs N] [--busy N] [--size BYTES]``; status 1 if a call is lost.

A client keeps 200 calls going; SIGTERM comes in the middle of them. A call is accepted once its handler
runs, and lost where the handler ran and its caller did not get the answer. ``--busy`` keeps the processors
busy with other work, ``--size`` makes the answers large, so that they are still on their way when the
last handler returns.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "generated")]

from portworx._runtime.rpc import RpcError
from portworx.pds.backup.apiv1.backup import BackupServiceClient, GetBackupRequest

SERVER = f"""
    import asyncio, sys
    sys.path[:0] = [{str(ROOT / "generated")!r}]
    from portworx._runtime.rpc.serve import serve
    from portworx._runtime.rpc.server import Config
    from portworx.common.apiv1.meta import Meta
    from portworx.pds.backup.apiv1.backup import Backup, BackupServiceBase

    accepted = 0

    class Service(BackupServiceBase):
        async def get_backup(self, request, context):
            global accepted
            accepted += 1
            await asyncio.sleep(0.15)
            return Backup(meta=Meta(uid="x" * int(sys.argv[1])))

    serve(Service(), config=Config("127.0.0.1:0", grace=10), started=lambda server: print(server.address, flush=True))
    print(accepted, flush=True)
"""


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that do nothing but keep a processor busy."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


async def run(size: int) -> tuple[int, int, Counter[str]]:
    """Calls that were accepted, answered, and the codes of those that failed."""
    command = [sys.executable, "-c", textwrap.dedent(SERVER), str(size)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    answered = 0
    failed: Counter[str] = Counter()
    stopping = False
    options = [("grpc.max_receive_message_length", -1)]
    try:
        async with grpc.aio.insecure_channel(process.stdout.readline().strip(), options=options) as channel:
            client = BackupServiceClient(channel)

            async def caller() -> None:
                nonlocal answered
                while True:
                    try:
                        await client.get_backup(GetBackupRequest(id="bkp:1"), timeout=30)
                        answered += 1
                    except RpcError as error:
                        failed[error.code.name] += 1
                        if stopping:
                            return

            callers = [asyncio.create_task(caller()) for _ in range(200)]
            while answered < 1000:
                await asyncio.sleep(0.01)
            stopping = True
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(asyncio.gather(*callers), 60)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    return int(out), answered, failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.server.drain")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--busy", type=int, default=0, help="processes that keep a processor busy")
    parser.add_argument("--size", type=int, default=10, help="bytes of an answer")
    arguments = parser.parse_args()
    lost = total = 0
    with busy(arguments.busy):
        for number in range(arguments.runs):
            accepted, answered, failed = asyncio.run(run(arguments.size))
            total += accepted
            lost += accepted - answered
            refused = ", ".join(f"{count} {code}" for code, count in failed.items())
            print(f"run {number + 1}: accepted {accepted}, lost {accepted - answered}; not answered: {refused}")
    print(f"{arguments.runs} runs: accepted {total}, lost {lost}")
    return int(lost != 0)


if __name__ == "__main__":
    raise SystemExit(main())
