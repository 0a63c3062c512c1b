"""Connections that get old under load: ``python -m bench.server.age [--age SECONDS] [--size BYTES] [--busy N]``.

A hundred callers on fifty channels; connections are replaced all the time. Every other caller uses the
multicallable of grpcio itself, as official stubs do. A call is accepted once its handler runs, and lost
where the handler ran and its caller did not get the answer; status 1 if there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import grpc

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "generated")]

from portworx._runtime.rpc import RpcError
from portworx.pds.backup.apiv1.backup import BackupServiceClient, GetBackupRequest
from portworx.pds.backup.apiv1.backup.methods import BackupServiceMethods

from bench.server.drain import busy

SERVER = f"""
    import asyncio, sys
    sys.path[:0] = [{str(ROOT / "generated")!r}]
    from portworx._runtime.rpc.serve import serve
    from portworx._runtime.rpc.server import Config, Limits
    from portworx.common.apiv1.meta import Meta
    from portworx.pds.backup.apiv1.backup import Backup, BackupServiceBase

    accepted = 0
    peers = set()

    class Service(BackupServiceBase):
        async def get_backup(self, request, context):
            global accepted
            accepted += 1
            peers.add(context.peer)
            await asyncio.sleep(0.05)
            return Backup(meta=Meta(uid="x" * int(sys.argv[1])))

    limits = Limits(connection_age=float(sys.argv[2]))
    config = Config("127.0.0.1:0", limits=limits)
    serve(Service(), config=config, started=lambda server: print(server.address, flush=True))
    print(accepted, len(peers), flush=True)
"""


async def run(size: int, age: float, seconds: float) -> tuple[int, int, int, Counter[str]]:
    """Calls that were accepted, connections, calls that were answered, and the errors of the others."""
    command = [sys.executable, "-c", textwrap.dedent(SERVER), str(size), str(age)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    answered = 0
    failed: Counter[str] = Counter()
    end = time.monotonic() + seconds
    request = GetBackupRequest(id="bkp:1")

    async def caller(call: Callable[[], Awaitable[object]]) -> None:
        nonlocal answered
        while time.monotonic() < end:
            try:
                await call()
                answered += 1
            except (RpcError, grpc.aio.AioRpcError) as error:
                code = error.code if isinstance(error, RpcError) else error.code()
                failed[code.name] += 1

    options = [("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
    try:
        async with AsyncExitStack() as stack:
            callers = []
            for _ in range(50):
                channel = await stack.enter_async_context(grpc.aio.insecure_channel(address, options=options))
                ours = BackupServiceClient(channel)
                plain = channel.unary_unary(BackupServiceMethods.GET_BACKUP.path, GetBackupRequest.to_bytes)
                callers.append(caller(lambda ours=ours: ours.get_backup(request, timeout=30)))
                callers.append(caller(lambda plain=plain: plain(request, timeout=30)))
            await asyncio.gather(*callers)
        process.terminate()
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    accepted, connections = map(int, out.split())
    return accepted, connections, answered, failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.server.age")
    parser.add_argument("--age", type=float, default=1.0, help="seconds until a connection is old")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long calls are made")
    parser.add_argument("--busy", type=int, default=0, help="processes that keep a processor busy")
    parser.add_argument("--size", type=int, default=10, help="bytes of an answer")
    arguments = parser.parse_args()
    with busy(arguments.busy):
        accepted, connections, answered, failed = asyncio.run(run(arguments.size, arguments.age, arguments.seconds))
    codes = ", ".join(f"{count} {code}" for code, count in failed.items()) or "none"
    print(f"{connections} connections: accepted {accepted}, lost {accepted - answered}; failed: {codes}")
    return int(accepted != answered)


if __name__ == "__main__":
    raise SystemExit(main())
