"""What a handler may do wrong: the caller gets the right code and never an exception's text.

Each trap is one that plain grpc.aio falls into. The tests drive the runtime's chain over a real
socket, with messages of one string that need no generated code.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest
from rpc_messages import SECRET, Nothing, Text, method

from protoc_gen_pds.runtime.errors import DecodeError
from protoc_gen_pds.runtime.rpc import errors
from protoc_gen_pds.runtime.rpc.border import aio, grpc
from protoc_gen_pds.runtime.rpc.chain import Settings, add_service
from protoc_gen_pds.runtime.rpc.client import (
    async_stream_stream,
    async_stream_unary,
    async_unary_stream,
    async_unary_unary,
)
from protoc_gen_pds.runtime.rpc.context import CallContext
from protoc_gen_pds.runtime.rpc.details import ErrorInfo, RequestInfo
from protoc_gen_pds.runtime.rpc.method import Binding, CallKind, ServiceBinding, SyncServiceBinding


@asynccontextmanager
async def service(
    handler: Any,
    kind: CallKind = CallKind.UNARY_UNARY,
    settings: Settings | None = None,
    *,
    request: Any = Text,
    response: Any = Text,
    check: Callable[[Any], None] | None = None,
    **server_options: Any,
) -> AsyncIterator[Any]:
    """A server of one method; the client's function for it."""
    rpc = method(kind, request, response)
    server = aio.server(**server_options)
    add_service(server, ServiceBinding("test.Service", object, (Binding(rpc, handler, check),)), settings or Settings())
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    makers: dict[CallKind, Callable[..., Any]] = {
        CallKind.UNARY_UNARY: async_unary_unary,
        CallKind.UNARY_STREAM: async_unary_stream,
        CallKind.STREAM_UNARY: async_stream_unary,
        CallKind.STREAM_STREAM: async_stream_stream,
    }
    try:
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield makers[kind](channel, rpc)
    finally:
        await server.stop(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(bounded())


async def failure_of(handler: Any, **options: Any) -> errors.RpcError:
    async with service(handler, **options) as call:
        with pytest.raises(errors.RpcError) as caught:
            await call(Text("x"), timeout=3)
    return caught.value


def check_internal(error: errors.RpcError) -> None:
    assert error.code.name == "INTERNAL"
    assert error.message == "internal error"
    assert error.find(RequestInfo) is not None
    assert SECRET not in repr((error, error.details, error.metadata))


# -- surprises ---------------------------------------------------------------------------------------


async def raises_value_error(request: Text, context: CallContext) -> Text:
    raise ValueError(SECRET)


async def raises_not_implemented(request: Text, context: CallContext) -> Text:
    raise NotImplementedError(SECRET)


async def raises_timeout(request: Text, context: CallContext) -> Text:
    raise TimeoutError(SECRET)


async def raises_a_group(request: Text, context: CallContext) -> Text:
    raise ExceptionGroup(SECRET, [errors.NotFound("inner")])


async def raises_decode_error(request: Text, context: CallContext) -> Text:
    raise DecodeError(SECRET)


async def raises_stop_async_iteration(request: Text, context: CallContext) -> Text:
    raise StopAsyncIteration(SECRET)


async def returns_none(request: Text, context: CallContext) -> Any:
    return None


async def returns_a_number(request: Text, context: CallContext) -> Any:
    return 3


async def returns_a_generator(request: Text, context: CallContext) -> Any:
    return (Text(str(n)) for n in range(2))


async def leaks_a_cancellation(request: Text, context: CallContext) -> Text:
    raise asyncio.CancelledError(SECRET)


async def waits_for_a_cancelled_task(request: Text, context: CallContext) -> Text:
    task = asyncio.create_task(asyncio.sleep(10))
    asyncio.get_running_loop().call_later(0.01, task.cancel)
    await task
    return request


class Unwritable(Text):
    def to_bytes(self) -> bytes:
        raise ValueError(SECRET)


async def returns_what_cannot_be_encoded(request: Text, context: CallContext) -> Text:
    return Unwritable()


async def raises_with_a_detail_that_cannot_be_written(request: Text, context: CallContext) -> Text:
    raise errors.NotFound("x", details=[ErrorInfo(f"{SECRET}\ud800", "test")])


async def raises_with_a_detail_that_is_no_message(request: Text, context: CallContext) -> Text:
    raise errors.NotFound("x", details=[SECRET])


async def adds_metadata_that_cannot_be_sent(request: Text, context: CallContext) -> Text:
    context.add_trailing_metadata("x-name", f"{SECRET}\ud800")
    return Text("y")


async def passes_on_what_another_server_said(request: Text, context: CallContext) -> Text:
    raise errors.remote_error(5, SECRET, None)


@pytest.mark.parametrize(
    "handler",
    [
        raises_value_error,
        raises_not_implemented,
        raises_timeout,
        raises_a_group,
        raises_decode_error,
        raises_stop_async_iteration,
        returns_none,
        returns_a_number,
        returns_a_generator,
        leaks_a_cancellation,
        waits_for_a_cancelled_task,
        returns_what_cannot_be_encoded,
        raises_with_a_detail_that_cannot_be_written,
        raises_with_a_detail_that_is_no_message,
        adds_metadata_that_cannot_be_sent,
        passes_on_what_another_server_said,
    ],
    ids=lambda handler: handler.__name__,
)
def test_a_surprise_is_internal_with_a_fixed_text_and_a_logged_traceback(
    handler: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        error = await failure_of(handler)
        check_internal(error)
        logged = [record for record in caplog.records if record.name == "pds.rpc"]
        assert len(logged) == 1
        assert logged[0].exc_info is not None
        assert "test.Service.Call" in logged[0].getMessage()
        info = error.find(RequestInfo)
        assert info is not None
        assert info.request_id in logged[0].getMessage()
        assert ("x-request-id", info.request_id) in error.metadata

    with caplog.at_level(logging.INFO):
        run(test)


async def aborts_with_a_surrogate(request: Text, context: Any) -> None:
    await context.abort(grpc.StatusCode.NOT_FOUND, "no file \ud800")


def test_plain_grpc_falls_into_these_traps() -> None:
    """The same handlers on bare grpc.aio: what the chain is for."""

    async def call(handler: Any) -> tuple[str, str]:
        async def serve(data: bytes, context: Any) -> Any:
            return await handler(Text.from_bytes(data), context)

        server = aio.server()
        handlers = {"Call": grpc.unary_unary_rpc_method_handler(serve, None, lambda message: message.to_bytes())}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(aio.AioRpcError) as caught:
                await channel.unary_unary("/test.Service/Call")(b"x", timeout=1)
        await server.stop(0)
        return caught.value.code().name, caught.value.details()

    async def test() -> None:
        assert SECRET in (await call(raises_value_error))[1]
        assert (await call(leaks_a_cancellation))[0] == "DEADLINE_EXCEEDED"
        assert "NoneType" in (await call(returns_none))[1]
        assert (await call(aborts_with_a_surrogate))[0] == "DEADLINE_EXCEEDED"

    run(test)


# -- typed errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [code for code in errors.StatusCode if code], ids=lambda code: code.name)
def test_every_typed_error_arrives_with_its_details(code: errors.StatusCode) -> None:
    cls = type(errors.remote_error(int(code), "", None))

    async def handler(request: Text, context: CallContext) -> Text:
        raise cls("why", reason="A_REASON", domain="test", details=[RequestInfo("7")])

    async def test() -> None:
        error = await failure_of(handler)
        assert type(error) is cls
        assert error.code is code
        assert error.message == "why"
        assert error.details == (ErrorInfo("A_REASON", "test"), RequestInfo("7"))
        assert error.remote

    run(test)


def test_a_message_that_utf8_does_not_have_is_sent_with_escapes() -> None:
    async def handler(request: Text, context: CallContext) -> Text:
        raise errors.NotFound("no file \ud800")

    async def test() -> None:
        error = await failure_of(handler)
        assert (error.code.name, error.message) == ("NOT_FOUND", "no file \\ud800")

    run(test)


def test_another_exception_may_be_the_message() -> None:
    assert str(errors.NotFound(FileNotFoundError("no file"))) == "NOT_FOUND: no file"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", "x"),
        ("Upper", "x"),
        ("a b", "x"),
        ("a\n", "x"),
        ("grpc-status", "7"),
        ("k", "é"),
        ("k", "a\r\nb"),
        ("k", b"a"),
        ("k", 5),
        ("k-bin", "x"),
    ],
)
def test_metadata_that_cannot_be_sent_is_refused_where_it_is_added(key: str, value: Any) -> None:
    context = CallContext()
    with pytest.raises(ValueError, match=r"metadata that can be sent|the value of k"):
        context.add_trailing_metadata(key, value)
    context.add_trailing_metadata("k.1_x-bin", b"\xff")
    context.add_trailing_metadata("k", "a, b")
    assert context.trailing_metadata == (("k.1_x-bin", b"\xff"), ("k", "a, b"))


