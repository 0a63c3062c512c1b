"""serve(...): health, reflection, TLS, limits, drain and worker processes, over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from portworx._runtime.rpc import CallContext, DeadlineExceeded, ResourceExhausted, Unavailable
from portworx._runtime.rpc.health import ServingStatus
from portworx._runtime.rpc.serve import serve
from portworx._runtime.rpc.server import Config, GrpcServer, Limits
from portworx._runtime.rpc.testing import running, serving
from portworx._runtime.rpc.tls import ClientTls, ServerTls, TlsError
from portworx.common.apiv1.meta import Meta
from portworx.pds.backup.apiv1.backup import (
    Backup,
    BackupServiceBase,
    BackupServiceClient,
    GetBackupRequest,
    ListBackupsRequest,
    ListBackupsResponse,
)
from support import ROOT

SERVICE = "public.portworx.pds.backup.v1.BackupService"


class Slow(BackupServiceBase):
    """Answers after a while."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
        await asyncio.sleep(self.seconds)
        return Backup(meta=Meta(uid=request.id))

    async def list_backups(self, request: ListBackupsRequest, context: CallContext) -> ListBackupsResponse:
        return ListBackupsResponse(backups=[Backup(meta=Meta(uid="x" * 1000)) for _ in range(1000)])


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(40):
            await test()

    asyncio.run(bounded())


# -- health ------------------------------------------------------------------------------------------


def test_health_answers_the_official_stubs() -> None:
    async def test() -> None:
        async with serving(Slow()) as server, grpc.aio.insecure_channel(server.address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            ask = health_pb2.HealthCheckRequest
            assert (await stub.Check(ask())).status == ServingStatus.SERVING
            assert (await stub.Check(ask(service=SERVICE))).status == ServingStatus.SERVING
            with pytest.raises(grpc.aio.AioRpcError) as unknown:
                await stub.Check(ask(service="none"))
            assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
            server.health.set(SERVICE, ServingStatus.NOT_SERVING)
            assert (await stub.Check(ask(service=SERVICE))).status == ServingStatus.NOT_SERVING
            listed = await stub.List(health_pb2.HealthListRequest())
            assert {name: entry.status for name, entry in listed.statuses.items()} == {"": 1, SERVICE: 2}

    run(test)


def test_watch_tells_changes_and_ends_with_the_drain() -> None:
    async def test() -> None:
        async with serving(Slow()) as server, grpc.aio.insecure_channel(server.address) as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch
            known, unknown = (
                watch(health_pb2.HealthCheckRequest(service=SERVICE)),
                watch(health_pb2.HealthCheckRequest(service="new")),
            )
            assert (await known.read()).status == ServingStatus.SERVING
            assert (await unknown.read()).status == ServingStatus.SERVICE_UNKNOWN
            server.health.set("new", ServingStatus.SERVING)
            assert (await unknown.read()).status == ServingStatus.SERVING
            started = asyncio.get_running_loop().time()
            stop = asyncio.create_task(server.stop(grace=20))
            assert (await known.read()).status == ServingStatus.NOT_SERVING
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await known.read()
            assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
            await stop
            # An open Watch must not hold up the drain until its grace is over.
            assert asyncio.get_running_loop().time() - started < 5

    run(test)


# -- reflection --------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("buf", path=str(Path(sys.executable).parent)) is None, reason="buf is not installed")
@pytest.mark.parametrize("reflection", ["grpc-v1", "grpc-v1alpha"])
def test_buf_curl_with_reflection(reflection: str, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(Slow()) as server:
            process = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).parent / "buf"),
                *("curl", "--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", reflection),
                *("-d", '{"id": "bkp:1"}', f"http://{server.address}/{SERVICE}/GetBackup"),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=tmp_path,
                env={**os.environ, "BUF_CACHE_DIR": str(tmp_path)},
            )
            out, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        assert json.loads(out) == {"meta": {"uid": "bkp:1"}}

    run(test)


