"""Both ports of one server, and sync services over HTTP: threads, errors, deadlines, limits and the drain."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support import run_plugin

ImportTree = Callable[[dict[str, str], str], ModuleType]

SHOP = """
syntax = "proto3";
package shop.v1;
import "google/api/annotations.proto";
import "google/protobuf/empty.proto";
message Book { string name = 1; string note = 2; }
service Shop {
  rpc GetBook(Book) returns (Book) { option (google.api.http) = { get: "/v1/books/{name}" }; }
  rpc Touch(google.protobuf.Empty) returns (google.protobuf.Empty) {
    option (google.api.http) = { post: "/v1:touch" body: "*" };
  }
  rpc Watch(Book) returns (stream Book) { option (google.api.http) = { get: "/v1/books/{name}:watch" }; }
  rpc Upload(stream Book) returns (Book) { option (google.api.http) = { post: "/v1/upload" body: "*" }; }
}
service Plain { rpc GetBook(Book) returns (Book); }
"""


@pytest.fixture
def shop(import_tree: ImportTree) -> ModuleType:
    return import_tree(run_plugin({"shop/shop.proto": SHOP}, "package=two_ports,server=both"), "two_ports.shop.shop")


def rpc(module: str) -> Any:
    return __import__(f"two_ports._runtime.rpc.{module}", fromlist=["_"])


tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="nobody")


def service(shop: ModuleType, get_book: Any, watch: Any = None) -> Any:
    """A sync or an async service of these functions, as they are."""
    synchronous = not (asyncio.iscoroutinefunction(get_book) or asyncio.iscoroutinefunction(watch))
    base: Any = shop.ShopSyncBase if synchronous else shop.ShopBase
    methods = {"get_book": staticmethod(get_book), "watch": staticmethod(watch)}
    return type("Service", (base,), {name: method for name, method in methods.items() if method.__func__ is not None})()


@contextmanager
def serving(made: Any, **more: Any) -> Iterator[Any]:
    """A server of either flavour on free ports; of an async one the loop is on a thread."""
    config = {"reflection": False, "grace": 5.0, "address": "127.0.0.1:0", "http": "127.0.0.1:0", **more}
    if isinstance(made, rpc("base").SyncServiceBase):
        sync = rpc("sync_server")
        with sync.SyncGrpcServer([made], sync.SyncConfig(**config)) as server:
            yield server
        return
    ready: list[Any] = []
    started, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        module = rpc("server")
        async with module.GrpcServer([made], module.Config(**config)) as server:
            ready.append(server)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    assert started.wait(10)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)
        loop.close()
        assert not thread.is_alive()


def ask(server: Any, path: str, method: str = "GET", timeout: float = 10, **headers: str) -> tuple[int, str]:
    connection = HTTPConnection(server.http.address, timeout=timeout)
    try:
        connection.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def in_background(call: Callable[[], Any]) -> Callable[[], Any]:
    """Start a call; what it returned, when asked."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(call())
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def result() -> Any:
        thread.join(20)
        return found[0]

    return result


async def echo_async(request: Any, context: Any) -> Any:
    return type(request)(name=request.name, note=f"{context.identity} {tenant.get()}")


def echo(request: Any, context: Any) -> Any:
    return type(request)(name=request.name, note=f"{context.identity} {tenant.get()}")


# -- both flavours -----------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", [echo_async, echo])
def test_both_ports_answer_alike(shop: ModuleType, handler: Any) -> None:
    import grpc

    async def authenticate_async(context: Any) -> str:
        return authenticate(context)

    def authenticate(context: Any) -> str:
        if context.header("authorization") != "secret":
            raise rpc("errors").Unauthenticated("who are you?")
        tenant.set("blue")
        return "me"

    synchronous = handler is echo
    settings = (
        rpc("sync_chain").SyncSettings(authenticate=authenticate)
        if synchronous
        else rpc("chain").Settings(authenticate=authenticate_async)
    )
    with serving(service(shop, handler), settings=settings) as server:
        client = shop.ShopSyncClient(grpc.insecure_channel(server.address))
        answer = client.get_book(shop.Book(name="a b"), metadata=[("authorization", "secret")], timeout=10)
        status, text = ask(server, "/v1/books/a%20b", authorization="secret")
        assert (status, json.loads(text)) == (200, answer.to_dict())
        assert answer.note == "me blue"
        status, text = ask(server, "/v1/books/a")
        assert (status, json.loads(text)["code"]) == (401, 16)
        assert ask(server, "/v1:touch", "POST", authorization="secret")[0] == 501
        assert ask(server, "/openapi.json")[0] == 200
        assert ask(server, "/v1/upload", "POST")[0] == 404
    with pytest.raises(OSError, match="refused"):
        ask(server, "/v1/books/a")


