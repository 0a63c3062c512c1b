"""RE2 patterns in Python: same answers as RE2, and no pattern that takes exponential time."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protoc_gen_pds.rules.patterns import PatternError, prepare, translate
from protoc_gen_pds.rules.patterns.ambiguity import chain_of_loops, is_ambiguous
from protoc_gen_pds.rules.patterns.automaton import determinize
from protoc_gen_pds.rules.patterns.parse import parse
from protoc_gen_pds.runtime.automaton import Automaton


def automaton(pattern: str) -> Automaton:
    table = determinize(parse(pattern))
    return Automaton(*(getattr(table, f.name) for f in dataclasses.fields(table)))


@pytest.mark.parametrize(
    ("pattern", "python"),
    [
        ("^[a-z]+$", r"^[a-z]+\Z"),
        (r"\d{3}", "[0-9]{3}"),
        (r"\w", "[0-9A-Z_a-z]"),
        ("a|b", "a|b"),
        ("(a|b)c", "(?:a|b)c"),
        ("(?i)ab", "[Aa][Bb]"),
        ("(?i:k)", "[Kk\\u212a]"),
        ("(?P<year>[0-9]{4})-x*?", "[0-9]{4}-x*"),
        ("(?s).", "(?s:.)"),
        (".", r"[^\n]"),
        (r"\Qa.b\E+", r"a\.b+"),
        (r"[[:alpha:]\-]", r"[\-A-Za-z]"),
        (r"[^\s\S]", "(?!)"),
        (r"\x{1F600}", r"\U0001f600"),
        ("x{2,}", "x{2,}"),
        ("{,3}", r"\{,3\}"),
    ],
)
def test_translation(pattern: str, python: str) -> None:
    assert translate(pattern) == python
    re.compile(python)


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "[", "[z-a]", "a**", "a{2}{3}", "*a", "(?=a)", "(?!a)", "(?<=a)", "(?>a)", r"\1", r"\Z", r"\8", "\\",
        r"\pL", "[[:nope:]]", "a{1001}", "(a{500}){3}", r"\x{110000}", r"\_", r"\é", "(?P<a>x)(?P<a>y)", "a|*", "(?z)",
        "(" * 200 + ")" * 200,
    ],
)  # fmt: skip
def test_what_re2_lacks_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        translate(pattern)


CLASSIC = [
    "(a+)+b",
    "(a*)*b",
    "(a|a)*b",
    "(a|aa)+$",
    "([a-zA-Z]+)*1",
    "(.*a){20}",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(\w+\s?)*x",
    r"^([^/.][^/]?|[^/][^/.]|[^/]{3,})(/([^/.][^/]?|[^/][^/.]|[^/]{3,}))*$",
    "(a{1,20}){1,20}b",
    "(x+x+)+y",
    r"^(\d+|\d\d)*$",
    "(a?){3}(b|b)*c",
]
HARMLESS = [
    "^[a-z]+$",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "^(dep|bkp):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "^(ab|ac)*d",
    "^(a?b)*c",
    r"^(\d{3}-)*\d{4}$",
    "foo[a-z]*",
    "(?:a|b)*",
    "(a{2})*",
    "[0-9]{1,20}$",
]


@pytest.mark.parametrize("pattern", CLASSIC)
def test_classic_redos_is_found(pattern: str) -> None:
    assert is_ambiguous(parse(pattern))


POLYNOMIAL = [
    ("^a*a*a*a*b$", 4),
    ("(.*)(.*)(.*)(.*)x", 4),
    (r"^\s*a?\s*b?\s*c?\s*d?\s*$", 5),
    (".*foo.*bar.*baz.*qux", 4),
]


@pytest.mark.parametrize(("pattern", "loops"), POLYNOMIAL)
def test_loops_that_share_a_text_become_automata(pattern: str, loops: int) -> None:
    assert not is_ambiguous(parse(pattern))
    assert chain_of_loops(parse(pattern)) == loops
    assert prepare(pattern).table is not None
    assert searched_characters(pattern, 5000) <= 5001


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [
        ("[a-z]+$", 2_000),
        ("a+b", 2_000),
        (r"^\S+@\S+$", 2_000),
        ("(ab|ac)*d", 2_000),
        (".*foo.*bar", 200),
        (r"\S+@\S+$", 200),
    ],
)
def test_two_or_three_loops_become_automata_for_long_texts(pattern: str, longest: int) -> None:
    """The search itself, where a match may begin anywhere, is one of them."""
    prepared = prepare(pattern)
    assert prepared.table is not None
    assert prepared.longest == longest
    table = [getattr(prepared.table, f.name) for f in dataclasses.fields(prepared.table)]
    search = Automaton(*table, prepared.source, prepared.longest).search
    for size in (0, 1, longest - 1, longest, longest + 1, 3 * longest):
        for text in ("a" * size, "a" * size + "!", "a" * size + "b", "@" * size, f"{'a' * size}@foobar"):
            assert search(text) is (re.search(prepared.source, text) is not None), (size, text[-8:])


def test_a_megabyte_that_no_loop_of_a_pattern_accepts_takes_linear_time() -> None:
    """A backtracking search would take days."""
    prepared = prepare("[a-z]+$")
    assert prepared.table is not None
    table = [getattr(prepared.table, f.name) for f in dataclasses.fields(prepared.table)]
    assert not Automaton(*table, prepared.source, prepared.longest).search("a" * 1_000_000 + "!")


@pytest.mark.parametrize(
    "pattern",
    ["^[a-z]+-[a-z]+-[a-z]+-[a-z]+-[a-z]+$", r"^[\w.]+@[\w.]+\.[a-z]+$", "^(dep|bkp):[0-9a-f]+$", "^a*b*c*d*e*$"],
)
def test_loops_with_something_else_between_them_share_nothing(pattern: str) -> None:
    assert chain_of_loops(parse(pattern)) == 1
    assert prepare(pattern).table is None


@pytest.mark.parametrize("pattern", HARMLESS)
def test_ordinary_patterns_stay_ordinary(pattern: str) -> None:
    assert prepare(pattern).table is None


def searched_characters(pattern: str, length: int) -> int:
    """How many characters a search looks at: a count, so that no clock is needed."""

    class Counting(str):
        seen = 0

        def __iter__(self):
            for char in str.__iter__(self):
                Counting.seen += 1
                yield char

    automaton(pattern).search(Counting("a" * length + "!"))
    return Counting.seen


@pytest.mark.parametrize("pattern", [p for p in CLASSIC if p not in ("(.*a){20}", "(a{1,20}){1,20}b")])
def test_automata_are_linear(pattern: str) -> None:
    assert prepare(pattern).table is not None
    assert searched_characters(pattern, 5000) <= 5001


def test_an_automaton_that_would_be_too_large_is_refused() -> None:
    with pytest.raises(PatternError, match=r"exponential time.*exclude each other"):
        prepare("((a|b)*a(a|b){12}|(a|b)*b)*$")


ATOMS = [
    *"abAZ09 _-.", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", r"\b", r"\B", r"\.", "[a-z]", "[^a-z]", "[[:alpha:]_]",
    r"[\w.-]", r"[\d\s]", r"[^\D\s]", "[]a]", "[^]a]", "[a-]", "[-a]", r"[\]\\]", "^", "$", "é", "ß", r"\x41", r"\n",
    "[&&a]", "[a||b]", "[[a]", "~", "#", r"\Q.*\E", "[[:^digit:]]", "(?m:^)", "(?m:$)", r"\A", r"\z", "(?s:.)",
]  # fmt: skip
QUANTIFIERS = ["", "", "*", "+", "?", "*?", "+?", "{2}", "{1,3}", "{0,2}?", "{2,}"]


def patterns() -> st.SearchStrategy[str]:
    atom = st.tuples(st.sampled_from(ATOMS), st.sampled_from(QUANTIFIERS)).map("".join)

    def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        group = st.tuples(
            st.sampled_from(["(", "(?:", "(?i:", "(?s:", "(?m:", "(?U:", "(?i-s:"]), inner, st.just(")"),
            st.sampled_from(QUANTIFIERS),
        ).map("".join)  # fmt: skip
        return st.one_of(
            st.lists(st.one_of(inner, group), min_size=1, max_size=3).map("".join),
            st.tuples(inner, inner).map("|".join),
        )

    return st.recursive(atom, wider, max_leaves=8)


TEXTS = st.text(alphabet="abAZ09 _-.\n\té߀K\\]&|~#\x0b\u212a\u017f", max_size=8)


@settings(max_examples=600, deadline=None)
@given(patterns(), st.lists(TEXTS, min_size=4, max_size=4))
def test_same_answers_as_re2(pattern: str, texts: list[str]) -> None:
    re2 = pytest.importorskip("re2", reason="google-re2 is not installed: RE2 itself is the judge here")
    options = re2.Options()
    options.log_errors = False
    try:
        theirs = re2.compile(pattern, options)
    except re2.error:
        with pytest.raises(PatternError):
            translate(pattern)
        return
    ours = re.compile(translate(pattern))
    try:
        table = automaton(pattern)
    except PatternError:
        table = None
    for text in texts:
        if r"\B" in pattern and not text.isascii():
            # RE2 reads bytes, so that its \B also matches within a character of several of them.
            continue
        expected = theirs.search(text) is not None
        assert (ours.search(text) is not None) == expected, (pattern, ours.pattern, text)
        if table:
            assert table.search(text) == expected, (pattern, text)
