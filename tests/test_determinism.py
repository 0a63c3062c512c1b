"""The tree depends on the .proto files and the options, and on nothing else: every way gives the same bytes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from invocation import API, Invocation, Tree
from support import PROTO_DIR, PROTOS, compile_protos, make_request

from protoc_gen_pds import plugin

OPTIONS = "package=portworx,strip_prefix=public/portworx"
EDGE_CASES = tuple(sorted(path.relative_to(PROTOS).as_posix() for path in (PROTOS / "tree").glob("*.proto")))

Process = subprocess.CompletedProcess[str]
Way = Callable[[Invocation], Iterator[Process]]


def protoc_at_once(invocation: Invocation) -> Iterator[Process]:
    yield invocation.protoc(API, OPTIONS)


def protoc_in_reverse(invocation: Invocation) -> Iterator[Process]:
    yield invocation.protoc(API[::-1], OPTIONS)


def protoc_once_per_file(invocation: Invocation) -> Iterator[Process]:
    """Several at once, as builds do: they write the constant files over each other."""
    with ThreadPoolExecutor(4) as pool:
        yield from pool.map(lambda name: invocation.protoc([name], OPTIONS), API)


def grpc_tools_at_once(invocation: Invocation) -> Iterator[Process]:
    yield invocation.grpc_tools(API, OPTIONS)


def grpc_tools_once_per_file(invocation: Invocation) -> Iterator[Process]:
    with ThreadPoolExecutor(4) as pool:
        yield from pool.map(lambda name: invocation.grpc_tools([name], OPTIONS), reversed(API))


def buf_by_directory(invocation: Invocation) -> Iterator[Process]:
    yield invocation.buf(strategy="directory", parameter=OPTIONS)


def buf_all(invocation: Invocation) -> Iterator[Process]:
    yield invocation.buf(strategy="all", parameter=OPTIONS)


WAYS: tuple[Way, ...] = (
    protoc_at_once,
    protoc_in_reverse,
    protoc_once_per_file,
    grpc_tools_at_once,
    grpc_tools_once_per_file,
    buf_by_directory,
    buf_all,
)


@pytest.fixture(scope="module")
def expected() -> Tree:
    """The tree as one call in this process makes it."""
    response = plugin.respond(make_request(compile_protos(API, PROTO_DIR), API, OPTIONS))
    assert not response.error
    return {file.name: file.content.encode() for file in response.file}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_gives_the_same_tree(way: Way, seed: int, tmp_path: Path, expected: Tree) -> None:
    invocation = Invocation(tmp_path, seed=seed)
    for result in way(invocation):
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    tree = invocation.tree()
    assert sorted(tree) == sorted(expected)
    assert [name for name in tree if tree[name] != expected[name]] == []


def test_edge_cases_do_not_depend_on_what_is_generated_with_them() -> None:
    files = compile_protos(EDGE_CASES, PROTOS)
    together = plugin.respond(make_request(files, EDGE_CASES, OPTIONS))
    assert not together.error
    whole = {file.name: file.content for file in together.file}
    merged: dict[str, str] = {}
    for name in EDGE_CASES:
        alone = plugin.respond(make_request(compile_protos([name], PROTOS), [name], OPTIONS))
        assert not alone.error
        for file in alone.file:
            assert merged.setdefault(file.name, file.content) == file.content
    assert merged == whole


def test_the_response_is_the_same_bytes_in_whatever_order_files_are_asked_for() -> None:
    files = compile_protos(EDGE_CASES, PROTOS)
    one = plugin.respond(make_request(files, EDGE_CASES, OPTIONS))
    other = plugin.respond(make_request(files, EDGE_CASES[::-1], OPTIONS))
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


def test_nothing_of_the_machine_or_the_day_is_in_the_output(expected: Tree, tmp_path: Path) -> None:
    here = [str(Path(__file__).parent.parent), str(Path.home()), str(tmp_path.parent.parent)]
    assert [name for name, content in expected.items() for text in here if text.encode() in content] == []


def test_no_google_tree_is_written(expected: Tree) -> None:
    assert [name for name in expected if "google/" in name] == []
