"""HTTP and JSON: path templates, query parameters, bodies, errors; with curl where it is installed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest
import uvicorn
from openapi_spec_validator import validate
from portworx._runtime.rpc.http_template import Template, TemplateError
from portworx._runtime.rpc.rest import RestApp
from support import run_plugin

from examples.backup_service.seed import rows
from examples.backup_service.service import BackupService
from examples.backup_service.store import Store

FIRST = next(iter(rows()))
assert FIRST.backup.meta is not None
UID = FIRST.backup.meta.uid
ImportTree = Callable[[dict[str, str], str], ModuleType]


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(40):
            await test()

    asyncio.run(bounded())


def seeded() -> BackupService:
    store = Store()
    store.add(rows())
    return BackupService(store)


# -- templates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("/v1/books", "/v1/books", {}),
        ("/v1/books", "/v1/books/", None),
        ("/v1/books/{id}", "/v1/books/bkp:0193-aa", {"id": "bkp:0193-aa"}),
        ("/v1/books/{id}", "/v1/books/a%2Fb%20c", {"id": "a/b c"}),
        ("/v1/books/{id}", "/v1/books/", None),
        ("/v1/books/{id}", "/v1/books/a/b", None),
        ("/v1/{name=shelves/*/books/*}", "/v1/shelves/1/books/2", {"name": "shelves/1/books/2"}),
        ("/v1/{name=shelves/*/books/*}", "/v1/shelves/1%2f2/books/%41", {"name": "shelves/1%2f2/books/A"}),
        ("/v1/{name=files/**}", "/v1/files/a/b/c", {"name": "files/a/b/c"}),
        ("/v1/{name=files/**}:copy", "/v1/files/a/b:copy", {"name": "files/a/b"}),
        ("/v1/{name=files/**}:copy", "/v1/files/a/b", None),
        ("/v1/{book.name=books/*}", "/v1/books/1", {"book.name": "books/1"}),
        ("/v1/*/x", "/v1/any/x", {}),
        ("/v1/a.b", "/v1/aXb", None),
    ],
)
def test_path_templates(template: str, path: str, expected: dict[str, str] | None) -> None:
    assert Template(template).match(path) == expected


def test_more_specific_templates_come_first() -> None:
    written = ["/v1/{name=**}", "/v1/{id}", "/v1/special", "/v1/{id}:cancel"]
    assert [t.text for t in sorted(map(Template, written), key=lambda t: t.order)] == [
        "/v1/{id}:cancel",
        "/v1/special",
        "/v1/{id}",
        "/v1/{name=**}",
    ]


@pytest.mark.parametrize("template", ["v1/x", "/v1/{x", "/v1/{}", "/v1/{=x}"])
def test_malformed_templates_are_errors(template: str) -> None:
    with pytest.raises(TemplateError):
        Template(template)


# -- over a socket -----------------------------------------------------------------------------------


@asynccontextmanager
async def http(app: Any) -> AsyncIterator[str]:
    """The application behind uvicorn on a free port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def ask(address: str, target: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
    """One HTTP request by hand; the status and the JSON."""
    status, _, text = await ask_raw(address, target, method, body, **headers)
    return status, json.loads(text)


async def ask_raw(
    address: str, target: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, str, str]:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address}", "Connection: close", f"Content-Length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + data)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        rest = dechunked(rest)
    return int(head.split()[1]), head.decode(), rest.decode()


def dechunked(data: bytes) -> bytes:
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        out, data = out + data[:length], data[length + 2 :]
    return out


def test_the_backup_api_over_http() -> None:
    async def test() -> None:
        async with http(RestApp(seeded())) as address:
            assert await ask(address, f"/pds/v1/backups/{UID}") == (200, FIRST.backup.to_dict())
            status, listed = await ask(
                address,
                f"/pds/v1/backups?dataServiceDeploymentId={FIRST.deployment_id}"
                "&pagination.page_size=4&pagination.pageNumber=2&sort.sortBy=NAME&sort.sort_order=2",
            )
            assert status == 200
            assert len(listed["backups"]) == 4
            assert listed["pagination"]["currentPage"] == "2"
            names = [backup["meta"]["name"] for backup in listed["backups"]]
            assert names == sorted(names, reverse=True)
            assert await ask(address, f"/pds/v1/backups/{UID}?force=true", "DELETE") == (200, {})
            status, error = await ask(address, f"/pds/v1/backups/{UID}")
            assert (status, error["code"]) == (404, 5)
            assert error["details"] == [
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "BACKUP_NOT_FOUND", "domain": "pds"},
                {
                    "@type": "type.googleapis.com/google.rpc.ResourceInfo",
                    "resourceType": "pds/Backup",
                    "resourceName": UID,
                },
            ]

    run(test)


