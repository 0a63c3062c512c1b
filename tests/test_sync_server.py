"""Generated sync services over real sockets: all kinds of calls, health, reflection, limits, drain and workers."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import grpc
import pytest
import support
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support import PROTOS, ROOT, include_dirs, run_plugin

SERVICE = "flavours.Shop"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("flavours")
    return support.write_tree(run_plugin(["sync/flavours.proto"], "package=both_api,server=both", PROTOS), root)


@pytest.fixture(scope="module")
def api(tree: Path) -> Iterator[Any]:
    """The names of the generated package and of its runtime that the tests use."""
    sys.path.insert(0, str(tree))

    def load(module: str) -> ModuleType:
        return __import__(f"both_api.{module}", fromlist=["*"])

    shop, testing = load("sync.flavours"), load("_runtime.rpc.testing")
    yield SimpleNamespace(
        shop=shop,
        running=testing.running,
        running_sync=testing.running_sync,
        serving_sync=testing.serving_sync,
        rpc=load("_runtime.rpc"),
        server=load("_runtime.rpc.sync_server"),
        async_server=load("_runtime.rpc.server"),
        status=load("_runtime.rpc.health").ServingStatus,
        open_sync_channel=load("_runtime.rpc.channel").open_sync_channel,
    )
    sys.path.remove(str(tree))
    for name in [name for name in sys.modules if name.partition(".")[0] == "both_api"]:
        del sys.modules[name]


def shop(api: Any, **more: Any) -> Any:
    """An implementation of all kinds; ``more`` replaces methods."""

    class Shop(api.shop.ShopSyncBase):  # type: ignore[misc,name-defined]
        def get_book(self, request: Any, context: Any) -> Any:
            if request.name == "none":
                raise api.rpc.NotFound("no such book")
            return request

        def upload(self, requests: Iterator[Any], context: Any) -> Any:
            return api.shop.Book(name="".join(request.name for request in requests))

        def download(self, request: Any, context: Any) -> Iterator[Any]:
            for name in request.name:
                yield api.shop.Book(name=name)

        def chat(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
            for request in requests:
                yield api.shop.Book(name=request.name * 2)

        def ping(self, context: Any) -> None:
            return None

    return type("Replaced", (Shop,), more)()


# -- calls -------------------------------------------------------------------------------------------


def test_all_kinds_with_our_client(api: Any) -> None:
    book = api.shop.Book
    with api.running_sync(shop(api)) as client:
        assert isinstance(client, api.shop.ShopSyncClient)
        assert client.get_book(book(name="a")) == book(name="a")
        assert client.upload([book(name="a"), book(name="b")]) == book(name="ab")
        assert list(client.download(book(name="abc"))) == [book(name=name) for name in "abc"]
        assert list(client.chat(book(name=name) for name in "ab")) == [book(name="aa"), book(name="bb")]
        assert client.ping() is None
        with pytest.raises(api.rpc.NotFound, match="no such book"):
            client.get_book(book(name="none"))
        with pytest.raises(api.rpc.Unimplemented, match=r"flavours\.Shop\.Old is not implemented"):
            client.old(book())


def test_all_kinds_with_official_stubs(api: Any, tmp_path: Path) -> None:
    from grpc_tools import protoc

    paths = [f"-I{path}" for path in (PROTOS, *include_dirs())]
    out = [f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    assert protoc.main(["protoc", *paths, *out, "sync/flavours.proto"]) == 0
    script = ROOT / "tests" / "interop" / "official_flavours.py"
    with api.serving_sync(shop(api)) as server:
        done = subprocess.run(
            [sys.executable, script, tmp_path, server.address], capture_output=True, text=True, timeout=60, check=True
        )
    assert json.loads(done.stdout) == {
        "unary": "a",
        "upload": "ab",
        "download": ["a", "b"],
        "chat": ["aa", "bb"],
        "ping": True,
        "error": ["NOT_FOUND", "no such book"],
    }


def test_an_async_client_and_a_sync_server(api: Any) -> None:
    import asyncio

    async def call(address: str) -> Any:
        async with grpc.aio.insecure_channel(address) as channel:
            client = api.shop.ShopClient(channel)
            return [book.name async for book in client.chat([api.shop.Book(name="x")], timeout=10)]

    with api.serving_sync(shop(api)) as server:
        assert asyncio.run(call(server.address)) == ["xx"]


def test_registration_on_a_plain_server(api: Any) -> None:
    seen: list[Any] = []

    def get_book(self: Any, request: Any, context: Any) -> Any:
        seen.append(context.identity)
        return request

    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        settings = api.rpc.SyncSettings(authenticate=lambda context: context.header("x-user"))
        api.shop.add_shop_sync(server, shop(api, get_book=get_book), settings)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with api.open_sync_channel(f"127.0.0.1:{port}") as channel:
            client = api.shop.ShopSyncClient(channel)
            assert client.get_book(api.shop.Book(name="a"), metadata=[("x-user", "alice")]).name == "a"
        server.stop(0).wait()
    assert seen == ["alice"]


def test_each_flavour_is_refused_by_the_others_server(api: Any) -> None:
    import asyncio

    class AsyncShop(api.shop.ShopBase):  # type: ignore[misc,name-defined]
        pass

    async def add_to_async(add: Any, impl: Any) -> None:
        add(grpc.aio.server(), impl)

    with ThreadPoolExecutor(1) as pool:
        for add in (api.shop.add_shop, api.shop.add_shop_sync):
            with pytest.raises(TypeError, match=r"is async: register it on a grpc\.aio"):
                add(grpc.server(pool), AsyncShop())
    for add in (api.shop.add_shop, api.shop.add_shop_sync):
        with pytest.raises(TypeError, match="is sync and would block the event loop"):
            asyncio.run(add_to_async(add, shop(api)))

    async def serve_both() -> None:
        api.async_server.GrpcServer([shop(api)], api.async_server.Config())

    with pytest.raises(TypeError, match="is sync and would block the event loop"):
        asyncio.run(serve_both())
    with pytest.raises(TypeError, match=r"is async: register it on a grpc\.aio"):
        api.server.SyncGrpcServer([AsyncShop()], api.server.SyncConfig())


def test_an_async_method_in_a_sync_service_is_refused(api: Any) -> None:
    async def get_book(self: Any, request: Any, context: Any) -> Any:
        return request

    with pytest.raises(TypeError, match=r"flavours\.Shop\.GetBook: the handler is async"):
        api.server.SyncGrpcServer([shop(api, get_book=get_book)], api.server.SyncConfig())


def test_what_is_not_implemented_is_logged(api: Any, caplog: pytest.LogCaptureFixture) -> None:
    api.server.SyncGrpcServer([shop(api)], api.server.SyncConfig())
    assert "flavours.Shop answers UNIMPLEMENTED to Old" in caplog.text


# -- health and reflection ---------------------------------------------------------------------------


def test_health_answers_the_official_stubs(api: Any) -> None:
    ask = health_pb2.HealthCheckRequest
    with api.serving_sync(shop(api)) as server, grpc.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        assert stub.Check(ask()).status == api.status.SERVING
        assert stub.Check(ask(service=SERVICE)).status == api.status.SERVING
        with pytest.raises(grpc.RpcError) as unknown:
            stub.Check(ask(service="none"))
        assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
        server.health.set(SERVICE, api.status.NOT_SERVING)
        assert stub.Check(ask(service=SERVICE)).status == api.status.NOT_SERVING
        listed = stub.List(health_pb2.HealthListRequest())
        assert {name: entry.status for name, entry in listed.statuses.items()} == {"": 1, SERVICE: 2}


class Interceptor(grpc.ServerInterceptor):  # type: ignore[misc]
    """Wraps the functions of all methods, as interceptors that measure do."""

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = continuation(details)
        if handler is None or handler.unary_stream is None:
            return handler
        return grpc.unary_stream_rpc_method_handler(lambda request, context: handler.unary_stream(request, context))


@pytest.mark.parametrize("interceptors", [(), (Interceptor(),)], ids=["plain", "intercepted"])
def test_watch_tells_changes_and_ends_with_the_drain(api: Any, interceptors: Any) -> None:
    config = api.server.SyncConfig(grace=20, interceptors=interceptors)
    with api.serving_sync(shop(api), config=config) as server, grpc.insecure_channel(server.address) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch
        known = watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=30)
        unknown = watch(health_pb2.HealthCheckRequest(service="new"), timeout=30)
        assert next(known).status == api.status.SERVING
        assert next(unknown).status == api.status.SERVICE_UNKNOWN
        server.health.set("new", api.status.SERVING)
        assert next(unknown).status == api.status.SERVING
        started = time.monotonic()
        stop = threading.Thread(target=server.stop)
        stop.start()
        assert next(known).status == api.status.NOT_SERVING
        with pytest.raises(grpc.RpcError) as ended:
            next(known)
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
        stop.join()
        # An open Watch must not hold up the drain until its grace is over.
        assert time.monotonic() - started < 5


def test_who_watches_takes_no_thread_and_is_forgotten(api: Any) -> None:
    config = api.server.SyncConfig(grace=1, threads=1)
    with api.serving_sync(shop(api), config=config) as server, grpc.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        watching = [stub.Watch(health_pb2.HealthCheckRequest(), timeout=20) for _ in range(20)]
        assert [next(stream).status for stream in watching] == [api.status.SERVING] * 20
        assert api.shop.ShopSyncClient(channel).get_book(api.shop.Book(name="a"), timeout=5).name == "a"
        for stream in watching[1:]:
            stream.cancel()
        for _ in range(100):
            if len(server.health._watchers) == 1:
                break
            time.sleep(0.02)
        assert len(server.health._watchers) == 1
        server.health.set("", api.status.NOT_SERVING)
        assert next(watching[0]).status == api.status.NOT_SERVING


def test_who_watches_through_an_interceptor_gives_the_thread_back(api: Any) -> None:
    """The thread waits for news, and the end of the call must wake it."""
    config = api.server.SyncConfig(grace=1, threads=1, interceptors=[Interceptor()])
    with api.serving_sync(shop(api), config=config) as server, grpc.insecure_channel(server.address) as channel:
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=20)
        assert next(watching).status == api.status.SERVING
        time.sleep(0.2)
        watching.cancel()
        assert api.shop.ShopSyncClient(channel).get_book(api.shop.Book(name="a"), timeout=5).name == "a"


def test_probes_are_answered_while_all_threads_are_busy(api: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def get_book(self: Any, request: Any, context: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return request

    config = api.server.SyncConfig(grace=1, threads=1)
    with (
        api.serving_sync(shop(api, get_book=get_book), config=config) as server,
        grpc.insecure_channel(server.address) as channel,
        ThreadPoolExecutor(1) as callers,
    ):
        call = callers.submit(api.shop.ShopSyncClient(channel).get_book, api.shop.Book(name="a"))
        assert begun.wait(5)
        stub = health_pb2_grpc.HealthStub(channel)
        assert stub.Check(health_pb2.HealthCheckRequest(), timeout=5).status == api.status.SERVING
        go_on.set()
        assert call.result(5).name == "a"


def test_malformed_questions_to_health(api: Any) -> None:
    with api.serving_sync(shop(api)) as server, grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError) as check:
            channel.unary_unary("/grpc.health.v1.Health/Check")(b"\xff", timeout=5)
        with pytest.raises(grpc.RpcError) as watch:
            next(channel.unary_stream("/grpc.health.v1.Health/Watch")(b"\xff", timeout=5))
    assert {check.value.code(), watch.value.code()} == {grpc.StatusCode.INVALID_ARGUMENT}


@pytest.mark.skipif(shutil.which("buf", path=str(Path(sys.executable).parent)) is None, reason="buf is not installed")
@pytest.mark.parametrize("reflection", ["grpc-v1", "grpc-v1alpha"])
def test_buf_curl_with_reflection(api: Any, reflection: str, tmp_path: Path) -> None:
    with api.serving_sync(shop(api)) as server:
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "buf"),
                *("curl", "--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", reflection),
                *("-d", '{"name": "ab"}', f"http://{server.address}/{SERVICE}/Download"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "BUF_CACHE_DIR": str(tmp_path)},
        )
    assert done.returncode == 0, done.stderr
    assert re.findall(r'"name": "(.)"', done.stdout) == ["a", "b"]


def test_reflection_lists_the_services_to_the_official_client(api: Any) -> None:
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    with api.serving_sync(shop(api)) as server, grpc.insecure_channel(server.address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        assert set(database.get_services()) == {
            SERVICE,
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        }
        assert database.FindFileContainingSymbol("flavours.Book").name == "sync/flavours.proto"


# -- limits ------------------------------------------------------------------------------------------


def test_a_hundred_calls_at_once_on_few_threads(api: Any) -> None:
    most: list[int] = []
    running: set[int] = set()

    def get_book(self: Any, request: Any, context: Any) -> Any:
        running.add(threading.get_ident())
        most.append(len(running))
        time.sleep(0.01)
        running.discard(threading.get_ident())
        return request

    config = api.server.SyncConfig(grace=1, threads=8)
    with (
        api.running_sync(shop(api, get_book=get_book), config=config) as client,
        ThreadPoolExecutor(100) as callers,
    ):
        names = [str(number) for number in range(100)]
        answers = list(callers.map(lambda name: client.get_book(api.shop.Book(name=name), timeout=20), names))
    assert [answer.name for answer in answers] == names
    assert 1 < max(most) <= 8


def test_calls_beyond_the_limit_are_refused(api: Any) -> None:
    def get_book(self: Any, request: Any, context: Any) -> Any:
        time.sleep(0.5)
        return request

    def call(client: Any) -> object:
        try:
            return client.get_book(api.shop.Book(), timeout=10)
        except api.rpc.ResourceExhausted as error:
            return error

    config = api.server.SyncConfig(grace=1, limits=api.server.Limits(concurrent_calls=3))
    with (
        api.running_sync(shop(api, get_book=get_book), config=config) as client,
        ThreadPoolExecutor(6) as callers,
    ):
        answers = list(callers.map(call, [client] * 6))
    assert sum(isinstance(answer, api.shop.Book) for answer in answers) == 3


def test_messages_beyond_the_limit_are_refused(api: Any) -> None:
    config = api.server.SyncConfig(grace=1, limits=api.server.Limits(receive_bytes=1000))
    with api.running_sync(shop(api), config=config) as client:
        client.get_book(api.shop.Book(name="x" * 900))
        with pytest.raises(api.rpc.ResourceExhausted, match="larger than max"):
            client.get_book(api.shop.Book(name="x" * 1100))


def test_a_second_server_on_the_same_port_is_refused(api: Any) -> None:
    with api.serving_sync(shop(api)) as first, pytest.raises(OSError, match="cannot listen on"):
        api.server.SyncGrpcServer([shop(api)], api.server.SyncConfig(address=first.address)).start()


def test_a_unix_socket(api: Any, tmp_path: Path) -> None:
    config = api.server.SyncConfig(address=f"unix:{tmp_path / 's'}")
    with (
        api.server.SyncGrpcServer([shop(api)], config) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        assert api.shop.ShopSyncClient(channel).get_book(api.shop.Book(name="u")).name == "u"


def test_tls(api: Any, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("NOT TESTED: openssl is missing, which makes the certificates of this test")
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", *names]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
    tls = __import__("both_api._runtime.rpc.tls", fromlist=["*"])
    config = api.server.SyncConfig("127.0.0.1:0", grace=1, tls=tls.ServerTls(certificate, key))
    with (
        api.server.SyncGrpcServer([shop(api)], config) as server,
        api.open_sync_channel(server.address, tls=tls.ClientTls(certificate)) as channel,
    ):
        assert api.shop.ShopSyncClient(channel).get_book(api.shop.Book(name="t"), timeout=10).name == "t"
    config = api.server.SyncConfig("127.0.0.1:0", tls=tls.ServerTls(tmp_path / "none.pem", key))
    with pytest.raises(tls.TlsError, match="No such file"):
        api.server.SyncGrpcServer([shop(api)], config).start()


# -- the end -----------------------------------------------------------------------------------------


def test_a_call_that_outlasts_the_grace_is_cancelled_and_learns_of_it(
    api: Any, caplog: pytest.LogCaptureFixture
) -> None:
    begun, seen = threading.Event(), threading.Event()

    def get_book(self: Any, request: Any, context: Any) -> Any:
        begun.set()
        while context.is_active():
            time.sleep(0.01)
        seen.set()
        return request

    config = api.server.SyncConfig(grace=0.2)
    with caplog.at_level(logging.INFO), ThreadPoolExecutor(1) as callers:
        with api.serving_sync(shop(api, get_book=get_book), config=config) as server:
            channel = grpc.insecure_channel(server.address)
            call = callers.submit(api.shop.ShopSyncClient(channel).get_book, api.shop.Book(), timeout=20)
            assert begun.wait(5)
            started = time.monotonic()
        assert time.monotonic() - started < 5
        with pytest.raises((api.rpc.Cancelled, api.rpc.Unavailable)):
            call.result(5)
        assert seen.wait(5)
        channel.close()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


PROGRAM = """
    import os, signal, sys, threading, time
    from both_api._runtime.rpc.sync_serve import serve_sync
    from both_api._runtime.rpc.sync_server import SyncConfig
    from both_api.sync.flavours import Book, ShopSyncBase

    class Shop(ShopSyncBase):
        def get_book(self, request, context):
            if request.name == "die":
                os._exit(3)
            if request.name == "signal":
                signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
                return Book()
            time.sleep(float(request.name or 0))
            return Book(name=str(os.getpid()))

    config = SyncConfig(address="127.0.0.1:0", grace=10, threads=100)
    serve_sync(
        Shop,
        config=config,
        workers=int(sys.argv[1]),
        started=lambda server: os.write(1, f"{server.address}\\n".encode()),
    )
    print("ended", flush=True)
