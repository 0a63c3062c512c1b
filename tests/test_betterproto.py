"""betterproto as a peer: bytes and JSON both ways, its surface on our messages, and where it departs from protobuf.

betterproto 1.2.5 is in the test environment. 2.0.0b7 needs one of its own: that of ``make bench``, or the
interpreter that BETTERPROTO2_PYTHON names.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import support

PEER = Path(__file__).parent / "betterproto_peer.py"
BENCH = support.ROOT / ".cache" / "bench" / "betterproto_compiler___2.0.0b7" / "bin" / "python"
VERSIONS = ("1.2.5", "2.0.0b7")

# What protobuf says, and what each version does instead; docs/betterproto.md has the same list in words.
EXPECTED: dict[str, tuple[Any, Any, Any]] = {
    "negative enum read": (-1, 2**64 - 1, 2**64 - 1),
    "empty elements written": (2, 1, 2),
    "empty elements rewritten": (2, 1, 2),
    "empty strings of a list written": (2, 1, 2),
    "merge of a message that comes twice": ("220408011000", "22021000", "22021000"),
    "negative zero": ("590000000000000080", "", ""),
    "number out of range": ("EncodeError", "6a06808080808020", "6a06808080808020"),
    "truncated string": ("DecodeError", "ab", "ab"),
    "truncated varint": ("DecodeError", "IndexError", "EOFError"),
    "field number 0": ("DecodeError", "0001", "0001"),
    "unknown key of JSON": ("DecodeError", "", ""),
    "wrong type in JSON": ("DecodeError", 5, 5),
    "NaN as JSON": ('{"weight": "NaN"}', '{"weight": NaN}', '{"weight": "NaN"}'),
    "unknown enum value as JSON": (9, "IndexError", "ValueError"),
    "both members of a oneof": ("5007", "4a01785007", "5007"),
}
AGREED = {
    "negative enum written": "38ffffffffffffffffff01",
    "wrong type": "AttributeError",
    "null in JSON": "",
    "negative enum as JSON": "INFRARED",
    "presence of an empty oneof member": "5000",
}


def interpreter(version: str) -> str:
    if version == "1.2.5":
        if importlib.util.find_spec("betterproto") is None:
            pytest.skip("NOT TESTED: betterproto 1.2.5 is not installed")
        return sys.executable
    python = os.environ.get("BETTERPROTO2_PYTHON") or str(BENCH)
    if not Path(python).exists():
        pytest.skip("NOT TESTED: no environment with betterproto 2.0.0b7; set BETTERPROTO2_PYTHON")
    return python


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = support.run_plugin(["betterproto/shop.proto"], "package=shop_out,emit=models", support.PROTOS)
    return support.write_tree(files, tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module", params=VERSIONS)
def peer(request: pytest.FixtureRequest, tree: Path) -> dict[str, Any]:
    command = [interpreter(request.param), str(PEER), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["version"] == request.param
    return found


@pytest.mark.parametrize(
    "direction", ["ours to theirs", "theirs to ours", "JSON of ours to theirs", "JSON of theirs to ours"]
)
def test_exchange(peer: dict[str, Any], direction: str) -> None:
    assert peer[direction] is True


@pytest.mark.parametrize("name", EXPECTED)
def test_known_divergence(peer: dict[str, Any], name: str) -> None:
    expected = EXPECTED[name][1 + VERSIONS.index(peer["version"])]
    assert peer["divergences"][name] == expected


@pytest.mark.parametrize("name", EXPECTED)
def test_what_ours_do_instead(peer: dict[str, Any], name: str) -> None:
    assert peer["reference"][name] == EXPECTED[name][0]


@pytest.mark.parametrize("name", AGREED)
def test_agreement(peer: dict[str, Any], name: str) -> None:
    assert peer["divergences"][name] == AGREED[name]


def test_every_divergence_is_tested_and_documented(peer: dict[str, Any]) -> None:
    assert set(peer["divergences"]) == set(EXPECTED) | set(AGREED)
    text = (support.ROOT / "docs" / "betterproto.md").read_text(encoding="utf-8")
    assert [name for name in EXPECTED if f"| {name} |" not in text] == []


def test_surface_without_registration(peer: dict[str, Any]) -> None:
    compat = peer["compat"]
    assert {name: compat[name] for name in ("bytes", "serialize", "parse", "dict", "json")} == dict.fromkeys(
        ("bytes", "serialize", "parse", "dict", "json"), True
    )
    assert compat["which"] == ["plu", 7]
    assert compat["not registered"] is False


def test_registered_messages_pass_for_theirs(peer: dict[str, Any]) -> None:
    compat = peer["compat"]
    assert compat["isinstance"] is True
    assert compat["issubclass"] is True
    assert compat["which_one_of"] == ["plu", 7]
    assert compat["which_one_of empty"] == ["", None]
    assert compat["serialized_on_wire"] == [False, True]
    assert compat["dict still"] is True
    assert compat["casing"] == ["price"]


def test_embedding(peer: dict[str, Any]) -> None:
    compat = peer["compat"]
    assert compat["embedded bytes"] == "0a02080412020805"
    assert compat["embedded class"] is True
    assert compat["embedded values"] == [4, 5]
    assert compat["embedded dict"] == {"size": {"width": 4}, "sizes": [{"width": 5}]}
    assert compat["embedded from dict"] == "0a02080412020805"
    assert compat["unset is not written"] == ""