@pytest.mark.parametrize(
    ("target", "method", "status", "code", "text"),
    [
        ("/pds/v1/backups?pagination.page_size=many", "GET", 400, 3, "pagination.page_size"),
        ("/pds/v1/backups?sort.sortBy=BY_SIZE", "GET", 400, 3, "sort.sortBy"),
        ("/pds/v1/backups?unknown=1", "GET", 400, 3, "unknown"),
        ("/pds/v1/backups?pagination=1", "GET", 400, 3, "pagination"),
        ("/pds/v1/backups?backupConfigId=a&backupConfigId=b", "GET", 400, 3, "more than once"),
        ("/pds/v1/backups/x?force=maybe", "DELETE", 400, 3, "force"),
        ("/pds/v1/none", "GET", 404, 5, "nothing"),
        ("/pds/v1/backups", "POST", 405, 12, "POST"),
    ],
)
def test_errors_are_a_status_in_json(target: str, method: str, status: int, code: int, text: str) -> None:
    async def test() -> None:
        async with http(RestApp(seeded())) as address:
            got, error = await ask(address, target, method)
            assert (got, error["code"]) == (status, code)
            assert text in error["message"]

    run(test)


SHOP = """
syntax = "proto3";
package shop.v1;
import "google/api/annotations.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Book {
  string name = 1;
  string title = 2;
  int64 pages = 3;
  repeated string tags = 4;
  // Who wrote it.
  Author author = 5;
}
message Author { string name = 1; Author teacher = 2; }
message UpdateBookRequest { Book book = 1; google.protobuf.FieldMask update_mask = 2; bool strict = 3; }
message GetBookRequest {
  string name = 1;
  repeated int32 versions = 2;
  google.protobuf.Timestamp at = 3;
  google.protobuf.BoolValue draft = 4;
  bytes etag = 5;
  double factor = 6;
}
message BookEcho { Book book = 1; string request = 2; }
service Shop {
  // Gets a book.
  rpc GetBook(GetBookRequest) returns (BookEcho) {
    option (google.api.http) = {
      get: "/v1/{name=shelves/*/books/*}"
      additional_bindings { get: "/v1/books/{name}" response_body: "book" }
    };
  }
  rpc UpdateBook(UpdateBookRequest) returns (BookEcho) {
    option (google.api.http) = { patch: "/v1/{book.name=books/*}" body: "book" };
  }
  rpc CreateBook(Book) returns (BookEcho) { option (google.api.http) = { post: "/v1/books" body: "*" }; }
  rpc Publish(GetBookRequest) returns (google.protobuf.Empty) {
    option (google.api.http) = { post: "/v1/{name=books/*}:publish" body: "*" };
  }
  rpc Watch(GetBookRequest) returns (stream Book) {
    option (google.api.http) = { get: "/v1/books:watch" };
  }
  rpc Upload(stream Book) returns (Book) { option (google.api.http) = { post: "/v1/upload" body: "*" }; }
}
"""


@pytest.fixture
def shop(import_tree: ImportTree) -> ModuleType:
    return import_tree(run_plugin({"shop/shop.proto": SHOP}, "package=rest_api"), "rest_api.shop.shop")


def shop_app(shop: ModuleType, **options: Any) -> Any:
    class Service(shop.ShopBase):  # type: ignore[name-defined,misc]
        async def get_book(self, request: Any, context: Any) -> Any:
            if request.name == "wait":
                await asyncio.sleep(30)
            if request.name == "boom":
                raise ValueError("password=hunter2")
            if request.name == "none":
                return None
            context.add_trailing_metadata("x-cost", "7")
            return shop.BookEcho(book=shop.Book(name=request.name), request=request.to_json())

        async def update_book(self, request: Any, context: Any) -> Any:
            return shop.BookEcho(book=request.book, request=request.to_json())

        async def create_book(self, request: Any, context: Any) -> Any:
            return shop.BookEcho(book=request)

        async def publish(self, request: Any, context: Any) -> None:
            return None

        async def watch(self, request: Any, context: Any) -> Any:
            for number in range(3):
                yield shop.Book(name=str(number))
            if request.name == "break":
                raise ValueError("password=hunter2")

    rest = __import__("rest_api._runtime.rpc.rest", fromlist=["RestApp"])
    return rest.RestApp(Service(), **options)