"""


def start(tree: Path, workers: int) -> tuple[subprocess.Popen[str], str]:
    path = os.pathsep.join([str(tree), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(workers)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    addresses = {process.stdout.readline().strip() for _ in range(workers)}
    assert len(addresses) == 1
    return process, addresses.pop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_loses_no_accepted_call(api: Any, tree: Path, number: signal.Signals) -> None:
    """A hundred calls that are running when the signal comes are all answered."""
    process, address = start(tree, 1)
    try:
        with grpc.insecure_channel(address) as channel, ThreadPoolExecutor(100) as callers:
            client = api.shop.ShopSyncClient(channel)
            client.get_book(api.shop.Book())
            calls = [callers.submit(client.get_book, api.shop.Book(name="1.0")) for _ in range(100)]
            time.sleep(0.5)
            process.send_signal(number)
            assert len([call.result(20) for call in calls]) == 100
        out, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "ended\n"), errors


def test_a_signal_that_another_thread_receives_ends_the_process_too(api: Any, tree: Path) -> None:
    process, address = start(tree, 1)
    try:
        with grpc.insecure_channel(address) as channel:
            api.shop.ShopSyncClient(channel).get_book(api.shop.Book(name="signal"))
        out, errors = process.communicate(timeout=8)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "ended\n"), errors


@pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT balances on Linux only")
def test_workers_share_the_port_and_end_together(api: Any, tree: Path) -> None:
    process, address = start(tree, 3)
    try:
        pids = set()
        for _ in range(60):
            # A connection stays with one worker.
            with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
                pids.add(api.shop.ShopSyncClient(channel).get_book(api.shop.Book()).name)
            if len(pids) > 1:
                break
        assert len(pids) > 1
        assert str(process.pid) not in pids
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "ended\n"), errors


@pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT balances on Linux only")
def test_a_worker_that_dies_ends_the_others_with_an_error(api: Any, tree: Path) -> None:
    process, address = start(tree, 2)
    try:
        with grpc.insecure_channel(address) as channel, pytest.raises(api.rpc.Unavailable):
            api.shop.ShopSyncClient(channel).get_book(api.shop.Book(name="die"))
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "workers failed" in errors