def test_too_many_details_are_left_out_rather_than_lost_with_the_error(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(request: Text, context: CallContext) -> Text:
        raise errors.NotFound("w" * 5000, details=[ErrorInfo("X" * 1000, str(n)) for n in range(20)])

    async def test() -> None:
        error = await failure_of(handler)
        assert error.code.name == "NOT_FOUND"
        assert 0 < len(error.details) <= 6
        assert error.message.endswith("...")

    run(test)
    assert "left out" in caplog.text


# -- aborts ------------------------------------------------------------------------------------------


async def aborts(request: Text, context: CallContext) -> Text:
    await context.raw.abort(grpc.StatusCode.NOT_FOUND, "first")
    raise AssertionError


async def aborts_inside_an_abort(request: Text, context: CallContext) -> Text:
    try:
        await context.raw.abort(grpc.StatusCode.NOT_FOUND, "first")
    except Exception:
        await context.raw.abort(grpc.StatusCode.INTERNAL, "second")
    raise AssertionError


async def raises_after_an_abort(request: Text, context: CallContext) -> Text:
    try:
        await context.raw.abort(grpc.StatusCode.NOT_FOUND, "first")
    except Exception as error:
        raise errors.PermissionDenied("second") from error
    raise AssertionError


async def returns_after_an_abort(request: Text, context: CallContext) -> Text:
    try:
        await context.raw.abort(grpc.StatusCode.NOT_FOUND, "first")
    except Exception:
        return Text("second")
    raise AssertionError


@pytest.mark.parametrize(
    "handler",
    [aborts, aborts_inside_an_abort, raises_after_an_abort, returns_after_an_abort],
    ids=lambda handler: handler.__name__,
)
def test_the_first_abort_counts(handler: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        error = await failure_of(handler)
        assert (error.code.name, error.message) == ("NOT_FOUND", "first")

    run(test)
    assert "Traceback" not in "".join(
        record.exc_text or "" for record in caplog.records if record.name == "grpc._cython.cygrpc"
    )


def test_an_abort_of_the_handlers_own_is_no_surprise(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        run(lambda: failure_of(aborts))
    assert not [record for record in caplog.records if record.name == "pds.rpc" and record.levelno >= logging.ERROR]
    assert [r.__dict__["rpc_code"] for r in caplog.records if r.name == "pds.rpc.access"] == ["NOT_FOUND"]


# -- streams -----------------------------------------------------------------------------------------


async def async_generator(request: Text, context: CallContext) -> AsyncIterator[Text]:
    for number in range(3):
        yield Text(str(number))


def returns_an_async_generator(request: Text, context: CallContext) -> AsyncIterator[Text]:
    return async_generator(request, context)


async def coroutine_that_returns_an_async_generator(request: Text, context: CallContext) -> AsyncIterator[Text]:
    return async_generator(request, context)


class IteratorByHand:
    def __init__(self) -> None:
        self._left = iter(range(3))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Text:
        for number in self._left:
            return Text(str(number))
        raise StopAsyncIteration


def returns_an_iterator_by_hand(request: Text, context: CallContext) -> AsyncIterator[Text]:
    return IteratorByHand()


@pytest.mark.parametrize(
    "handler",
    [
        async_generator,
        returns_an_async_generator,
        coroutine_that_returns_an_async_generator,
        returns_an_iterator_by_hand,
    ],
    ids=lambda handler: handler.__name__,
)
def test_streams_in_every_spelling(handler: Any) -> None:
    async def test() -> None:
        async with service(handler, CallKind.UNARY_STREAM) as call:
            assert [m.text async for m in call(Text(), timeout=3)] == ["0", "1", "2"]

        async def both(requests: AsyncIterator[Text], context: CallContext) -> Any:
            async for _ in requests:
                pass
            result = handler(Text(), context)
            return await result if asyncio.iscoroutine(result) else result

        async with service(both, CallKind.STREAM_STREAM) as call:
            assert [m.text async for m in call([Text()], timeout=3)] == ["0", "1", "2"]

    run(test)


async def yields_then_raises(request: Text, context: CallContext) -> AsyncIterator[Text]:
    yield Text("0")
    raise ValueError(SECRET)


async def yields_then_leaks_a_cancellation(request: Text, context: CallContext) -> AsyncIterator[Text]:
    yield Text("0")
    raise asyncio.CancelledError


async def yields_then_a_wrong_type(request: Text, context: CallContext) -> AsyncIterator[Any]:
    yield Text("0")
    yield 3


async def yields_then_none(request: Text, context: CallContext) -> AsyncIterator[Any]:
    yield Text("0")
    yield None


@pytest.mark.parametrize(
    "handler",
    [yields_then_raises, yields_then_leaks_a_cancellation, yields_then_a_wrong_type, yields_then_none],
    ids=lambda handler: handler.__name__,
)
def test_a_surprise_in_a_stream(handler: Any) -> None:
    async def test() -> None:
        async with service(handler, CallKind.UNARY_STREAM) as call:
            stream = call(Text(), timeout=3)
            assert (await anext(stream)).text == "0"
            with pytest.raises(errors.Internal) as caught:
                await anext(stream)
        check_internal(caught.value)

    run(test)


@pytest.mark.parametrize("result", [None, 3, [Text("0")]])
def test_a_stream_that_is_none_is_internal_and_not_empty(result: Any) -> None:
    async def handler(request: Text, context: CallContext) -> Any:
        return result

    async def test() -> None:
        async with service(handler, CallKind.UNARY_STREAM) as call:
            with pytest.raises(errors.Internal) as caught:
                [m async for m in call(Text(), timeout=3)]
        check_internal(caught.value)

    run(test)


def test_a_stream_that_is_left_early_runs_its_cleanup_in_the_same_task() -> None:
    seen: list[object] = []

    async def handler(request: Text, context: CallContext) -> AsyncIterator[Text]:
        task = asyncio.current_task()
        try:
            for number in range(1000):
                yield Text(str(number))
                await asyncio.sleep(0.01)
        finally:
            seen.append(asyncio.current_task() is task)

    async def test() -> None:
        async with service(handler, CallKind.UNARY_STREAM) as call:
            async with call(Text()) as stream:
                async for message in stream:
                    if message.text == "2":
                        break
            for _ in range(100):
                if seen:
                    break
                await asyncio.sleep(0.02)
        assert seen == [True]

    run(test)


def test_a_stream_that_is_left_while_it_writes_runs_its_cleanup_in_the_same_task() -> None:
    """The cancellation reaches the chain, not the generator, which would wait for the garbage collector."""
    seen: list[object] = []
    written = 0

    async def handler(request: Text, context: CallContext) -> AsyncIterator[Text]:
        nonlocal written
        task = asyncio.current_task()
        try:
            while True:
                yield Text("x" * 1_000_000)
                written += 1
        finally:
            seen.append(asyncio.current_task() is task)

    async def test() -> None:
        async with service(handler, CallKind.UNARY_STREAM) as call:
            async with call(Text()) as stream:
                await anext(stream)
                before = -1
                # Until flow control holds the handler in a write.
                while before != written:
                    before = written
                    await asyncio.sleep(0.1)
            for _ in range(100):
                if seen:
                    break
                await asyncio.sleep(0.02)
        assert seen == [True]

    run(test)


def test_stream_requests_are_decoded_and_checked_one_by_one() -> None:
    async def join(requests: AsyncIterator[Text], context: CallContext) -> Text:
        return Text("".join([request.text async for request in requests]))

    def refuse_x(request: Text) -> None:
        if request.text == "x":
            raise errors.InvalidArgument("no x")

    async def test() -> None:
        async with service(join, CallKind.STREAM_UNARY, check=refuse_x) as call:
            assert (await call([Text("a"), Text("b")], timeout=3)).text == "ab"
            with pytest.raises(errors.InvalidArgument, match="no x"):
                await call([Text("a"), Text("x")], timeout=3)

    run(test)


def test_an_error_of_the_callers_own_iterator_reaches_the_caller() -> None:
    async def join(requests: AsyncIterator[Text], context: CallContext) -> Text:
        return Text("".join([request.text async for request in requests]))

    async def broken() -> AsyncIterator[Text]:
        yield Text("a")
        raise KeyError("mine")

    async def test() -> None:
        async with service(join, CallKind.STREAM_UNARY) as call:
            with pytest.raises(KeyError, match="mine"):
                await call(broken(), timeout=3)

    run(test)


# -- registration ------------------------------------------------------------------------------------


def plain(request: Text, context: CallContext) -> Text:
    return request


async def yielding(request: Text, context: CallContext) -> AsyncIterator[Text]:
    yield request


def plain_generator(request: Text, context: CallContext) -> Any:
    yield request


@pytest.mark.parametrize(
    ("handler", "kind", "reason"),
    [
        (plain, CallKind.UNARY_UNARY, "plain method"),
        (plain, CallKind.STREAM_UNARY, "plain method"),
        (yielding, CallKind.UNARY_UNARY, "not yield"),
        (plain_generator, CallKind.UNARY_UNARY, "plain generator"),
        (plain_generator, CallKind.UNARY_STREAM, "plain generator"),
    ],
)
def test_a_handler_of_the_wrong_form_is_refused_at_registration(handler: Any, kind: CallKind, reason: str) -> None:
    async def test() -> None:
        with pytest.raises(TypeError, match=f"test.Service.Call.*{reason}"):
            async with service(handler, kind):
                raise AssertionError

    run(test)


def test_an_async_service_is_refused_by_a_sync_server() -> None:
    from concurrent.futures import ThreadPoolExecutor

    server = grpc.server(ThreadPoolExecutor(1))
    binding = ServiceBinding("test.Service", object, (Binding(method(CallKind.UNARY_UNARY), raises_value_error),))
    with pytest.raises(TypeError, match=r"grpc\.aio"):
        add_service(server, binding)


def test_a_sync_service_is_refused_by_an_async_server() -> None:
    async def test() -> None:
        service: Any = SyncServiceBinding("test.Service", object, (Binding(method(CallKind.UNARY_UNARY), plain),))
        with pytest.raises(TypeError, match=r"test\.Service is sync .* register it on a grpc\.server"):
            add_service(aio.server(), service)

    run(test)


# -- requests and responses --------------------------------------------------------------------------


def test_empty_is_no_argument_and_none() -> None:
    async def handler(context: CallContext) -> None:
        return None

    async def test() -> None:
        async with service(handler, request=Nothing, response=Nothing) as call:
            assert (await call(Nothing(), timeout=3)).text == ""

    run(test)


def test_a_response_where_the_proto_says_empty_is_a_surprise() -> None:
    async def handler(request: Text, context: CallContext) -> Any:
        return Text("unexpected")

    async def test() -> None:
        check_internal(await failure_of(handler, response=Nothing))

    run(test)


def test_malformed_bytes_are_the_callers_fault() -> None:
    async def echo(request: Text, context: CallContext) -> Text:
        return request

    async def test() -> None:
        server = aio.server()
        binding = ServiceBinding("test.Service", object, (Binding(method(CallKind.UNARY_UNARY), echo),))
        add_service(server, binding)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(aio.AioRpcError) as caught:
                await channel.unary_unary("/test.Service/Call")(b"ab\xff", timeout=3)
        await server.stop(0)
        assert caught.value.code().name == "INVALID_ARGUMENT"
        assert "at byte 2" in caught.value.details()

    run(test)


# -- the call's context ------------------------------------------------------------------------------


def test_the_context_tells_of_the_call() -> None:
    seen: dict[str, Any] = {}

    async def handler(request: Text, context: CallContext) -> Text:
        remaining = context.time_remaining()
        assert remaining is not None
        seen.update(
            header=context.header("x-a"),
            binary=context.header_bytes("x-b-bin"),
            remaining=0 < remaining < 4,
            peer=context.peer.partition(":")[0],
            id=context.request_id,
            method=context.method.full_name if context.method else None,
            identity=context.identity,
        )
        context.add_trailing_metadata("x-cost", "7")
        return request

    async def authenticate(context: CallContext) -> str:
        token = context.header("authorization")
        if token != "Bearer good":
            raise errors.Unauthenticated("a valid token is needed")
        return "alice"

    async def test() -> None:
        metadata = [("x-a", "1"), ("x-b-bin", b"\x00\xff"), ("x-request-id", "abc-1")]
        async with service(handler, settings=Settings(authenticate)) as call:
            await call(Text(), timeout=3, metadata=[*metadata, ("authorization", "Bearer good")])
            with pytest.raises(errors.Unauthenticated):
                await call(Text(), timeout=3, metadata=metadata)

    run(test)
    assert seen == {
        "header": "1",
        "binary": b"\x00\xff",
        "remaining": True,
        "peer": "ipv4",
        "id": "abc-1",
        "method": "test.Service.Call",
        "identity": "alice",
    }


def test_a_request_id_that_could_forge_log_lines_is_replaced() -> None:
    context = CallContext(metadata=[("x-request-id", "a b\nc")])
    assert context.request_id != "a b\nc"
    assert len(context.request_id) == 16
    assert context.request_id == context.request_id
    assert len(CallContext(metadata=[("x-request-id", "a" * 500)]).request_id) == 16


def test_random_request_ids_differ_also_from_those_of_a_child() -> None:
    # In a process of its own, since other tests leave threads behind, with which none should fork.
    script = """
import os, sys
from protoc_gen_pds.runtime.rpc.context import CallContext

def ids():
    return [CallContext().request_id for _ in range(200)]

given, (readable, writable) = ids(), os.pipe()
if os.fork() == 0:
    os.write(writable, " ".join(ids()).encode())
    os._exit(0)
os.wait()
given += [*ids(), *os.read(readable, 100_000).decode().split()]
assert len(given) == len(set(given)) == 600, len(set(given))
assert all(len(i) == 16 and set(i) <= set("0123456789abcdef") for i in given)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_system_that_does_not_fork_has_request_ids_too() -> None:
    script = """
import logging, os, random
del os.register_at_fork
from protoc_gen_pds.runtime.rpc.context import CallContext
assert len({CallContext().request_id for _ in range(200)}) == 200
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_cancellation_and_deadline_reach_the_handler_and_are_no_surprise(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    async def handler(request: Text, context: CallContext) -> Text:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            seen.append(request.text)
            raise
        return request

    async def test() -> None:
        async with service(handler) as call:
            with pytest.raises(errors.DeadlineExceeded):
                await call(Text("deadline"), timeout=0.2)
            task = asyncio.create_task(call(Text("cancel")))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for _ in range(100):
                if len(seen) == 2:
                    break
                await asyncio.sleep(0.02)
        assert seen == ["deadline", "cancel"]

    with caplog.at_level(logging.INFO):
        run(test)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert caplog.text.count("CANCELLED") == 2


def test_the_access_log_has_one_line_for_each_call(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(request: Text, context: CallContext) -> Text:
        if request.text == "raise":
            raise errors.NotFound("none")
        if request.text == "set":
            context.raw.set_code(grpc.StatusCode.ABORTED)
        return request

    async def test() -> None:
        async with service(handler) as call:
            await call(Text(), timeout=3, metadata=[("x-request-id", "r1")])
            with pytest.raises(errors.NotFound):
                await call(Text("raise"), timeout=3)
            with pytest.raises(errors.Aborted):
                await call(Text("set"), timeout=3)

    with caplog.at_level(logging.INFO, logger="pds.rpc.access"):
        run(test)
    lines = [record for record in caplog.records if record.name == "pds.rpc.access"]
    assert [record.__dict__["rpc_code"] for record in lines] == ["OK", "NOT_FOUND", "ABORTED"]
    assert lines[0].__dict__["rpc_request_id"] == "r1"
    assert lines[0].getMessage().startswith("/test.Service/Call OK ")
    assert all(record.__dict__["rpc_milliseconds"] > 0 for record in lines)


def test_the_access_log_uses_the_record_factory_in_the_context_of_the_call(caplog: pytest.LogCaptureFixture) -> None:
    """That is how tracing puts its ids into log lines."""
    from contextvars import ContextVar

    tenant: ContextVar[str] = ContextVar("tenant", default="none")
    factory = logging.getLogRecordFactory()

    def with_tenant(*arguments: Any, **more: Any) -> logging.LogRecord:
        made = factory(*arguments, **more)
        made.tenant = tenant.get()
        return made

    async def handler(request: Text, context: CallContext) -> Text:
        tenant.set("blue")
        return request

    async def test() -> None:
        async with service(handler) as call:
            await call(Text(), timeout=3)

    logging.setLogRecordFactory(with_tenant)
    try:
        with caplog.at_level(logging.INFO, logger="pds.rpc.access"):
            run(test)
    finally:
        logging.setLogRecordFactory(factory)
    lines = [record for record in caplog.records if record.name == "pds.rpc.access"]
    assert [line.__dict__["tenant"] for line in lines] == ["blue"]


@pytest.mark.parametrize("access_log", [True, False])
def test_a_context_may_be_asked_after_the_end_of_its_call(access_log: bool) -> None:
    """grpc.aio crashes there: a task that a handler leaves behind would end the process."""
    kept: list[CallContext] = []

    async def handler(request: Text, context: CallContext) -> Text:
        kept.append(context)
        assert context.peer_identities == ()
        if request.text == "raise":
            raise errors.NotFound("none")
        return request

    async def test() -> None:
        async with service(handler, settings=Settings(access_log=access_log)) as call:
            for _ in range(20):
                await call(Text(), timeout=3, metadata=[("x-request-id", "r1")])
            with pytest.raises(errors.NotFound):
                await call(Text("raise"), timeout=3, metadata=[("x-request-id", "r1")])
            await asyncio.sleep(0.05)
            for context in kept:
                assert context.peer.startswith("ipv4:127.0.0.1:")
                assert context.request_id == context.header("x-request-id") == "r1"
                context.time_remaining()
                with pytest.raises(RuntimeError, match="has ended"):
                    context.peer_identities  # noqa: B018

    run(test)


def test_context_variables_set_by_authentication_reach_the_handler() -> None:
    from contextvars import ContextVar

    tenant: ContextVar[str] = ContextVar("tenant")

    async def authenticate(context: CallContext) -> None:
        tenant.set("blue")

    async def handler(request: Text, context: CallContext) -> Text:
        return Text(tenant.get())

    async def stream(request: Text, context: CallContext) -> AsyncIterator[Text]:
        yield Text(tenant.get())

    async def test() -> None:
        async with service(handler, settings=Settings(authenticate)) as call:
            assert (await call(Text(), timeout=3)).text == "blue"
        async with service(stream, CallKind.UNARY_STREAM, Settings(authenticate)) as call:
            assert [m.text async for m in call(Text(), timeout=3)] == ["blue"]

    run(test)
