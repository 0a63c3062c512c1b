"""validate.proto without a copy of it: ``generate`` and ``explain`` take it from an installed protovalidate."""

from __future__ import annotations

from pathlib import Path

import pytest

from protoc_gen_pds.cli import main
from protoc_gen_pds.compiler import CompileError, compile_files
from protoc_gen_pds.rules import validate_proto

SHOP = """
syntax = "proto3";
package shop;
import "buf/validate/validate.proto";
message Order { string id = 1 [(buf.validate.field).string.min_len = 3]; }
"""


def test_an_import_of_validate_proto_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.proto").write_text(SHOP)
    assert main(["explain", "-I", str(tmp_path), "shop.proto", "Order"]) == 0
    assert capsys.readouterr().out == "shop.Order\n  id: must be at least 3 characters [string.min_len]\n"


def test_a_copy_on_the_import_path_comes_first(tmp_path: Path) -> None:
    (tmp_path / "shop.proto").write_text(SHOP.replace("(buf.validate.field).string.min_len = 3", "deprecated = true"))
    copy = tmp_path / "buf" / "validate" / "validate.proto"
    copy.parent.mkdir(parents=True)
    copy.write_text('syntax = "proto3"; package buf.validate; message OnlyHere {}')
    (found,) = (f for f in compile_files(["shop.proto"], [str(tmp_path)]) if f.name == validate_proto.NAME)
    assert [message.name for message in found.message_type] == ["OnlyHere"]


def test_without_protovalidate_the_error_says_what_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop.proto").write_text(SHOP)
    monkeypatch.setattr(validate_proto, "file_set", lambda: None)
    with pytest.raises(CompileError) as caught:
        compile_files(["shop.proto"], [str(tmp_path)])
    first, *_, last = str(caught.value).splitlines()
    assert first == "buf/validate/validate.proto: File not found."
    assert "protoc-gen-pds[rules]" in last
