"""Mutated messages of protovalidate's suite: the same violations as protovalidate 2.1.0, but for a list of reasons.

Not compared, because the two see different messages:

* text that is no UTF-8 in proto2 strings: protovalidate raises, our strings hold such bytes as surrogates;
* required fields of proto2 that are not set: ours is a violation of shape, protovalidate has no such rule;
* map entries with fields that are not known: google.protobuf and we keep the whole entry among the unknown
  fields, protovalidate parses the bytes again and reads it.
"""

from __future__ import annotations

import base64
import importlib
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import support
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from protoc_gen_pds import plugin

MESSAGES = 5000
_PIECES = (b"\x00", b"\x01", b"\x7f", b"a", b".", b"-", b":", b"/", b"@", b"%", b"0", b"[", b"]", b"\xc3\xa9")


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


def test_mutated_messages(shared: Path, import_tree: Any) -> None:
    peer = pytest.importorskip("protovalidate")
    data = (shared / "validation-cases" / "fdset.binpb").read_bytes()
    files = list(descriptor_pb2.FileDescriptorSet.FromString(data).file)
    names = [file.name for file in files if "/conformance/cases/" in file.name]
    response = plugin.respond(support.make_request(files, names, "emit=validators,on_rule_error=raise,package=fuzzed"))
    import_tree({file.name: file.content for file in response.file}, "fuzzed")
    for name in names:
        importlib.import_module(f"fuzzed.{name.removesuffix('.proto').replace('/', '.').replace('-', '_')}.models")
    from fuzzed._runtime.registry import find_message
    from fuzzed._runtime.validation import RuleError, violations

    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    inputs: dict[str, list[bytes]] = defaultdict(list)
    for case in json.loads((shared / "validation-cases" / "cases_with_reference.json").read_text()):
        if case["expect"] in ("valid", "violations") and not case.get("time_dependent"):
            inputs[case["type"]].append(base64.b64decode(case["input_b64"]))
    chance, types, compared = random.Random(20261124), sorted(inputs), 0
    for _ in range(MESSAGES):
        type_name = chance.choice(types)
        found = _mutated(chance, chance.choice(inputs[type_name]), inputs[type_name])
        theirs = message_factory.GetMessageClass(pool.FindMessageTypeByName(type_name))()
        cls = find_message(type_name)
        assert cls is not None
        try:
            theirs.ParseFromString(found)
            ours = cls.from_bytes(found)
        except (DecodeError, ValueError):
            continue
        if ours._unknown or not theirs.IsInitialized():
            continue
        try:
            expected: Any = sorted(
                (v.proto.rule_id, v.proto.message, v.proto.for_key) for v in peer.collect_violations(theirs)
            )
        except Exception:
            if not found.isascii():
                continue
            expected = "error"
        try:
            result: Any = sorted((v.rule_id, v.message, v.for_key) for v in violations(ours))
        except RuleError:
            result = "error"
        assert result == expected, (type_name, found)
        compared += 1
    assert compared > MESSAGES // 5
