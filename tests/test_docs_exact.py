"""``docs=exact``: the house format, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import BACKUP, PROTO_DIR, PROTOS, ROOT, SHARED, run_plugin

from protoc_gen_pds.schema import Comments
from protoc_gen_pds.targets.docs.exact import cell, description

FORMAT = SHARED / "docs-format"
GOLDENS = Path(__file__).parent / "goldens" / "docs"
SINGLES = ["comments", "crlf", "emptyfile", "http", "nbsp", "nopkg", "onlyenum", "onlysvc", "other", "p2", "p3", "sub"]
DOCUMENTS = {"multi": ("p3", "p2", "other"), "multi2": ("other", "onlyenum", "onlysvc", "emptyfile")}

needs_format = pytest.mark.skipif(
    not FORMAT.is_dir(), reason="the format's goldens are not here: ../shared/docs-format is missing"
)


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


@needs_format
def test_backup_document_equals_the_published_one() -> None:
    files = run_plugin([BACKUP], "emit=docs", PROTO_DIR)
    assert files == {BACKUP.removesuffix(".proto") + ".pb.md": read(FORMAT / "backup.pb.md")}


def test_backup_document_equals_the_committed_one() -> None:
    files = run_plugin([BACKUP], "emit=docs", PROTO_DIR)
    path = BACKUP.removesuffix(".proto") + ".pb.md"
    assert files[path] == read(ROOT / "generated" / path)


@needs_format
@pytest.mark.parametrize("name", SINGLES)
def test_single_file_golden(name: str) -> None:
    files = run_plugin([f"{name}.proto"], "emit=docs", FORMAT / "protos")
    assert files == {f"{name}.pb.md": read(FORMAT / "golden" / f"{name}.pb.md")}


@needs_format
@pytest.mark.parametrize("name", DOCUMENTS)
def test_multi_file_golden(name: str) -> None:
    sources = [f"{stem}.proto" for stem in DOCUMENTS[name]]
    files = run_plugin(sources, f"emit=docs,docs_file={name}.pb.md", FORMAT / "protos")
    assert files == {f"{name}.pb.md": read(FORMAT / "golden" / f"{name}.pb.md")}


@needs_format
def test_every_golden_is_tested() -> None:
    assert {path.name for path in (FORMAT / "golden").iterdir()} == {f"{name}.pb.md" for name in (*SINGLES, *DOCUMENTS)}


@pytest.mark.parametrize("name", ["shop", "legacy", "edition", "units"])
def test_own_golden(name: str) -> None:
    files = run_plugin([f"docs/{name}.proto"], "emit=docs", PROTOS)
    assert files == {f"docs/{name}.pb.md": read(GOLDENS / f"{name}.pb.md")}


def test_own_multi_file_golden_keeps_the_order_of_the_command_line() -> None:
    sources = ["docs/units.proto", "docs/shop.proto", "docs/legacy.proto"]
    files = run_plugin(sources, "emit=docs,docs_file=all/of it.md", PROTOS)
    assert files == {"all/of it.md": read(GOLDENS / "all.pb.md")}


def test_line_ends_of_the_source_do_not_reach_a_cell() -> None:
    text = "// One.\n//\n// Two.\nmessage M {\n  // a\n  // b\n  //\n  // c\n  string f = 1; // d\n}\n"
    unix = 'syntax = "proto3";\n' + text
    (lf,) = run_plugin({"m.proto": unix}, "emit=docs").values()
    (crlf,) = run_plugin({"m.proto": unix.replace("\n", "\r\n")}, "emit=docs").values()
    row = "| f | [ string](#string) | a b\n\nc\n\nd |\n"
    assert row in lf
    assert row in crlf
    assert "### M {#m}\nOne.\n\nTwo.\n\n\n|" in lf


@pytest.mark.parametrize(
    ("leading", "trailing", "expected"),
    [
        ("", "", ""),
        (" a\n b\n", "", "a\nb"),
        (" a\n   b\n", "", "a\n  b"),
        ("", " t\n", "t"),
        (" a\n", " t\n", "a\n\nt"),
        ("*\n Javadoc.\n", "", "Javadoc."),
        ("/ triple\n/ more\n", "", "triple\n/ more"),
        (" * a\n * b\n", "", "a\n* b"),
        (" @exclude secret\n", " t\n", ""),
        ("", " @exclude\n", ""),
        (" not @exclude\n", "", "not @exclude"),
        ("\u00a0\u2003a\u3000\n", "", "a"),
        ("\x1ca\x1f", "", "\x1ca\x1f"),
        ("\n", " \n", ""),
    ],
)
def test_description(leading: str, trailing: str, expected: str) -> None:
    assert description(Comments(leading, trailing, ("never",))) == expected


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("", None, "none"),
        ("", "1", "none"),
        ("d", "1", "d Default: 1"),
        ("d", "", "d"),
        ("a\n\n\n b\n  c", None, "a\n\n b c"),
        ("a\tb  c", None, "a\tb c"),
        ("a\r\nb\rc", None, "a b c"),
        ("a|<b>`", None, "a|<b>`"),
    ],
)
def test_cell(text: str, default: str | None, expected: str) -> None:
    assert cell(text, default) == expected


def test_sorting_is_bytewise_by_long_name() -> None:
    names = ["a", "Aa", "A_B", "AB", "A"]
    source = (
        'syntax = "proto3";' + "".join(f"message {name} {{}}" for name in names[:-1]) + "message A { message B {} }"
    )
    (text,) = run_plugin({"m.proto": source}, "emit=docs").values()
    headings = [line.split()[1] for line in text.splitlines() if line.startswith("### ")]
    assert headings == ["A", "A.B", "AB", "A_B", "Aa", "a"]


def test_the_document_stands_beside_its_proto_whatever_the_package() -> None:
    source = 'syntax = "proto3"; package x;'
    files = run_plugin({"a/b-c/d.proto.proto": source}, "emit=docs,package=k.l,strip_prefix=a")
    assert list(files) == ["a/b-c/d.proto.pb.md"]
    assert "\n# d\n" in files["a/b-c/d.proto.pb.md"]