@pytest.mark.parametrize("flavour", ["async", "sync"])
def test_a_running_call_has_its_answer_and_one_that_lasts_is_cut_off(shop: ModuleType, flavour: str) -> None:
    begun = threading.Semaphore(0)
    noticed = threading.Event()

    async def get_book_async(request: Any, context: Any) -> Any:
        begun.release()
        try:
            await asyncio.sleep(float(request.name))
        except asyncio.CancelledError:
            noticed.set()
            raise
        return request

    def get_book(request: Any, context: Any) -> Any:
        begun.release()
        end = time.monotonic() + float(request.name)
        while time.monotonic() < end:
            if not context.is_active():
                noticed.set()
                break
            time.sleep(0.02)
        return request

    with serving(service(shop, get_book if flavour == "sync" else get_book_async), grace=1.5, settle=0.1) as server:
        short = in_background(lambda: ask(server, "/v1/books/0.6"))
        long = in_background(lambda: ask(server, "/v1/books/60"))
        assert begun.acquire(timeout=5)
        assert begun.acquire(timeout=5)
        began = time.monotonic()
    # The grace is not waited for twice, once for each port.
    assert 1.0 < time.monotonic() - began < 4
    assert short() == (200, '{"name":"0.6"}')
    assert isinstance(long(), (OSError, tuple))
    assert long() != (200, '{"name":"60"}')
    assert noticed.wait(5)


@pytest.mark.parametrize("flavour", ["async", "sync"])
def test_http_is_open_until_the_delay_of_the_drain_is_over(shop: ModuleType, flavour: str) -> None:
    with serving(service(shop, echo if flavour == "sync" else echo_async), drain_delay=0.8) as server:
        threading.Timer(0.2, lambda: answers.append(ask(server, "/v1/books/a")[0])).start()
        answers: list[int] = []
    assert answers == [200]


@pytest.mark.parametrize("flavour", ["async", "sync"])
def test_calls_beyond_the_limit_are_refused(shop: ModuleType, flavour: str) -> None:
    begun, release = threading.Semaphore(0), threading.Event()

    async def get_book_async(request: Any, context: Any) -> Any:
        begun.release()
        await asyncio.to_thread(release.wait, 10)
        return request

    def get_book(request: Any, context: Any) -> Any:
        begun.release()
        release.wait(10)
        return request

    made = service(shop, get_book if flavour == "sync" else get_book_async)
    with serving(made, limits=rpc("config").Limits(concurrent_calls=2, receive_bytes=100)) as server:
        running = [in_background(lambda: ask(server, "/v1/books/a")) for _ in range(2)]
        assert begun.acquire(timeout=5)
        assert begun.acquire(timeout=5)
        status, text = ask(server, "/v1/books/a")
        assert (status, json.loads(text)["code"]) == (429, 8)
        release.set()
        assert [call()[0] for call in running] == [200, 200]
        assert ask(server, "/v1/books/a")[0] == 200


def encrypted(server: Any, trusted: ssl.SSLContext) -> int:
    connection = HTTPSConnection(server.http.address, timeout=10, context=trusted)
    try:
        connection.request("GET", "/v1/books/a")
        return connection.getresponse().status
    finally:
        connection.close()