def test_every_part_of_a_rule(shop: ModuleType) -> None:
    async def test() -> None:
        async with http(shop_app(shop)) as address:
            status, echo = await ask(
                address,
                "/v1/shelves/1/books/2?versions=1&versions=2&at=2026-01-02T03:04:05Z&draft=true&etag=AQI%3D&factor=NaN",
            )
            assert status == 200
            assert json.loads(echo["request"]) == {
                "name": "shelves/1/books/2",
                "versions": [1, 2],
                "at": "2026-01-02T03:04:05Z",
                "draft": True,
                "etag": "AQI=",
                "factor": "NaN",
            }
            assert await ask(address, "/v1/books/a%20b") == (200, {"name": "a b"})
            status, echo = await ask(
                address,
                "/v1/books/7?updateMask=title,pages&strict=true",
                "PATCH",
                {"title": "T", "name": "books/other"},
            )
            assert status == 200
            assert echo["book"] == {"name": "books/7", "title": "T"}
            assert json.loads(echo["request"])["updateMask"] == "title,pages"
            created = {"name": "n", "pages": "12", "author": {"teacher": {"name": "t"}}}
            assert await ask(address, "/v1/books", "POST", created) == (200, {"book": created})
            assert await ask(address, "/v1/books/7:publish", "POST", {"factor": 2}) == (200, {})
            assert await ask(address, "/v1/books/7:publish", "POST") == (200, {})

    run(test)


def test_what_is_wrong_with_a_body_is_said(shop: ModuleType) -> None:
    async def test() -> None:
        async with http(shop_app(shop, receive_bytes=1000)) as address:
            for body, text in (
                (b"{", "not JSON"),
                (b"[]", ""),
                (b'{"pages": "many"}', "pages"),
                (b'{"none": 1}', "none"),
                (b'{"title": "a", "title": "b"}', "twice"),
            ):
                status, error = await ask(address, "/v1/books", "POST", body)
                assert (status, error["code"]) == (400, 3), body
                assert text in error["message"]
            status, error = await ask(address, "/v1/books?title=x", "POST", {})
            assert (status, error["code"]) == (400, 3)
            status, error = await ask(address, "/v1/books", "POST", {"title": "x" * 2000})
            assert (status, error["code"]) == (429, 8)
            status, _ = await ask(address, "/v1/upload", "POST", {})
            assert status == 404

    run(test)


def test_a_body_is_one_json_value_and_sets_nothing_beside_its_field(shop: ModuleType) -> None:
    async def test() -> None:
        async with http(shop_app(shop)) as address:
            for body in (b'{"title": "T"}, "strict": true', b'{"title": "T"}}', b'{"title": "T"} {}'):
                status, error = await ask(address, "/v1/books/7", "PATCH", body)
                assert (status, error["code"]) == (400, 3), body
                assert "not JSON" in error["message"]

    run(test)


