"""Drain under load: ``python -m bench.server.drain [RUNS]``.

A client keeps 200 calls going; SIGTERM comes in the middle of them. A call is accepted once its handler
runs, and lost where the handler ran and its caller did not get the answer.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
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
    from portworx.pds.backup.apiv1.backup import Backup, BackupServiceBase

    accepted = 0

    class Service(BackupServiceBase):
        async def get_backup(self, request, context):
            global accepted
            accepted += 1
            await asyncio.sleep(0.15)
            return Backup()

    serve(Service(), config=Config("127.0.0.1:0", grace=10), started=lambda server: print(server.address, flush=True))
    print(accepted, flush=True)
"""


async def run() -> tuple[int, int, int]:
    """Calls that were accepted, answered, and refused."""
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(SERVER)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    answered = refused = 0
    stopping = False
    try:
        async with grpc.aio.insecure_channel(process.stdout.readline().strip()) as channel:
            client = BackupServiceClient(channel)

            async def caller() -> None:
                nonlocal answered, refused
                while True:
                    try:
                        await client.get_backup(GetBackupRequest(id="bkp:1"), timeout=10)
                        answered += 1
                    except RpcError:
                        refused += 1
                        if stopping:
                            return

            callers = [asyncio.create_task(caller()) for _ in range(200)]
            while answered < 1000:
                await asyncio.sleep(0.01)
            stopping = True
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(asyncio.gather(*callers), 30)
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    return int(out), answered, refused


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for number in range(runs):
        accepted, answered, refused = asyncio.run(run())
        print(
            f"run {number + 1}: accepted {accepted}, answered {answered}, lost {accepted - answered}, refused {refused}"
        )


if __name__ == "__main__":
    main()
