"""Text formats: protovalidate's own cases, and random texts with protovalidate as the judge.

Run as a program for as many random texts as wanted: ``python tests/test_formats.py 1000000 [SEED]``.
"""

from __future__ import annotations

import base64
import json
import random
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from protoc_gen_pds.runtime import formats

CASES = Path(__file__).parents[2] / "shared" / "validation-cases"
SUITE = "buf.validate.conformance.cases."
ALPHABET = "abz09AZ.-:/@%?#[]!$&'()*+,;=_~ \n\u00e9\u0661fF25v\0"

FUTURE_ADDRESS_WITH_ZONE = re.compile(r"//(?:[^/?#]*@)?\[[vV][^]%]*%25[^]]*\]")
"""What protovalidate takes in URIs and we do not: only IPv6 addresses have zones (RFC 6874, section 2)."""

needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/validation-cases is missing: formats NOT tested")


def set_fields(message: Any, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(message, name) for name in names if message.HasField(name))


def ip_prefix_arguments(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in ("version", "strict") if message.HasField(name)}


FORMATS: dict[str, Callable[[Any, str], bool]] = {
    "IsEmail": lambda m, text: formats.is_email(text),
    "IsHostname": lambda m, text: formats.is_hostname(text),
    "IsUri": lambda m, text: formats.is_uri(text),
    "IsUriRef": lambda m, text: formats.is_uri_ref(text),
    "IsIp": lambda m, text: formats.is_ip(text, *set_fields(m, "version")),
    "IsIpPrefix": lambda m, text: formats.is_ip_prefix(text, **ip_prefix_arguments(m)),
    "IsHostAndPort": lambda m, text: formats.is_host_and_port(text, m.port_required),
}


@cache
def pool() -> descriptor_pool.DescriptorPool:
    result = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString((CASES / "fdset.binpb").read_bytes()).file:
        result.Add(file)
    return result


@cache
def cases(name: str) -> list[tuple[Any, bool]]:
    """Messages of one type of the suite, and whether each is valid."""
    data = json.loads((CASES / "cases_with_reference.json").read_text())
    message = message_factory.GetMessageClass(pool().FindMessageTypeByName(SUITE + name))
    return [
        (message.FromString(base64.b64decode(case["input_b64"])), case["expect"] == "valid")
        for case in data
        if case["type"] == SUITE + name
    ]


def mutations(name: str, seed: int, count: int) -> list[tuple[Any, str]]:
    """Random texts near the suite's, each with the message that says how to check it."""
    chance = random.Random(seed)
    seeds = [message for message, _ in cases(name)]
    result = []
    for _ in range(count):
        message = chance.choice(seeds)
        text = list(message.val if chance.random() < 0.7 else chance.choice(seeds).val)
        for _ in range(chance.randint(1, 4)):
            at = chance.randint(0, len(text))
            match chance.randint(0, 3):
                case 0:
                    text.insert(at, chance.choice(ALPHABET))
                case 1:
                    del text[at : at + 1]
                case 2:
                    text[at : at + 1] = chance.choice(ALPHABET)
                case _:
                    other = chance.choice(seeds).val
                    start = chance.randint(0, len(other))
                    text[at:at] = other[start : start + chance.randint(0, 6)]
        result.append((message, "".join(text)))
    return result


def disagreements(name: str, seed: int, count: int) -> list[tuple[str, bool]]:
    """Texts on which protovalidate says otherwise and that are not listed, with our answer."""
    import protovalidate

    validator = protovalidate.Validator()
    wrong = []
    for message, text in mutations(name, seed, count):
        probe = type(message)()
        probe.CopyFrom(message)
        probe.val = text
        ours = FORMATS[name](message, text)
        listed = not ours and FUTURE_ADDRESS_WITH_ZONE.search(text)
        if ours == bool(validator.collect_violations(probe)) and not listed:
            wrong.append((text, ours))
    return wrong


@needs_cases
@pytest.mark.parametrize("name", FORMATS)
def test_official_cases(name: str) -> None:
    assert len(cases(name)) >= 10
    for message, valid in cases(name):
        assert FORMATS[name](message, message.val) == valid, message


@needs_cases
@pytest.mark.parametrize("name", FORMATS)
def test_random_texts_as_protovalidate_sees_them(name: str) -> None:
    pytest.importorskip("protovalidate", reason="protovalidate is not installed: no judge for random texts")
    assert disagreements(name, seed=1, count=1500) == []


@needs_cases
def test_the_listed_difference_is_one() -> None:
    protovalidate = pytest.importorskip("protovalidate", reason="protovalidate is not installed: no judge for URIs")
    probe = type(cases("IsUri")[0][0])(val="https://[v1.1%25x]")
    assert protovalidate.Validator().collect_violations(probe) == []
    assert FUTURE_ADDRESS_WITH_ZONE.search(probe.val)
    assert not formats.is_uri(probe.val)
    assert formats.is_uri("https://[::1%25x]")
    assert formats.is_uri("https://[v1.1]")


if __name__ == "__main__":
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 70_000
    first_seed = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    each = -(-total // len(FORMATS))
    wrong = 0
    for format_name in FORMATS:
        found = disagreements(format_name, seed=first_seed, count=each)
        wrong += len(found)
        print(f"{format_name}: {each} texts, {len(found)} disagreements {found[:20]}", flush=True)
    print(f"{each * len(FORMATS)} texts, {wrong} disagreements")
    raise SystemExit(1 if wrong else 0)
