"""``protoc-gen-pds explain``: rules in words."""

from __future__ import annotations

from pathlib import Path

import pytest
import support

from protoc_gen_pds.cli import main

ARGUMENTS = ["-I", str(support.PROTO_DIR), "--rules", str(support.PROTO_DIR / "backup.rules.yaml")]
COMMON = "public/portworx/common/apiv1"


def test_the_rules_of_requests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", support.BACKUP, "ListBackupsRequest", *ARGUMENTS]) == 0
    assert capsys.readouterr().out == (
        "public.portworx.pds.backup.v1.ListBackupsRequest\n"
        "  list_by: exactly one of data_service_deployment_id, backup_config_id must be set [required]\n"
        "  data_service_deployment_id: must be at least 1 characters [string.min_len]\n"
        "  data_service_deployment_id: must be at most 128 characters [string.max_len]\n"
        "  backup_config_id: must be at least 1 characters [string.min_len]\n"
        "  backup_config_id: must be at most 128 characters [string.max_len]\n"
    )
    assert main(["explain", f"{COMMON}/pagination.proto", "PageBasedPaginationRequest", *ARGUMENTS]) == 0
    assert "  page_size: must be greater than or equal to 0 and less than or equal to 1000 [int64.gte_lte]\n" in (
        capsys.readouterr().out
    )


def test_keys_values_and_enums(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", f"{COMMON}/meta.proto", "Meta", *ARGUMENTS]) == 0
    out = capsys.readouterr().out
    assert "  labels, each key: must be at least 1 characters [string.min_len]\n" in out
    assert "  labels, each key: must match regex pattern `^(" in out
    assert "  labels, each value: must be at most 63 characters [string.max_len]\n" in out
    assert main(["explain", f"{COMMON}/sort.proto", "Sort", *ARGUMENTS]) == 0
    assert "  sort_order: must be one of VALUE_UNSPECIFIED, ASC, DESC [enum.defined_only]\n" in capsys.readouterr().out


def test_no_rules_and_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", support.BACKUP, "Backup", *ARGUMENTS]) == 0
    assert capsys.readouterr().out == "public.portworx.pds.backup.v1.Backup\n  no rules\n"
    assert main(["explain", support.BACKUP, "Backupp", *ARGUMENTS]) == 2
    assert 'did you mean "Backup"?' in capsys.readouterr().err


def test_the_configuration_says_where_imports_and_rules_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proto").mkdir()
    (tmp_path / "proto/shop.proto").write_text('syntax = "proto3"; package shop; message Order { string id = 1; }')
    (tmp_path / "shop.yaml").write_text("shop.Order.id: {string: {max_len: 3}}")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.protoc-gen-pds]\nimport_paths = ["proto"]\n[tool.protoc-gen-pds.options]\nrules = "shop.yaml"\n'
    )
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert main(["explain", "shop.proto", "Order"]) == 0
    assert capsys.readouterr().out == "shop.Order\n  id: must be at most 3 characters [string.max_len]\n"
    (tmp_path / "other.yaml").write_text("shop.Order.id: {string: {max_len: 4}}")
    assert main(["explain", "shop.proto", "Order", "--rules", "../other.yaml"]) == 0
    assert "must be at most 4" in capsys.readouterr().out