def test_reflection_describes_every_symbol_to_the_official_client() -> None:
    from google.protobuf.descriptor_pool import DescriptorPool
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    def ask(address: str) -> None:
        with grpc.insecure_channel(address) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            assert set(database.get_services()) == {
                SERVICE,
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
            }
            pool = DescriptorPool(database)
            service = pool.FindServiceByName(SERVICE)
            assert [method.name for method in service.methods] == ["GetBackup", "DeleteBackup", "ListBackups"]
            assert (
                pool.FindEnumTypeByName("public.portworx.pds.backup.v1.Status.Phase").values_by_name["FAILED"].number
                == 3
            )
            assert pool.FindExtensionByName("google.api.http").number == 72295728
            options = pool.FindMethodByName(f"{SERVICE}.GetBackup").GetOptions().SerializeToString()
            assert b"/pds/v1/backups/{id}" in options
            with pytest.raises(KeyError):
                pool.FindMessageTypeByName("none.Such")
            assert 72295728 in database.FindAllExtensionNumbers("google.protobuf.MethodOptions")

    async def test() -> None:
        async with serving(Slow()) as server:
            await asyncio.to_thread(ask, server.address)

    run(test)


def test_every_service_that_is_listed_is_described() -> None:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from grpc_reflection.v1alpha import reflection_pb2
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    def messages(package: str, file: Any) -> Any:
        proto = FileDescriptorProto()
        file.CopyToProto(proto)
        proto.ClearField("options")
        return str(proto).replace(package, "PACKAGE").partition("message_type")[2]

    def ask(address: str) -> None:
        with grpc.insecure_channel(address) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            pool = DescriptorPool(database)
            found = {name: pool.FindServiceByName(name).file for name in database.get_services()}
        assert set(found) == {
            SERVICE,
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        }
        official = messages("grpc.reflection.v1alpha", reflection_pb2.DESCRIPTOR)
        assert "ServerReflectionRequest" in official
        for version in ("v1", "v1alpha"):
            package = f"grpc.reflection.{version}"
            assert messages(package, found[f"{package}.ServerReflection"]) == official
        health = messages("grpc.health.v1", found["grpc.health.v1.Health"])
        assert health == messages("grpc.health.v1", health_pb2.DESCRIPTOR)

    async def test() -> None:
        async with serving(Slow()) as server:
            await asyncio.to_thread(ask, server.address)

    run(test)


def test_reflection_answers_each_question_and_goes_on_after_an_error() -> None:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    ask = reflection_pb2.ServerReflectionRequest
    extension = reflection_pb2.ExtensionRequest

    async def test() -> None:
        async with serving(Slow()) as server, grpc.aio.insecure_channel(server.address) as channel:
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            questions = [
                ask(host="h", file_by_filename="google/protobuf/empty.proto"),
                ask(file_containing_symbol=f"{SERVICE}.GetBackup"),
                ask(file_containing_symbol="public.portworx.pds.backup.v1.Status.IN_PROGRESS"),
                ask(
                    file_containing_extension=extension(
                        containing_type="google.protobuf.MethodOptions", extension_number=72295728
                    )
                ),
                ask(file_containing_symbol="none.Such"),
                ask(all_extension_numbers_of_type="none.Such"),
                ask(),
                ask(list_services=""),
            ]
            answers = [answer async for answer in stub.ServerReflectionInfo(iter(questions))]
        assert [answer.original_request for answer in answers] == questions
        assert answers[0].valid_host == "h"
        found = [
            [FileDescriptorProto.FromString(data) for data in a.file_descriptor_response.file_descriptor_proto]
            for a in answers
        ]
        assert [files[0].name for files in found if files] == [
            "google/protobuf/empty.proto",
            "public/portworx/pds/backup/apiv1/backup.proto",
            "public/portworx/pds/backup/apiv1/backup.proto",
            "google/api/annotations.proto",
        ]
        # A file comes with all that it imports.
        names = {file.name for file in found[1]}
        assert names >= {name for file in found[1] for name in file.dependency}
        assert [answer.error_response.error_code for answer in answers[4:7]] == [5, 5, 3]
        assert len(answers[7].list_services_response.service) == 4

    run(test)


