"""``docs=rich``: links resolve, tables survive, nothing in a comment can break the document."""

from __future__ import annotations

import posixpath
import re
import time
from collections.abc import Mapping
from urllib.parse import unquote

import pytest
from support import BACKUP, PROTO_DIR, PROTOS, run_plugin
from tree_snapshot import CheckTree

from protoc_gen_pds.schema import Comments
from protoc_gen_pds.targets.docs.text import block, cell, code, name, prose

RICH = "emit=docs,docs=rich"
INCLUDE = PROTOS / "docs" / "include"


def test_backup_document(check_tree: CheckTree) -> None:
    check_tree(run_plugin([BACKUP], RICH, PROTO_DIR))


def test_edge_cases(check_tree: CheckTree) -> None:
    check_tree(run_plugin(["docs/rich.proto"], RICH, PROTOS, INCLUDE))


def anchors(document: str) -> list[str]:
    return re.findall(r"\{#([^}]+)\}$", document, re.M) + re.findall(r'<a id="([^"]+)">', document)


def dangling(files: Mapping[str, str]) -> list[str]:
    """Links that lead nowhere."""
    found = []
    for path, document in files.items():
        for href in re.findall(r"\]\(([^)\s]+)\)", document):
            target, _, anchor = href.partition("#")
            if target.startswith("https://") or href == "#scalar-value-types":
                continue
            where = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target))) if target else path
            if where not in files or anchor not in anchors(files[where]):
                found.append(f"{path}: {href}")
    return found


def test_links_resolve_across_the_files_of_the_api() -> None:
    names = sorted(path.relative_to(PROTO_DIR).as_posix() for path in PROTO_DIR.rglob("*.proto"))
    files = run_plugin(names, RICH, PROTO_DIR)
    assert len(files) == len(names)
    assert dangling(files) == []
    assert "(../../../common/apiv1/meta.pb.md#meta)" in files[BACKUP.removesuffix(".proto") + ".pb.md"]


def test_links_resolve_across_edge_case_files() -> None:
    files = run_plugin(["docs/rich.proto", "docs/units.proto", "docs/shop.proto"], RICH, PROTOS, INCLUDE)
    assert dangling(files) == []


def test_links_resolve_within_a_document_of_several_files() -> None:
    sources = {
        "a.proto": 'syntax = "proto3"; package a; message M { M m = 1; }',
        "b/b.proto": 'syntax = "proto3"; package b; import "a.proto"; message M { a.M other = 1; M own = 2; }',
    }
    (document,) = run_plugin(sources, f"{RICH},docs_file=all.md").values()
    assert dangling({"all.md": document}) == []
    assert "| other | [a.M](#m) |" in document
    assert "| own | [M](#m-1) |" in document


def test_links_are_escaped() -> None:
    sources = {
        "a b(c).proto": 'syntax = "proto3"; package a; message M {}',
        "d.proto": 'syntax = "proto3"; package d; import "a b(c).proto"; message N { a.M m = 1; }',
    }
    files = run_plugin(sources, RICH)
    assert "(a%20b%28c%29.pb.md#m)" in files["d.pb.md"]
    assert dangling(files) == []


def test_anchors_are_unique_and_those_of_the_house_format() -> None:
    source = (
        'syntax = "proto3"; package p; message A {} message a {} message String { string s = 1; } enum AA { Z = 0; }'
        " service A_S { rpc Do(A) returns (a); }"
    )
    (document,) = run_plugin({"m.proto": source}, RICH).values()
    found = anchors(document)
    assert len(found) == len(set(found))
    assert {"a", "a-1", "string-1", "aa", "servicepa_s", "methodpa_sdo"} <= set(found)
    assert dangling({"m.pb.md": document}) == []


@pytest.mark.parametrize(
    ("type_name", "import_name", "href"),
    [
        ("google.protobuf.Timestamp", "google/protobuf/timestamp", "https://protobuf.dev/reference/protobuf/google.protobuf/#timestamp"),
        ("google.protobuf.ListValue", "google/protobuf/struct", "https://protobuf.dev/reference/protobuf/google.protobuf/#list-value"),
        ("google.protobuf.UInt64Value", "google/protobuf/wrappers", "https://protobuf.dev/reference/protobuf/google.protobuf/#uint64-value"),
        ("google.protobuf.FileOptions", "google/protobuf/descriptor", "https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto"),
        ("google.api.HttpRule", "google/api/http", "https://github.com/googleapis/googleapis/blob/master/google/api/http.proto"),
    ],
)  # fmt: skip
def test_types_of_google_link_to_their_reference(type_name: str, import_name: str, href: str) -> None:
    source = f'syntax = "proto3"; package p; import "{import_name}.proto"; message M {{ {type_name} f = 1; }}'
    (document,) = run_plugin({"m.proto": source}, RICH).values()
    assert f"| f | [{type_name}]({href}) |" in document


