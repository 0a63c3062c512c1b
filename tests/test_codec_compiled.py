"""Generated codecs have no construct that mypyc compiles wrongly, or not at all."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import support

CHECK = """
from pds_out.pds.backup.apiv1 import backup as b
import pds_out.pds.backup.apiv1.backup.codec as codec
assert codec.__file__.endswith((".so", ".pyd")), codec.__file__
request = b.ListBackupsRequest(list_by=b.ListBackupsRequest.BackupConfigId("x"))
assert b.ListBackupsRequest.from_bytes(request.to_bytes()) == request
assert b.ListBackupsRequest.from_json(request.to_json()) == request
response = b.ListBackupsResponse(backups=[b.Backup(status=b.Status(error_code="e" * 200, phase=b.Status.Phase(7)))])
assert b.ListBackupsResponse.from_bytes(response.to_bytes()) == response
unknown = b"\\xf8\\x01\\x05"
assert b.ListBackupsResponse.from_bytes(response.to_bytes() + unknown).to_bytes().endswith(unknown)
"""


@pytest.fixture(scope="module")
def codecs() -> dict[str, ast.Module]:
    files = support.run_plugin(["text/all.proto", "text/open.proto"], "emit=models", support.PROTOS)
    files |= support.run_plugin([support.BACKUP], "emit=models", support.PROTO_DIR)
    return {path: ast.parse(text) for path, text in files.items() if path.endswith("/codec.py")}


def test_no_name_is_read_and_then_assigned_within_one_statement(codecs: dict[str, ast.Module]) -> None:
    # Compiled, both places would have the new value.
    found = []
    for path, module in codecs.items():
        for statement in ast.walk(module):
            if not isinstance(statement, (ast.Assign, ast.Expr, ast.Return)):
                continue
            assigned = {node.target.id for node in ast.walk(statement) if isinstance(node, ast.NamedExpr)}
            read = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            found += [f"{path}:{statement.lineno}: {name}" for name in assigned & read]
    assert len(codecs) == 3
    assert found == []


def test_members_are_matched_by_keyword(codecs: dict[str, ast.Module]) -> None:
    patterns = [n for module in codecs.values() for n in ast.walk(module) if isinstance(n, ast.MatchClass)]
    assert patterns != []
    assert all(not pattern.patterns and pattern.kwd_attrs == ["value"] for pattern in patterns)


def test_backup_codec_compiles_unchanged_and_works(tmp_path: Path) -> None:
    if shutil.which("gcc") is None or sys.platform != "linux":
        pytest.skip("NOT TESTED: compiling needs gcc")
    pytest.importorskip("mypyc", reason="NOT TESTED: mypyc is not installed")
    sources = sorted(path.relative_to(support.PROTO_DIR).as_posix() for path in support.PROTO_DIR.rglob("*.proto"))
    options = "package=pds_out,strip_prefix=public/portworx,emit=models"
    support.write_tree(support.run_plugin(sources, options, support.PROTO_DIR), tmp_path)
    compiled = ["pds/backup/apiv1/backup/codec.py", "_runtime/wire.py", "_runtime/wkt_time.py"]
    done = subprocess.run(
        [sys.executable, "-m", "mypyc", *(f"pds_out/{path}" for path in compiled)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run([sys.executable, "-c", CHECK], cwd=tmp_path, check=True, timeout=60)
