"""Generated codecs against google.protobuf (upb): the same values, the same JSON, the same verdict on damaged input.

Messages are made for schemas that are written down, with every kind and label, and for random ones.
``make differential DECODES=100000`` runs at least as many decodes of damaged messages, by another seed each time, which
it prints; without ``DECODES`` a bounded share runs, always the same.
Deliberate differences, all of them here:

* unknown fields inside of wrappers, Struct, Value and ListValue are dropped, because a field of such a
  type holds a plain Python value (``PLAIN``);
* a Value that holds nothing, or the null of another number than 0, is null, for the same reason
  (``differential._normalise``); google.protobuf has no JSON for the first;
* a signalling NaN of a float comes back quiet, as Python's floats do (``_normalise``);
* the largest float, as google.protobuf writes it in JSON, is refused by google.protobuf and read by ours;
* a message within another one that comes in more than 1,000 parts with large unknown fields is refused: joining them
  takes the square of their number (test_codec_errors.py);
* a number that its closed enum lacks is kept as an unknown field with a tag in the shortest form; upb keeps the
  bytes of an overlong tag (``unknown_fields``);
* field number 0 is refused inside of unknown groups too, as C++ does; upb looks at the outermost level only.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import codec_support
import pytest
from differential import MUTATIONS, Pair, unknown_fields
from hypothesis import HealthCheck, Phase, given, settings
from random_protos import RandomFile

DECODES = int(os.environ.get("DECODES", "0"))
"""Decodes of damaged messages that must run; 0 in an ordinary run."""

MESSAGES = (
    "codec.kinds.Kinds",
    "codec.kinds.Lists",
    "codec.kinds.Maps",
    "codec.kinds.Choice",
    "codec.kinds.Nothing",
    "codec.legacy.Legacy",
    "codec.legacy.Strict",
    "codec.edition.Edition",
    "codec.known.Known",
)

SCHEMAS = 8
"""Random schemas of an ordinary run; others have more, as many as their decodes are worth."""
EXAMPLES = 10
"""Messages of each type of a random schema."""


def examples(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=not DECODES,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )


_settings = examples(max(40, -(-DECODES // (len(MESSAGES) * MUTATIONS))))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """Of the first random schema; the one that hypothesis was given, in a run that has one."""
    return int(pytestconfig.getoption("--hypothesis-seed") or 1)


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair.of(codec_support.worlds(), request.param)


each_message = pytest.mark.parametrize("pair", MESSAGES, indirect=True)


@each_message
def test_bytes_mean_the_same_both_ways(pair: Pair) -> None:
    _settings(given(pair.messages)(pair.same_bytes))()


@each_message
def test_json_is_the_same_both_ways(pair: Pair) -> None:
    _settings(given(pair.messages)(pair.same_json))()


@each_message
def test_text_is_the_same_both_ways(pair: Pair) -> None:
    _settings(given(pair.messages)(pair.same_text))()


@each_message
def test_damaged_bytes_get_the_same_verdict(pair: Pair, record_property: Callable[[str, object], None]) -> None:
    _settings(given(pair.damaged)(pair.same_verdict))()
    record_property(
        "measured", f"{pair.name}: {pair.decodes:,} decodes of damaged bytes, {pair.refused:,} refused by both"
    )
    assert pair.decodes >= max(DECODES / len(MESSAGES), MUTATIONS)
    assert 0 < pair.refused < pair.decodes


@pytest.mark.parametrize("index", range(max(SCHEMAS, DECODES // 5000)))
def test_random_schemas(index: int, seed: int, record_property: Callable[[str, object], None]) -> None:
    file = RandomFile(seed + index)
    both = codec_support.load({"random.proto": file.text}, f"schema{seed + index}")
    pairs = [Pair.of(both, name) for name in sorted(both.theirs)]
    note = f"random schema {seed + index}, {file.syntax}, {len(pairs)} messages"
    try:
        for pair in pairs:
            for strategy, check in (
                (pair.messages, pair.same_bytes),
                (pair.messages, pair.same_json),
                (pair.messages, pair.same_text),
                (pair.damaged, pair.same_verdict),
            ):
                examples(EXAMPLES)(given(strategy)(check))()
    except BaseException as error:
        error.add_note(f"{note}:\n{file.text}")
        raise
    decodes, refused = sum(pair.decodes for pair in pairs), sum(pair.refused for pair in pairs)
    record_property("measured", f"{note}: {decodes:,} decodes of damaged bytes, {refused:,} refused by both")
    assert decodes >= EXAMPLES * MUTATIONS


def test_an_overlong_tag_of_a_number_that_its_closed_enum_lacks_is_shortened() -> None:
    both = codec_support.worlds()
    ours, theirs = both.ours["codec.legacy.Legacy"], both.theirs["codec.legacy.Legacy"]
    data = b"\x98\x00X"
    assert ours.from_bytes(data).to_bytes() == b"\x18X"
    assert theirs.FromString(data).SerializeToString() == data
    fields = [list(unknown_fields(theirs.FromString(form))) for form in (data, b"\x18X", b"\x18Y")]
    assert fields == [[(3, 0, 88)], [(3, 0, 88)], [(3, 0, 89)]]