def test_a_caller_that_goes_away_while_it_sends_is_no_surprise(
    shop: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with http(shop_app(shop)) as address:
            host, _, port = address.rpartition(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(b'POST /v1/books HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"title":')
            await writer.drain()
            await asyncio.sleep(0.2)
            writer.close()
            for _ in range(100):
                if "CANCELLED" in caplog.text:
                    break
                await asyncio.sleep(0.02)

    with caplog.at_level(logging.INFO):
        run(test)
    assert [r.__dict__["rpc_code"] for r in caplog.records if r.name == "pds.rpc.access"] == ["CANCELLED"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_surprises_are_internal_here_too(shop: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with http(shop_app(shop)) as address:
            for name in ("boom", "none"):
                status, head, text = await ask_raw(address, f"/v1/books/{name}", x_request_id="r-1")
                error = json.loads(text)
                assert (status, error["code"], error["message"]) == (500, 13, "internal error")
                assert error["details"] == [{"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "r-1"}]
                assert "hunter2" not in head + text
                assert "x-request-id: r-1" in head.lower()

    with caplog.at_level(logging.INFO):
        run(test)
    assert caplog.text.count("Traceback") == 2
    assert [r.__dict__["rpc_code"] for r in caplog.records if r.name == "pds.rpc.access"] == ["INTERNAL", "INTERNAL"]


def test_streams_are_lines_of_json(shop: ModuleType) -> None:
    async def test() -> None:
        async with http(shop_app(shop)) as address:
            status, head, text = await ask_raw(address, "/v1/books:watch")
            assert status == 200
            assert "application/x-ndjson" in head
            assert [json.loads(line) for line in text.splitlines()] == [{"name": str(n)} for n in range(3)]
            status, _, text = await ask_raw(address, "/v1/books:watch?name=break")
            lines = [json.loads(line) for line in text.splitlines()]
            assert (status, len(lines)) == (200, 4)
            assert lines[3]["error"]["code"] == 13
            assert "hunter2" not in text

    run(test)


def test_deadlines_headers_and_callers_that_go_away(shop: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with http(shop_app(shop)) as address:
            status, error = await ask(address, "/v1/books/wait", x_server_timeout="0.1")
            assert (status, error["code"]) == (504, 4)
            _, head, _ = await ask_raw(address, "/v1/books/x")
            assert "x-cost: 7" in head
            host, _, port = address.rpartition(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET /v1/books/wait HTTP/1.1\r\nHost: x\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.2)
            writer.close()
            for _ in range(100):
                if "CANCELLED" in caplog.text:
                    break
                await asyncio.sleep(0.02)

    with caplog.at_level(logging.INFO):
        run(test)
    assert "CANCELLED" in caplog.text


def test_who_has_the_whole_answer_is_not_counted_any_more(shop: ModuleType) -> None:
    application = shop_app(shop, concurrent_calls=1)
    scope = {"type": "http", "method": "GET", "path": "/v1/books/a", "query_string": b"", "headers": []}
    statuses: list[int] = []

    async def exchange() -> None:
        received = asyncio.Queue[dict[str, Any]]()
        received.put_nowait({"type": "http.request", "body": b""})
        await application(scope, received.get, send)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        elif len(statuses) < 3:
            # The caller asks again as soon as it has the answer, and the first exchange has not ended.
            await exchange()

    run(exchange)
    assert statuses == [200, 200, 200]


# -- OpenAPI -----------------------------------------------------------------------------------------


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_the_openapi_document(shop: ModuleType) -> None:
    async def test() -> None:
        async with http(shop_app(shop)) as address:
            status, document = await ask(address, "/openapi.json")
        assert status == 200
        assert document["openapi"] == "3.1.0"
        assert {path: sorted(item) for path, item in document["paths"].items()} == {
            "/v1/{name}": ["get"],
            "/v1/books/{name}": ["get"],
            "/v1/{book.name}": ["patch"],
            "/v1/books": ["post"],
            "/v1/{name}:publish": ["post"],
            "/v1/books:watch": ["get"],
        }
        get = document["paths"]["/v1/{name}"]["get"]
        assert get["description"] == "Gets a book."
        assert [(p["name"], p["in"]) for p in get["parameters"]] == [
            ("name", "path"),
            ("versions", "query"),
            ("at", "query"),
            ("draft", "query"),
            ("etag", "query"),
            ("factor", "query"),
        ]
        schemas = document["components"]["schemas"]
        assert schemas["shop.v1.Book"]["properties"]["pages"] == {
            "type": "string",
            "format": "int64",
            "pattern": "^-?[0-9]+$",
        }
        assert schemas["shop.v1.Book"]["properties"]["author"]["description"] == "Who wrote it."
        assert {ref.removeprefix("#/components/schemas/") for ref in references(document)} <= set(schemas)
        operations = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
        assert len(operations) == len(set(operations))
        validate(document)

    run(test)


def test_the_committed_openapi_document_is_valid() -> None:
    validate(RestApp(seeded()).document())


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl() -> None:
    async def test() -> None:
        async with http(RestApp(seeded())) as address:
            process = await asyncio.create_subprocess_exec(
                *("curl", "--silent", "--show-error", "--fail", f"http://{address}/pds/v1/backups/{UID}"),
                stdout=asyncio.subprocess.PIPE,
            )
            out, _ = await process.communicate()
        assert process.returncode == 0
        assert json.loads(out) == FIRST.backup.to_dict()

    run(test)
