"""Mutated messages of protovalidate's suite: the same violations as protovalidate 2.1.0, but for a list of reasons.

Not compared, because the two see different messages:

* text that is no UTF-8 in proto2 strings: protovalidate raises, our strings hold such bytes as surrogates;
* required fields of proto2 that are not set: ours is a violation of shape, protovalidate has no such rule;
* map entries with fields that are not known: google.protobuf and we keep the whole entry among the unknown
  fields, protovalidate parses the bytes again and reads it.

Run as a program for as many messages as wanted: ``python tests/test_validators_fuzz.py 1000000 [SEED]``.
"""

from __future__ import annotations

import base64
import importlib
import json
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import support
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from protoc_gen_pds import plugin

MESSAGES = 5000
_PIECES = (b"\x00", b"\x01", b"\x7f", b"a", b".", b"-", b":", b"/", b"@", b"%", b"0", b"[", b"]", b"\xc3\xa9")


@dataclass
class Result:
    """What a run has found.

    Attributes:
        compared: how many messages both have judged.
        valid: how many of them broke no rule.
        left_out: how many were not compared, by reason.
        differences: type, bytes, our answer and protovalidate's.
    """

    compared: int = 0
    valid: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[str, bytes, Any, Any]] = field(default_factory=list)


def _mutated(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    buffer = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        place, kind = chance.randint(0, len(buffer)), chance.random()
        if kind < 0.3 and buffer:
            buffer[min(place, len(buffer) - 1)] = chance.randrange(256)
        elif kind < 0.5 and len(buffer) > 2 and buffer[0] & 7 == 2 and buffer[1] < 100:
            piece, place = chance.choice(_PIECES), 2 + chance.randint(0, buffer[1])
            buffer[place:place] = piece
            buffer[1] += len(piece)
        elif kind < 0.7 and buffer:
            buffer[min(place, len(buffer) - 1)] ^= 1 << chance.randrange(8)
        else:
            buffer += chance.choice(others)
    return bytes(buffer)


def generated(shared: Path) -> tuple[list[Any], dict[str, str], list[str]]:
    """The suite's descriptors, our code for them, and its modules of models."""
    data = (shared / "validation-cases" / "fdset.binpb").read_bytes()
    files = list(descriptor_pb2.FileDescriptorSet.FromString(data).file)
    names = [file.name for file in files if "/conformance/cases/" in file.name]
    response = plugin.respond(support.make_request(files, names, "emit=validators,on_rule_error=raise,package=fuzzed"))
    assert not response.error
    modules = [f"fuzzed.{name.removesuffix('.proto').replace('/', '.').replace('-', '_')}.models" for name in names]
    return files, {file.name: file.content for file in response.file}, modules


def inputs_of(shared: Path) -> dict[str, list[bytes]]:
    """The suite's messages by type, of those types whose rules are right and do not look at the clock."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for case in json.loads((shared / "validation-cases" / "cases_with_reference.json").read_text()):
        if case["expect"] in ("valid", "violations") and not case.get("time_dependent"):
            found[case["type"]].append(base64.b64decode(case["input_b64"]))
    return found


def compare(files: list[Any], inputs: dict[str, list[bytes]], count: int, seed: int) -> Result:
    """Mutate messages and compare what is said about them; the generated package is importable."""
    import protovalidate as peer

    find_message: Callable[[str], Any] = importlib.import_module("fuzzed._runtime.registry").find_message
    validation: Any = importlib.import_module("fuzzed._runtime.validation")
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    chance, types, result = random.Random(seed), sorted(inputs), Result()
    for _ in range(count):
        type_name = chance.choice(types)
        found = _mutated(chance, chance.choice(inputs[type_name]), inputs[type_name])
        theirs = message_factory.GetMessageClass(pool.FindMessageTypeByName(type_name))()
        cls = find_message(type_name)
        try:
            theirs.ParseFromString(found)
            ours = cls.from_bytes(found)
        except (DecodeError, ValueError):
            result.left_out["not a message any more"] += 1
            continue
        if not theirs.IsInitialized():
            result.left_out["required field not set"] += 1
            continue
        if ours._unknown:
            result.left_out["unknown fields, map entries with such among them"] += 1
            continue
        try:
            expected: Any = sorted(
                (v.proto.rule_id, v.proto.message, v.proto.for_key) for v in peer.collect_violations(theirs)
            )
        except Exception:
            if not found.isascii():
                result.left_out["protovalidate raises, bytes that may be no UTF-8"] += 1
                continue
            expected = "error"
        try:
            answer: Any = sorted((v.rule_id, v.message, v.for_key) for v in validation.violations(ours))
        except validation.RuleError:
            answer = "error"
        result.compared += 1
        result.valid += expected == []
        if answer != expected:
            result.differences.append((type_name, found, answer, expected))
    return result


def test_mutated_messages(shared: Path, import_tree: Any) -> None:
    pytest.importorskip("protovalidate", reason="NOT TESTED: protovalidate is not installed")
    files, code, modules = generated(shared)
    import_tree(code, "fuzzed")
    for module in modules:
        importlib.import_module(module)
    result = compare(files, inputs_of(shared), MESSAGES, 20261124)
    assert result.differences == []
    assert result.compared > MESSAGES // 5
    assert 100 < result.valid < result.compared


def main() -> int:
    """Compare as many messages as the command line says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    files, code, modules = generated(support.SHARED)
    with tempfile.TemporaryDirectory() as root:
        support.write_tree(code, Path(root))
        sys.path.insert(0, root)
        for module in modules:
            importlib.import_module(module)
        result = compare(files, inputs_of(support.SHARED), count, seed)
    print(f"{count} messages, seed {seed}: {result.compared} compared, {result.valid} of them valid")
    for reason, number in result.left_out.most_common():
        print(f"  left out: {number} {reason}")
    for difference in result.differences[:20]:
        print("  differs:", *difference)
    print(f"{len(result.differences)} disagreements")
    return 1 if result.differences else 0


if __name__ == "__main__":
    sys.exit(main())