def test_serving_imports_no_protobuf_package() -> None:
    script = """
        import asyncio, sys
        from portworx._runtime.rpc.testing import running
        from portworx.pds.backup.apiv1.backup import BackupServiceBase, GetBackupRequest
        from portworx._runtime.rpc import Unimplemented
        async def main():
            async with running(BackupServiceBase()) as client:
                try:
                    await client.get_backup(GetBackupRequest(id="bkp:1"))
                except Unimplemented as error:
                    print(error.message)
        asyncio.run(main())
        print([name for name in sys.modules if name.split(".")[0] == "google"])
    """
    path = os.pathsep.join([str(ROOT / "generated"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{SERVICE}.GetBackup is not implemented", "[]"]


def test_channelz_knows_the_server_and_its_calls() -> None:
    from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc

    async def test() -> None:
        async with (
            serving(Slow(), config=Config(grace=1, channelz=True)) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            await BackupServiceClient(channel).get_backup(GetBackupRequest(id="bkp:1"))
            stub = channelz_pb2_grpc.ChannelzStub(channel)
            found = await stub.GetServers(channelz_pb2.GetServersRequest())
            (known,) = (one for one in found.server if any("127.0.0.1" in socket.name for socket in one.listen_socket))
            assert known.data.calls_succeeded == 1
            assert known.data.calls_started == 2

    run(test)


# -- limits, deadlines, concurrency ------------------------------------------------------------------


def test_two_hundred_calls_at_once() -> None:
    async def test() -> None:
        begun: list[str] = []
        all_begun = asyncio.Event()

        class Meeting(BackupServiceBase):
            async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
                begun.append(request.id)
                if len(begun) == 200:
                    all_begun.set()
                # Nobody is answered before everybody is here.
                await all_begun.wait()
                return Backup(meta=Meta(uid=request.id))

        async with running(Meeting()) as client:
            answers = await asyncio.gather(*(client.get_backup(GetBackupRequest(id=str(n))) for n in range(200)))
        assert [answer.meta.uid for answer in answers if answer.meta] == [str(n) for n in range(200)]
        assert sorted(begun, key=int) == [str(n) for n in range(200)]

    run(test)


def test_calls_beyond_the_limit_are_refused() -> None:
    async def test() -> None:
        config = Config(grace=1, limits=Limits(concurrent_calls=3))
        async with running(Slow(0.5), config=config) as client:
            calls = (client.get_backup(GetBackupRequest(id=str(n))) for n in range(6))
            answers = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(answer, Backup) for answer in answers) == 3
        assert sum(isinstance(answer, ResourceExhausted) for answer in answers) == 3

    run(test)


def test_messages_beyond_the_limit_are_refused() -> None:
    async def test() -> None:
        config = Config(grace=1, limits=Limits(receive_bytes=100, send_bytes=100_000))
        async with running(Slow(), config=config) as client:
            await client.get_backup(GetBackupRequest(id="x" * 90))
            with pytest.raises(ResourceExhausted, match="larger than max"):
                await client.get_backup(GetBackupRequest(id="x" * 110))
            with pytest.raises(ResourceExhausted, match="larger than max"):
                await client.list_backups(ListBackupsRequest(list_by=ListBackupsRequest.BackupConfigId("bkc:1")))

    run(test)


def test_deadlines() -> None:
    async def test() -> None:
        async with running(Slow(5)) as client:
            with pytest.raises(DeadlineExceeded):
                await client.get_backup(GetBackupRequest(id="bkp:1"), timeout=0.1)

    run(test)


def test_a_second_server_on_the_same_port_is_refused() -> None:
    async def test() -> None:
        async with serving(Slow()) as first:
            with pytest.raises(OSError, match=f"cannot listen on {re.escape(first.address)}"):
                await GrpcServer([Slow()], Config(address=first.address)).start()

    run(test)


def test_a_unix_socket(tmp_path: Path) -> None:
    async def test() -> None:
        address = f"unix:{tmp_path / 's'}"
        async with (
            GrpcServer([Slow()], Config(address=address)) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            assert (await BackupServiceClient(channel).get_backup(GetBackupRequest(id="u"))).meta == Meta(uid="u")

    run(test)


def test_an_interceptor_of_grpc_sees_calls_and_their_failures() -> None:
    seen: list[str] = []

    class Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
        async def intercept_service(self, continuation: Any, details: Any) -> Any:
            handler = await continuation(details)

            async def serve(request: Any, context: Any) -> Any:
                try:
                    return await handler.unary_unary(request, context)
                except Exception:
                    seen.append(f"{details.method} {context.code().name}")
                    raise

            return grpc.unary_unary_rpc_method_handler(serve, handler.request_deserializer, handler.response_serializer)

    async def test() -> None:
        async with running(BackupServiceBase(), config=Config(grace=1, interceptors=[Interceptor()])) as client:
            with pytest.raises(Exception, match="UNIMPLEMENTED"):
                await client.get_backup(GetBackupRequest(id="bkp:1"))

    run(test)
    assert seen == [f"/{SERVICE}/GetBackup UNIMPLEMENTED"]


# -- TLS ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two authorities (``ca``, ``other``), and pairs of ``server`` and ``client`` signed by the first."""
    if shutil.which("openssl") is None:
        pytest.skip("NOT TESTED: openssl is missing, which makes the certificates of this test")
    home = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=home, check=True, capture_output=True, timeout=60)

    key = ("-newkey", "rsa:2048", "-nodes", "-days", "30")
    for authority in ("ca", "other"):
        openssl(
            "req", "-x509", *key, "-subj", f"/CN={authority}", "-keyout", f"{authority}.key", "-out", f"{authority}.pem"
        )
    (home / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
        )
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "names")
        openssl("x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.pem")
    openssl("rsa", "-aes128", "-passout", "pass:x", "-in", "server.key", "-out", "encrypted.key")
    (home / "text.pem").write_text("no certificate")
    (home / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n")
    return home


class Whoami(BackupServiceBase):
    async def get_backup(self, request: GetBackupRequest, context: CallContext) -> Backup:
        return Backup(meta=Meta(name=",".join(context.peer_identities)))


def test_tls_and_mutual_tls(certificates: Path) -> None:
    home = certificates

    async def ask(address: str, tls: ClientTls) -> str:
        async with grpc.aio.secure_channel(address, tls.credentials()) as channel:
            answer = await BackupServiceClient(channel).get_backup(GetBackupRequest(id="bkp:1"), timeout=10)
        assert answer.meta is not None
        return answer.meta.name

    async def test() -> None:
        plain = Config("127.0.0.1:0", grace=1, tls=ServerTls(home / "server.pem", home / "server.key"))
        async with GrpcServer([Whoami()], plain) as server:
            assert await ask(server.address, ClientTls(home / "ca.pem")) == ""
            with pytest.raises(Unavailable):
                await ask(server.address, ClientTls(home / "other.pem"))
        assert plain.tls is not None
        mutual = replace(plain, tls=replace(plain.tls, client_ca=home / "ca.pem"))
        async with GrpcServer([Whoami()], mutual) as server:
            shown = ClientTls(home / "ca.pem", home / "client.pem", home / "client.key")
            assert "127.0.0.1" in await ask(server.address, shown) or "localhost" in await ask(server.address, shown)
            with pytest.raises(Unavailable):
                await ask(server.address, ClientTls(home / "ca.pem"))

    run(test)


@pytest.mark.parametrize(
    ("certificate", "key", "authority", "reason"),
    [
        ("none.pem", "server.key", None, "cannot read the certificate .*none.pem: No such file"),
        ("server.pem", "none.key", None, "cannot read the private key .*none.key: No such file"),
        ("text.pem", "server.key", None, "certificate .*text.pem is not in PEM format"),
        ("server.pem", "encrypted.key", None, "private key .*encrypted.key is encrypted"),
        (
            "server.pem",
            "client.key",
            None,
            "server.pem and the private key .*client.key do not work together: KEY_VALUES_MISMATCH",
        ),
        ("broken.pem", "server.key", None, "broken.pem .* do not work together"),
        ("server.pem", "server.key", "broken.pem", "CA bundle .*broken.pem is unusable"),
        ("server.pem", "server.key", "none.pem", "cannot read the CA bundle"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_the_start(
    certificates: Path, certificate: str, key: str, authority: str | None, reason: str
) -> None:
    async def test() -> None:
        tls = ServerTls(certificates / certificate, certificates / key, authority and certificates / authority)
        with pytest.raises(TlsError, match=reason):
            await GrpcServer([Whoami()], Config("127.0.0.1:0", tls=tls)).start()

    run(test)


# -- processes ---------------------------------------------------------------------------------------

PROGRAM = """
    import asyncio, os, sys
    workers, loop = int(sys.argv[1]), sys.argv[2]
    if loop == "none":
        sys.modules["uvloop"] = None  # as if it were not installed
    from portworx._runtime.rpc.serve import serve
    from portworx._runtime.rpc.server import Config
    from portworx.common.apiv1.meta import Meta
    from portworx.pds.backup.apiv1.backup import Backup, BackupServiceBase

    class Service(BackupServiceBase):
        begun = 0

        async def get_backup(self, request, context):
            if request.id == "die":
                os._exit(3)
            self.begun += 1
            if self.begun == 100:
                os.write(1, b"100 calls\\n")
            await asyncio.sleep(float(request.id))
            name = type(asyncio.get_running_loop()).__module__.partition(".")[0]
            return Backup(meta=Meta(uid=str(os.getpid()), name=name))

    serve(
        Service,
        config=Config(address="127.0.0.1:0", http=sys.argv[3] or None, grace=10),
        workers=workers,
        uvloop={"asyncio": False, "uvloop": True}.get(loop),
        started=lambda server: os.write(1, f"{server.address}\\n".encode()),
    )
    print("ended", flush=True)
"""


def start(workers: int, loop: str = "default", http: str = "") -> tuple[subprocess.Popen[str], str]:
    path = os.pathsep.join([str(ROOT / "generated"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(workers), loop, http],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    addresses = {process.stdout.readline().strip() for _ in range(workers)}
    assert len(addresses) == 1
    return process, addresses.pop()


@pytest.mark.parametrize(
    ("number", "loop", "used"),
    [
        (signal.SIGTERM, "default", "uvloop"),
        (signal.SIGINT, "uvloop", "uvloop"),
        (signal.SIGTERM, "asyncio", "asyncio"),
        (signal.SIGINT, "none", "asyncio"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not run on Windows")
def test_a_signal_drains_and_loses_no_accepted_call(number: signal.Signals, loop: str, used: str) -> None:
    """A hundred calls that are running when the signal comes are all answered."""

    async def test() -> None:
        process, address = start(1, loop)
        try:
            async with grpc.aio.insecure_channel(address) as channel:
                client = BackupServiceClient(channel)
                calls = [asyncio.create_task(client.get_backup(GetBackupRequest(id="1.0"))) for _ in range(100)]
                assert process.stdout is not None
                assert await asyncio.to_thread(process.stdout.readline) == "100 calls\n"
                assert not any(call.done() for call in calls)
                process.send_signal(number)
                answers = await asyncio.gather(*calls)
                assert len(answers) == 100
                assert {answer.meta.name for answer in answers if answer.meta} == {used}
            out, errors = await asyncio.to_thread(process.communicate, timeout=20)
        finally:
            process.kill()
        assert (process.returncode, out) == (0, "ended\n"), errors

    run(test)


def test_uvloop_that_is_asked_for_and_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(ImportError, match="pip install uvloop"):
        serve(Slow(), config=Config("127.0.0.1:0"), uvloop=True)


@pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT balances on Linux only")
def test_workers_share_the_port_and_end_together() -> None:
    async def test() -> None:
        process, address = start(3)
        try:
            pids = set()
            for _ in range(60):
                # A connection stays with one worker.
                options = [("grpc.use_local_subchannel_pool", 1)]
                async with grpc.aio.insecure_channel(address, options=options) as channel:
                    answer = await BackupServiceClient(channel).get_backup(GetBackupRequest(id="0"))
                assert answer.meta is not None
                pids.add(answer.meta.uid)
                if len(pids) > 1:
                    break
            assert len(pids) > 1
            assert str(process.pid) not in pids
            process.send_signal(signal.SIGTERM)
            out, errors = await asyncio.to_thread(process.communicate, timeout=20)
        finally:
            process.kill()
        assert (process.returncode, out) == (0, "ended\n"), errors

    run(test)


@pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT balances on Linux only")
def test_workers_share_the_port_of_http_too() -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as free:
        http = f"127.0.0.1:{free.getsockname()[1]}"
    process, _ = start(2, http=http)
    try:
        pids = set()
        for _ in range(60):
            connection = HTTPConnection(http, timeout=10)
            connection.request("GET", "/pds/v1/backups/0")
            pids.add(json.load(connection.getresponse())["meta"]["uid"])
            connection.close()
        assert len(pids) == 2
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "ended\n"), errors


def test_workers_need_a_port_for_http() -> None:
    with pytest.raises(ValueError, match="a port for HTTP that is not 0"):
        serve(Slow, config=Config("127.0.0.1:0", http="127.0.0.1:0"), workers=2)


@pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT balances on Linux only")
def test_a_worker_that_dies_ends_the_others_with_an_error() -> None:
    async def test() -> None:
        process, address = start(2)
        try:
            async with grpc.aio.insecure_channel(address) as channel:
                with pytest.raises(Unavailable):
                    await BackupServiceClient(channel).get_backup(GetBackupRequest(id="die"))
            _, errors = await asyncio.to_thread(process.communicate, timeout=20)
        finally:
            process.kill()
        assert process.returncode == 1
        assert "workers failed" in errors

    run(test)