def test_http_is_encrypted_where_grpc_is(shop: ModuleType, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("NOT TESTED: openssl is missing, which makes the certificate of this test")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(["openssl", *made, *names, *files], check=True, capture_output=True, timeout=60)
    tls = rpc("tls").ServerTls(tmp_path / "cert.pem", tmp_path / "key.pem")
    with serving(service(shop, echo), tls=tls) as server:
        trusted = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        assert encrypted(server, trusted) == 200
        with pytest.raises(OSError, match=r"reset|closed|without response"):
            ask(server, "/v1/books/a")
    with serving(service(shop, echo), tls=replace(tls, client_ca=tmp_path / "cert.pem")) as server:
        with pytest.raises(OSError, match=r"required|reset|closed|EOF"):
            encrypted(server, trusted)
        trusted.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        assert encrypted(server, trusted) == 200


def test_what_cannot_be_served_is_said_at_the_start(shop: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    server, sync = rpc("server"), rpc("sync_server")

    class Plain(shop.PlainBase):  # type: ignore[name-defined,misc]
        pass

    async def make(made: Any) -> None:
        server.GrpcServer([made], server.Config(http="127.0.0.1:0"))

    with pytest.raises(ValueError, match=r"nothing to serve on .*: no method has a google.api.http rule"):
        asyncio.run(make(Plain()))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        in_use, free = f"127.0.0.1:{taken.getsockname()[1]}", "127.0.0.1:0"
        for address, http in ((free, in_use), (in_use, free)):
            other = sync.SyncGrpcServer([service(shop, echo)], sync.SyncConfig(address=address, http=http))
            with pytest.raises(OSError, match=rf"cannot listen on {in_use}: the address is in use"):
                other.start()
            # Nor does it keep a port that it could have.
            for port in {other.port, other.http.port} - {0}:
                with pytest.raises(OSError, match="refused"):
                    socket.create_connection(("127.0.0.1", port))
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ImportError, match="pip install uvicorn"):
        asyncio.run(make(service(shop, echo_async)))


def test_flavours_are_not_mixed(shop: ModuleType) -> None:
    app, settings, sync_settings = rpc("rest").RestApp, rpc("chain").Settings, rpc("sync_chain").SyncSettings

    async def authenticate(context: Any) -> str:
        return "me"

    with pytest.raises(TypeError, match="an application each"):
        app(service(shop, echo), service(shop, echo_async))
    with pytest.raises(TypeError, match="sync services take SyncSettings"):
        app(service(shop, echo), settings=settings())
    with pytest.raises(TypeError, match="sync services take SyncSettings"):
        app(service(shop, echo_async), settings=sync_settings())
    with pytest.raises(TypeError, match="authenticate is a coroutine function"):
        app(service(shop, echo), settings=sync_settings(authenticate=authenticate))


# -- threads -----------------------------------------------------------------------------------------


def test_handlers_run_at_the_same_time_and_no_more_than_there_are_threads(shop: ModuleType) -> None:
    two = threading.Barrier(2)
    running = most = 0
    lock = threading.Lock()

    def get_book(request: Any, context: Any) -> Any:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        two.wait(10)
        time.sleep(0.05)
        with lock:
            running -= 1
        assert tenant.get() == "nobody"
        tenant.set("left behind")
        return request

    with serving(service(shop, get_book), threads=2) as server:
        calls = [in_background(lambda: ask(server, "/v1/books/a")[0]) for _ in range(6)]
        assert [call() for call in calls] == [200] * 6
    assert most == 2


class Coroutine:
    async def __call__(self, request: Any, context: Any) -> Any:
        return request


@pytest.mark.parametrize("surprise", [ValueError, SystemExit, StopIteration, asyncio.CancelledError, KeyboardInterrupt])
@pytest.mark.filterwarnings("error")
def test_surprises_are_internal_and_the_server_lives(
    shop: ModuleType, surprise: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    def get_book(request: Any, context: Any) -> Any:
        if request.name == "raise":
            raise surprise("password=hunter2")
        if request.name == "none":
            return None
        if request.name == "coroutine":
            return Coroutine()(request, context)
        return request

    def watch(request: Any, context: Any) -> Any:
        yield request
        raise surprise("password=hunter2")

    with serving(service(shop, get_book, watch)) as server:
        for name in ("raise", "none", "coroutine"):
            status, text = ask(server, f"/v1/books/{name}")
            assert (status, json.loads(text)["message"]) == (500, "internal error")
            assert "hunter2" not in text
        status, text = ask(server, "/v1/books/a:watch")
        first, last = map(json.loads, text.splitlines())
        assert (status, first, last["error"]["code"]) == (200, {"name": "a"}, 13)
        assert "hunter2" not in text
        assert ask(server, "/v1/books/a")[0] == 200
    assert caplog.text.count("Traceback") >= 4


def test_a_deadline_is_told_to_the_handler_and_kept(shop: ModuleType) -> None:
    remaining: list[float | None] = []
    noticed = threading.Event()

    def get_book(request: Any, context: Any) -> Any:
        remaining.append(context.time_remaining())
        while context.is_active():
            time.sleep(0.01)
        noticed.set()
        raise rpc("errors").NotFound("too late")

    with serving(service(shop, get_book)) as server:
        began = time.monotonic()
        status, text = ask(server, "/v1/books/a", x_server_timeout="0.3")
        assert (status, json.loads(text)["code"]) == (504, 4)
        assert time.monotonic() - began < 3
        assert noticed.wait(5)
    (left,) = remaining
    assert left is not None
    assert 0 < left <= 0.3


def test_a_caller_that_leaves_a_stream_closes_it_on_its_own_thread(
    shop: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    threads: list[int] = []
    closed = threading.Event()

    def get_book(request: Any, context: Any) -> Any:
        return request

    def watch(request: Any, context: Any) -> Any:
        try:
            while True:
                threads.append(threading.get_ident())
                yield request
                time.sleep(0.02)
        finally:
            threads.append(threading.get_ident())
            closed.set()

    with caplog.at_level(logging.INFO), serving(service(shop, get_book, watch)) as server:
        host, _, port = server.http.address.rpartition(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"GET /v1/books/a:watch HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in connection.recv(1000)
        assert closed.wait(5)
        assert ask(server, "/v1/books/a")[0] == 200
    assert len(set(threads)) == 1
    codes = [record.__dict__["rpc_code"] for record in caplog.records if record.name == "pds.rpc.access"]
    assert sorted(codes) == ["CANCELLED", "OK"]


def test_a_slow_reader_of_a_stream_holds_the_handler_back(shop: ModuleType) -> None:
    given = 0

    def get_book(request: Any, context: Any) -> Any:
        return request

    def watch(request: Any, context: Any) -> Any:
        nonlocal given
        for _ in range(1000):
            given += 1
            yield type(request)(note="x" * 100_000)

    with serving(service(shop, get_book, watch), grace=0.2) as server:
        host, _, port = server.http.address.rpartition(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"GET /v1/books/a:watch HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(1.5)
            assert 0 < given < 500
