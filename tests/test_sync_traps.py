"""What a handler of a sync server may do wrong: the same promises as on an async one, on threads.

Each trap is one that a plain ``grpc.server()`` falls into. The tests drive the runtime's chain over a real
socket, with messages of one string that need no generated code.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import pytest
from rpc_messages import SECRET, Nothing, Text, method

from protoc_gen_pds.runtime.errors import DecodeError
from protoc_gen_pds.runtime.rpc import errors
from protoc_gen_pds.runtime.rpc.border import aio, grpc
from protoc_gen_pds.runtime.rpc.context import CallContext
from protoc_gen_pds.runtime.rpc.details import ErrorInfo, RequestInfo
from protoc_gen_pds.runtime.rpc.method import Binding, CallKind, ServiceBinding, SyncServiceBinding
from protoc_gen_pds.runtime.rpc.sync_chain import SyncSettings, add_sync_service
from protoc_gen_pds.runtime.rpc.sync_client import (
    sync_stream_stream,
    sync_stream_unary,
    sync_unary_stream,
    sync_unary_unary,
)

CLIENTS: dict[CallKind, Callable[..., Any]] = {
    CallKind.UNARY_UNARY: sync_unary_unary,
    CallKind.UNARY_STREAM: sync_unary_stream,
    CallKind.STREAM_UNARY: sync_stream_unary,
    CallKind.STREAM_STREAM: sync_stream_stream,
}


def bound(handler: Any, kind: CallKind = CallKind.UNARY_UNARY, **types: Any) -> SyncServiceBinding:
    return SyncServiceBinding("test.Service", object, (Binding(method(kind, **types), handler),))


@contextmanager
def listening(server: Any) -> Iterator[Any]:
    """A channel to a started server."""
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        server.stop(0).wait()


@contextmanager
def service(
    handler: Any,
    kind: CallKind = CallKind.UNARY_UNARY,
    settings: SyncSettings | None = None,
    *,
    request: Any = Text,
    response: Any = Text,
    check: Callable[[Any], None] | None = None,
    threads: int = 4,
    **server_options: Any,
) -> Iterator[Any]:
    """A server of one method; the client's function for it."""
    rpc = method(kind, request, response)
    with ThreadPoolExecutor(threads) as pool:
        server = grpc.server(pool, **server_options)
        binding = SyncServiceBinding("test.Service", object, (Binding(rpc, handler, check),))
        add_sync_service(server, binding, settings or SyncSettings())
        with listening(server) as channel:
            yield CLIENTS[kind](channel, rpc)


def failure_of(handler: Any, **options: Any) -> errors.RpcError:
    with service(handler, **options) as call, pytest.raises(errors.RpcError) as caught:
        call(Text("x"), timeout=3)
    return caught.value


def check_internal(error: errors.RpcError) -> None:
    assert error.code.name == "INTERNAL"
    assert error.message == "internal error"
    assert error.find(RequestInfo) is not None
    assert SECRET not in repr((error, error.details, error.metadata))


def eventually(condition: Callable[[], object]) -> bool:
    for _ in range(200):
        if condition():
            return True
        time.sleep(0.02)
    return False


# -- surprises ---------------------------------------------------------------------------------------


def raises_value_error(request: Text, context: CallContext) -> Text:
    raise ValueError(SECRET)


def raises_decode_error(request: Text, context: CallContext) -> Text:
    raise DecodeError(SECRET)


def raises_stop_iteration(request: Text, context: CallContext) -> Text:
    raise StopIteration(SECRET)


def ends_the_thread(request: Text, context: CallContext) -> Text:
    raise SystemExit(SECRET)


def interrupts(request: Text, context: CallContext) -> Text:
    raise KeyboardInterrupt(SECRET)


def raises_an_error_of_grpc(request: Text, context: CallContext) -> Text:
    raise grpc.RpcError(SECRET)


def raises_a_bare_exception(request: Text, context: CallContext) -> Text:
    raise Exception


def returns_none(request: Text, context: CallContext) -> Any:
    return None


def returns_a_number(request: Text, context: CallContext) -> Any:
    return 3


def returns_a_generator(request: Text, context: CallContext) -> Any:
    return (Text(str(n)) for n in range(2))


async def a_coroutine() -> Text:
    return Text(SECRET)


def returns_a_coroutine(request: Text, context: CallContext) -> Any:
    return a_coroutine()