def test_google_s_own_documents_link_to_each_other() -> None:
    files = run_plugin(["google/api/http.proto", "google/api/annotations.proto"], RICH)
    assert dangling(files) == []


def cells(row: str) -> int:
    return len(re.findall(r"(?<!\\)\|", row)) - 1


def test_every_row_has_the_cells_of_its_table() -> None:
    (document,) = run_plugin(["docs/rich.proto"], RICH, PROTOS, INCLUDE).values()
    rows = [line for line in document.split("\n") if line.startswith("| ")]
    assert len(rows) > 40
    assert {cells(row) for row in rows} == {3}


def test_the_document_of_a_file_does_not_depend_on_the_others() -> None:
    alone = run_plugin(["docs/rich.proto"], RICH, PROTOS, INCLUDE)
    together = run_plugin(["docs/units.proto", "docs/rich.proto"], RICH, PROTOS, INCLUDE)
    assert together["docs/rich.pb.md"] == alone["docs/rich.pb.md"]


@pytest.mark.parametrize(
    ("leading", "trailing", "expected"),
    [
        (" a\n b\n", " c\n", "a\nb\n\nc"),
        (" * a\n * b\n", "", "* a\n* b"),
        ("* Doc.\n with stars\n   indented\n", "", "Doc.\nwith stars\n  indented"),
        ("***\n many stars\n ***", "", "many stars"),
        ("/ three\n/ slashes\n", "", "three\nslashes"),
        (" /path\n", "", "/path"),
        (" a\n (-- api-linter: x=disabled\n     because --)\n", "", "a"),
        (" a (-- x --) b (-- y --)\n", "", "a b"),
        (" a (-- open\n", "", "a (-- open"),
        (" buf:lint:ignore X\n a\n", "", "a"),
        (" @exclude a\n", " b\n", ""),
        (" a\r\n b\r\n", "", "a\nb"),
        ("", "", ""),
    ],
)
def test_prose(leading: str, trailing: str, expected: str) -> None:
    assert prose(Comments(leading, trailing)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# a\n## b", "\\# a\n\\## b"),
        ("a\n===\nb\n---", "a\n\\===\nb\n\\---"),
        ("#5 is\n#hash", "#5 is\n#hash"),
        ("<b>x</b> `<b>` a < b <!-- c", "&lt;b>x&lt;/b> `<b>` a < b &lt;!-- c"),
        ("<https://a.b/c> <mailto:a@b.c>", "<https://a.b/c> <mailto:a@b.c>"),
        ("``a ` <b>`` `<c>", "``a ` <b>`` `&lt;c>"),
        ("~~~py x\n<b>\n~~~\nafter", "```py\n<b>\n```\n\nafter"),
        ("```\n~~~\n``", "````\n~~~\n``\n````".replace("````", "```")),
        ("~~~\n```\n~~~", "````\n```\n````"),
    ],
)
def test_block(text: str, expected: str) -> None:
    assert block(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n\nc", "a b<br><br>c"),
        ("a | b \\| c \\\\| d", "a \\| b \\| c \\\\\\| d"),
        ("a:\n- b\n  c\n* d\n2. e", "a:<br>• b c<br>• d<br>2. e"),
        ("```\nx | y\n\n  z`\n```", "`x \\| y`<br>``   z` ``"),
        ("<b>", "&lt;b>"),
        ("", ""),
    ],
)
def test_cell(text: str, expected: str) -> None:
    assert cell(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("a", "`a`"), ("`", "`` ` ``"), ("a\nb", "`a b`"), (" ", "")])
def test_code(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("a_b", "a_b"), ("_a__", "\\_a\\_\\_"), ("__", "\\_\\_")])
def test_name(text: str, expected: str) -> None:
    assert name(text) == expected


@pytest.mark.parametrize(
    "unit", ["(-- ", "`", "``` ", "<", "<a ", "\n```\n", "|", "\\|", "* ", "- a\n", "# \n", "(--x--)", "/", "_"]
)
def test_text_is_linear(unit: str) -> None:
    def seconds(repeats: int) -> float:
        text = unit * repeats
        start = time.perf_counter()
        clean = prose(Comments(text))
        block(clean), cell(clean), code(clean)
        return time.perf_counter() - start

    seconds(1000)
    short, long = min(seconds(2000) for _ in range(3)), min(seconds(20000) for _ in range(3))
    assert long < 40 * short + 0.01