class Unwritable(Text):
    def to_bytes(self) -> bytes:
        raise ValueError(SECRET)


def returns_what_cannot_be_encoded(request: Text, context: CallContext) -> Text:
    return Unwritable()


def raises_with_a_detail_that_cannot_be_written(request: Text, context: CallContext) -> Text:
    raise errors.NotFound("x", details=[ErrorInfo(f"{SECRET}\ud800", "test")])


def raises_with_a_detail_that_is_no_message(request: Text, context: CallContext) -> Text:
    raise errors.NotFound("x", details=[SECRET])


def adds_metadata_that_cannot_be_sent(request: Text, context: CallContext) -> Text:
    context.add_trailing_metadata("x-name", f"{SECRET}\ud800")
    return Text("y")


def passes_on_what_another_server_said(request: Text, context: CallContext) -> Text:
    raise errors.remote_error(5, SECRET, None)


def sets_a_code_and_raises(request: Text, context: CallContext) -> Text:
    context.raw.set_code(grpc.StatusCode.NOT_FOUND)
    context.raw.set_details(SECRET)
    raise ValueError(SECRET)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "handler",
    [
        raises_value_error,
        raises_decode_error,
        raises_stop_iteration,
        ends_the_thread,
        interrupts,
        raises_an_error_of_grpc,
        raises_a_bare_exception,
        returns_none,
        returns_a_number,
        returns_a_generator,
        returns_a_coroutine,
        returns_what_cannot_be_encoded,
        raises_with_a_detail_that_cannot_be_written,
        raises_with_a_detail_that_is_no_message,
        adds_metadata_that_cannot_be_sent,
        passes_on_what_another_server_said,
        sets_a_code_and_raises,
    ],
    ids=lambda handler: handler.__name__,
)
def test_a_surprise_is_internal_with_a_fixed_text_and_a_logged_traceback(
    handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        error = failure_of(handler)
    check_internal(error)
    logged = [record for record in caplog.records if record.name == "pds.rpc"]
    assert len(logged) == 1
    assert logged[0].exc_info is not None
    assert "test.Service.Call" in logged[0].getMessage()
    info = error.find(RequestInfo)
    assert info is not None
    assert info.request_id in logged[0].getMessage()
    assert ("x-request-id", info.request_id) in error.metadata
    # grpcio has nothing to add: an exception that it sees is logged a second time.
    assert [record for record in caplog.records if record.name.startswith("grpc")] == []


def test_plain_grpc_falls_into_these_traps() -> None:
    """The same handlers on a bare grpc.server(): what the chain is for."""

    def call(handler: Any) -> tuple[str, str]:
        def serve(data: bytes, context: Any) -> Any:
            return handler(Text.from_bytes(data), context)

        with ThreadPoolExecutor(1) as pool:
            server = grpc.server(pool)
            handlers = {"Call": grpc.unary_unary_rpc_method_handler(serve, None, lambda message: message.to_bytes())}
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
            with listening(server) as channel, pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary("/test.Service/Call")(b"x", timeout=1)
        return caught.value.code().name, caught.value.details()

    assert SECRET in call(raises_value_error)[1]
    # Nobody answers once a thread ends so: the caller waits for its deadline.
    assert call(ends_the_thread)[0] == "DEADLINE_EXCEEDED"
    assert "serialize" in call(returns_none)[1]


# -- typed errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [code for code in errors.StatusCode if code], ids=lambda code: code.name)
def test_every_typed_error_arrives_with_its_details(code: errors.StatusCode) -> None:
    cls = type(errors.remote_error(int(code), "", None))

    def handler(request: Text, context: CallContext) -> Text:
        context.add_trailing_metadata("x-cost", "7")
        raise cls("why", reason="A_REASON", domain="test", details=[RequestInfo("7")])

    error = failure_of(handler)
    assert type(error) is cls
    assert error.message == "why"
    assert error.details == (ErrorInfo("A_REASON", "test"), RequestInfo("7"))
    assert ("x-cost", "7") in error.metadata


# -- aborts ------------------------------------------------------------------------------------------


def aborts(request: Text, context: CallContext) -> Text:
    context.raw.abort(grpc.StatusCode.NOT_FOUND, "first")
    raise AssertionError


def aborts_inside_an_abort(request: Text, context: CallContext) -> Text:
    try:
        context.raw.abort(grpc.StatusCode.NOT_FOUND, "first")
    except Exception:
        context.raw.abort(grpc.StatusCode.ABORTED, "second")
    raise AssertionError


def raises_after_an_abort(request: Text, context: CallContext) -> Text:
    try:
        context.raw.abort(grpc.StatusCode.NOT_FOUND, "first")
    except Exception as error:
        raise errors.Aborted("second") from error
    raise AssertionError


def returns_after_an_abort(request: Text, context: CallContext) -> Text:
    try:
        context.raw.abort(grpc.StatusCode.NOT_FOUND, "first")
    except Exception:
        return Text("second")
    raise AssertionError


def sets_a_code_and_returns(request: Text, context: CallContext) -> Text:
    context.raw.set_code(grpc.StatusCode.NOT_FOUND)
    context.raw.set_details("first")
    return Text()


@pytest.mark.parametrize(
    ("handler", "code", "message"),
    [
        (aborts, "NOT_FOUND", "first"),
        # Unlike grpc.aio, which refuses a second abort, grpcio's threads forget the first one.
        (aborts_inside_an_abort, "ABORTED", "second"),
        (raises_after_an_abort, "ABORTED", "second"),
        (returns_after_an_abort, "NOT_FOUND", "first"),
        (sets_a_code_and_returns, "NOT_FOUND", "first"),
    ],
)
def test_the_last_abort_counts_and_the_log_says_what_was_sent(
    handler: Any, code: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        error = failure_of(handler)
    assert (error.code.name, error.message) == (code, message)
    lines = [record for record in caplog.records if record.name == "pds.rpc.access"]
    assert [record.__dict__["rpc_code"] for record in lines] == [code]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


# -- streams -----------------------------------------------------------------------------------------


def generator(request: Text, context: CallContext) -> Iterator[Text]:
    for number in range(3):
        yield Text(str(number))


def returns_a_list(request: Text, context: CallContext) -> Any:
    return [Text("0"), Text("1"), Text("2")]


class IteratorByHand:
    def __init__(self) -> None:
        self._left = iter(range(3))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Text:
        return Text(str(next(self._left)))


def returns_an_iterator_by_hand(request: Text, context: CallContext) -> Iterator[Text]:
    return IteratorByHand()


@pytest.mark.parametrize(
    "handler", [generator, returns_a_list, returns_an_iterator_by_hand], ids=lambda handler: handler.__name__
)
def test_streams_in_every_spelling(handler: Any) -> None:
    def both(requests: Iterator[Text], context: CallContext) -> Any:
        assert [request.text for request in requests] == ["x"]
        return handler(Text(), context)

    with service(handler, CallKind.UNARY_STREAM) as call:
        assert [m.text for m in call(Text(), timeout=3)] == ["0", "1", "2"]
    with service(both, CallKind.STREAM_STREAM) as call:
        assert [m.text for m in call([Text("x")], timeout=3)] == ["0", "1", "2"]


def yields_then_raises(request: Text, context: CallContext) -> Iterator[Text]:
    yield Text("0")
    raise ValueError(SECRET)


def yields_then_ends_the_thread(request: Text, context: CallContext) -> Iterator[Text]:
    yield Text("0")
    raise SystemExit(SECRET)


def yields_then_raises_stop_iteration(request: Text, context: CallContext) -> Iterator[Text]:
    yield Text("0")
    raise StopIteration(SECRET)


def yields_then_a_wrong_type(request: Text, context: CallContext) -> Iterator[Any]:
    yield Text("0")
    yield 3


def yields_then_none(request: Text, context: CallContext) -> Iterator[Any]:
    yield Text("0")
    # grpcio takes it for the end of the stream.
    yield None


@pytest.mark.parametrize(
    "handler",
    [
        yields_then_raises,
        yields_then_ends_the_thread,
        yields_then_raises_stop_iteration,
        yields_then_a_wrong_type,
        yields_then_none,
    ],
    ids=lambda handler: handler.__name__,
)
def test_a_surprise_in_a_stream(handler: Any) -> None:
    with service(handler, CallKind.UNARY_STREAM) as call:
        stream = call(Text(), timeout=3)
        assert next(stream).text == "0"
        with pytest.raises(errors.Internal) as caught:
            next(stream)
    check_internal(caught.value)


async def async_generator() -> Any:
    yield Text("0")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("result", [lambda: None, lambda: 3, async_generator, a_coroutine, lambda: SECRET])
def test_a_stream_that_is_none_is_internal_and_not_empty(result: Callable[[], Any]) -> None:
    def handler(request: Text, context: CallContext) -> Any:
        return result()

    with service(handler, CallKind.UNARY_STREAM) as call, pytest.raises(errors.Internal) as caught:
        list(call(Text(), timeout=3))
    check_internal(caught.value)


@pytest.mark.parametrize("kind", [CallKind.UNARY_STREAM, CallKind.STREAM_STREAM])
def test_a_stream_that_is_left_early_runs_its_cleanup_in_the_same_thread(
    kind: CallKind, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[object] = []

    def handler(_: Any, context: CallContext) -> Iterator[Text]:
        thread = threading.current_thread()
        try:
            for number in range(1000):
                yield Text(str(number))
                time.sleep(0.01)
        finally:
            seen.append(threading.current_thread() is thread and not context.is_active())

    with caplog.at_level(logging.INFO), service(handler, kind) as call:
        with call(Text() if kind is CallKind.UNARY_STREAM else [Text()]) as stream:
            for message in stream:
                if message.text == "2":
                    break
        assert eventually(lambda: seen)
    assert seen == [True]
    assert [record.__dict__["rpc_code"] for record in caplog.records if record.name == "pds.rpc.access"] == [
        "CANCELLED"
    ]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.filterwarnings("error")
def test_a_cleanup_that_fails_is_logged_and_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def handler(request: Text, context: CallContext) -> Iterator[Text]:
        try:
            for number in range(1000):
                yield Text(str(number))
                time.sleep(0.01)
        finally:
            raise ValueError("the cleanup failed")

    with service(handler, CallKind.UNARY_STREAM) as call:
        with call(Text()) as stream:
            next(stream)
        assert eventually(lambda: "the cleanup failed" in caplog.text)


def test_stream_requests_are_decoded_and_checked_one_by_one() -> None:
    def join(requests: Iterator[Text], context: CallContext) -> Text:
        return Text("".join(request.text for request in requests))

    def refuse_x(request: Text) -> None:
        if request.text == "x":
            raise errors.InvalidArgument("no x")

    with service(join, CallKind.STREAM_UNARY, check=refuse_x) as call:
        assert call([Text("a"), Text("b")], timeout=3).text == "ab"
        with pytest.raises(errors.InvalidArgument, match="no x"):
            call([Text("a"), Text("x")], timeout=3)


def test_a_caller_that_goes_away_in_the_middle_of_its_stream_is_no_surprise(caplog: pytest.LogCaptureFixture) -> None:
    """grpcio raises an error of its own in the stream of requests, or shows its end; which one is a matter of luck."""
    begun, ended = threading.Event(), threading.Event()

    def echo(requests: Iterator[Text], context: CallContext) -> Iterator[Text]:
        try:
            for request in requests:
                begun.set()
                yield request
        finally:
            ended.set()

    def endless() -> Iterator[Text]:
        yield Text("a")
        ended.wait(10)

    with caplog.at_level(logging.INFO), service(echo, CallKind.STREAM_STREAM) as call:
        for count in range(1, 100):
            begun.clear()
            ended.clear()
            with call(endless(), timeout=20):
                assert begun.wait(5)
            assert ended.wait(5)
            assert eventually(lambda count=count: caplog.text.count("/test.Service/Call ") == count)
            if count >= 10 and "CANCELLED" in caplog.text:
                break
    assert "CANCELLED" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


# -- registration ------------------------------------------------------------------------------------


async def coroutine(request: Text, context: CallContext) -> Text:
    return request


async def yielding_async(request: Text, context: CallContext) -> Any:
    yield request


def plain(request: Text, context: CallContext) -> Text:
    return request


class Handlers:
    async def coroutine(self, request: Text, context: CallContext) -> Text:
        return request


@pytest.mark.parametrize(
    ("handler", "kind", "reason"),
    [
        (coroutine, CallKind.UNARY_UNARY, "is async .* use def"),
        (Handlers().coroutine, CallKind.UNARY_UNARY, "is async .* use def"),
        (coroutine, CallKind.UNARY_STREAM, "is async .* use def"),
        (yielding_async, CallKind.UNARY_STREAM, "is async .* use def"),
        (yielding_async, CallKind.STREAM_UNARY, "is async .* use def"),
        (generator, CallKind.UNARY_UNARY, "not yield"),
        (generator, CallKind.STREAM_UNARY, "not yield"),
    ],
)
def test_a_handler_of_the_wrong_form_is_refused_at_registration(handler: Any, kind: CallKind, reason: str) -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(TypeError, match=f"test.Service.Call.*{reason}"):
        add_sync_service(grpc.server(pool), bound(handler, kind))


def test_a_sync_service_is_refused_by_an_async_server() -> None:
    import asyncio

    async def test() -> None:
        server: Any = aio.server()
        with pytest.raises(TypeError, match=r"is sync and would block the event loop.*grpc\.server\(\)"):
            add_sync_service(server, bound(plain))

    asyncio.run(test())


def test_an_async_service_is_refused_by_a_sync_server() -> None:
    service: Any = ServiceBinding("test.Service", object, (Binding(method(CallKind.UNARY_UNARY), coroutine),))
    with ThreadPoolExecutor(1) as pool, pytest.raises(TypeError, match=r"is async: register it on a grpc\.aio"):
        add_sync_service(grpc.server(pool), service)


def test_an_async_authentication_lets_nobody_in() -> None:
    """A coroutine is true: taken for an identity it would let everybody in."""

    async def authenticate(context: CallContext) -> str:
        raise errors.Unauthenticated("nobody")

    with ThreadPoolExecutor(1) as pool, pytest.raises(TypeError, match="authenticate is a coroutine function"):
        add_sync_service(grpc.server(pool), bound(plain), SyncSettings(authenticate))
    hidden = SyncSettings(lambda context: authenticate(context))
    check_internal(failure_of(plain, settings=hidden))


# -- requests and responses --------------------------------------------------------------------------


def test_empty_is_no_argument_and_none() -> None:
    def handler(context: CallContext) -> None:
        return None

    with service(handler, request=Nothing, response=Nothing) as call:
        assert call(Nothing(), timeout=3).text == ""


def test_a_response_where_the_proto_says_empty_is_a_surprise() -> None:
    check_internal(failure_of(plain, response=Nothing))


@pytest.mark.parametrize("kind", list(CallKind))
def test_malformed_bytes_are_the_callers_fault(kind: CallKind) -> None:
    streams = kind in (CallKind.STREAM_UNARY, CallKind.STREAM_STREAM)

    def handler(request: Any, context: CallContext) -> Any:
        return list(request) if streams else request

    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        add_sync_service(server, bound(handler, kind))
        with listening(server) as channel:
            start = getattr(channel, kind.value)("/test.Service/Call")
            with pytest.raises(grpc.RpcError) as caught:
                list(start(iter([b"ab\xff"]) if streams else b"ab\xff", timeout=3))
    assert caught.value.code().name == "INVALID_ARGUMENT"
    assert "at byte 2" in caught.value.details()


# -- the call's context ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(CallKind))
def test_the_context_tells_of_the_call(kind: CallKind) -> None:
    seen: dict[str, Any] = {}

    def note(context: CallContext) -> None:
        remaining = context.time_remaining()
        assert remaining is not None
        seen.update(
            header=context.header("x-a"),
            binary=context.header_bytes("x-b-bin"),
            remaining=0 < remaining < 4,
            active=context.is_active(),
            peer=context.peer.partition(":")[0],
            id=context.request_id,
            method=context.method.full_name if context.method else None,
            identity=context.identity,
        )
        context.add_trailing_metadata("x-cost", "7")

    def one(_: Any, context: CallContext) -> Text:
        note(context)
        return Text("7")

    def many(_: Any, context: CallContext) -> Iterator[Text]:
        note(context)
        yield Text("7")

    def authenticate(context: CallContext) -> str:
        if context.header("authorization") != "Bearer good":
            raise errors.Unauthenticated("a valid token is needed")
        return "alice"

    streams = kind in (CallKind.UNARY_STREAM, CallKind.STREAM_STREAM)
    takes_stream = kind in (CallKind.STREAM_UNARY, CallKind.STREAM_STREAM)
    metadata = (("x-a", "1"), ("x-b-bin", b"\x00\xff"), ("x-request-id", "abc-1"))
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        add_sync_service(server, bound(many if streams else one, kind), SyncSettings(authenticate))
        with listening(server) as channel:
            start = getattr(channel, kind.value)("/test.Service/Call")

            def call(token: str) -> Any:
                sent = iter([b""]) if takes_stream else b""
                options = {"timeout": 3, "metadata": (*metadata, ("authorization", token))}
                if streams:
                    stream = start(sent, **options)
                    return list(stream), stream
                answer, done = start.with_call(sent, **options)
                return [answer], done

            answers, done = call("Bearer good")
            assert answers == [b"7"]
            assert ("x-cost", "7") in [tuple(pair) for pair in done.trailing_metadata()]
            with pytest.raises(grpc.RpcError) as refused:
                call("Bearer bad")
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert seen == {
        "header": "1",
        "binary": b"\x00\xff",
        "remaining": True,
        "active": True,
        "peer": "ipv4",
        "id": "abc-1",
        "method": "test.Service.Call",
        "identity": "alice",
    }


def test_a_call_without_a_deadline_has_no_time_remaining() -> None:
    seen: list[float | None] = []

    def handler(request: Text, context: CallContext) -> Text:
        seen.append(context.time_remaining())
        return request

    with service(handler) as call:
        call(Text())
    assert seen == [None]


def test_a_handler_learns_that_its_caller_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    def handler(request: Text, context: CallContext) -> Text:
        while context.is_active():
            time.sleep(0.01)
        seen.append(request.text)
        if request.text == "late":
            raise errors.NotFound("nobody hears that")
        return request

    with caplog.at_level(logging.INFO), service(handler) as call:
        for text in ("deadline", "late"):
            with pytest.raises(errors.DeadlineExceeded):
                call(Text(text), timeout=0.2)
        assert eventually(lambda: caplog.text.count("CANCELLED") == 2)
    assert seen == ["deadline", "late"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_the_access_log_has_one_line_for_each_call(caplog: pytest.LogCaptureFixture) -> None:
    def handler(request: Text, context: CallContext) -> Text:
        if request.text:
            raise errors.NotFound("none")
        return request

    with caplog.at_level(logging.INFO, logger="pds.rpc.access"), service(handler) as call:
        call(Text(), timeout=3, metadata=[("x-request-id", "r1")])
        with pytest.raises(errors.NotFound):
            call(Text("x"), timeout=3)
    lines = [record for record in caplog.records if record.name == "pds.rpc.access"]
    assert [record.__dict__["rpc_code"] for record in lines] == ["OK", "NOT_FOUND"]
    assert lines[0].__dict__["rpc_request_id"] == "r1"
    assert all(record.__dict__["rpc_milliseconds"] > 0 for record in lines)


TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")


def test_context_variables_reach_the_handler_and_no_other_call() -> None:
    """Those of an interceptor and of the authentication; threads are used again, their values must not be."""
    region: ContextVar[str] = ContextVar("region", default="nowhere")

    class Interceptor(grpc.ServerInterceptor):  # type: ignore[misc]
        def intercept_service(self, continuation: Any, details: Any) -> Any:
            for key, value in details.invocation_metadata:
                if key == "x-region":
                    region.set(value)
            return continuation(details)

    def authenticate(context: CallContext) -> None:
        name = context.header("x-tenant")
        if name:
            TENANT.set(name)

    def handler(request: Text, context: CallContext) -> Text:
        return Text(f"{TENANT.get()} {region.get()}")

    def stream(request: Text, context: CallContext) -> Iterator[Text]:
        yield handler(request, context)
        yield handler(request, context)

    blue = [("x-tenant", "blue"), ("x-region", "eu")]
    options: Any = {"settings": SyncSettings(authenticate), "threads": 1, "interceptors": [Interceptor()]}
    with service(handler, **options) as call:
        assert call(Text(), timeout=3, metadata=blue).text == "blue eu"
        assert call(Text(), timeout=3).text == "nobody nowhere"
    with service(stream, CallKind.UNARY_STREAM, **options) as call:
        assert [m.text for m in call(Text(), timeout=3, metadata=blue)] == ["blue eu"] * 2
        assert [m.text for m in call(Text(), timeout=3)] == ["nobody nowhere"] * 2


def test_an_interceptor_of_grpc_sees_calls_and_their_failures() -> None:
    seen: list[str] = []

    class Interceptor(grpc.ServerInterceptor):  # type: ignore[misc]
        def intercept_service(self, continuation: Any, details: Any) -> Any:
            handler = continuation(details)

            def serve(request: Any, context: Any) -> Any:
                try:
                    return handler.unary_unary(request, context)
                except Exception:
                    seen.append(f"{details.method} {context.code().name}")
                    raise

            return grpc.unary_unary_rpc_method_handler(serve)

    failure_of(raises_value_error, interceptors=[Interceptor()])
    assert seen == ["/test.Service/Call INTERNAL"]
