"""A pattern as a deterministic automaton, for patterns on which backtracking could take exponential time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from protoc_gen_pds.rules.patterns.effort import Effort
from protoc_gen_pds.rules.patterns.parse import PatternError
from protoc_gen_pds.rules.patterns.tree import (
    MAX_CODE_POINT,
    Alternatives,
    Assertion,
    Chars,
    Node,
    Ranges,
    Repeat,
    Sequence,
    Where,
)

MAX_STATES = 400
MAX_INSTRUCTIONS = 5_000


@dataclass(frozen=True, slots=True)
class Table:
    """A complete transition table for a search; the runtime's ``Automaton`` runs it.

    Attributes:
        bounds: first code point of each range of characters that the pattern tells apart.
        classes: for each of them, its column in ``rows``.
        rows: for each state, the next state by column, or -1 where the pattern has matched.
        accepting: states in which the end of the text is a match.
    """

    bounds: tuple[int, ...]
    classes: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    accepting: tuple[int, ...]


class _Side(Enum):
    """What stands on one side of a place in the text, as far as assertions care."""

    EDGE = "edge"
    NEWLINE = "newline"
    WORD = "word"
    OTHER = "other"


@dataclass(slots=True)
class _Program:
    """Thompson's automaton: from each state, steps without a character and steps with one."""

    empty: list[list[tuple[Where | None, int]]] = field(default_factory=list)
    step: list[tuple[Ranges, int] | None] = field(default_factory=list)

    def state(self) -> int:
        if len(self.empty) >= MAX_INSTRUCTIONS:
            raise _too_large()
        self.empty.append([])
        self.step.append(None)
        return len(self.empty) - 1

    def add(self, node: Node, start: int) -> int:
        """Lay a part down behind a state; the state behind the part."""
        match node:
            case Chars(ranges):
                # A state of its own: one that has other ways out may have a step already.
                before, after = self.state(), self.state()
                self.empty[start].append((None, before))
                self.step[before] = (ranges, after)
                return after
            case Assertion(where):
                after = self.state()
                self.empty[start].append((where, after))
                return after
            case Sequence(items):
                for item in items:
                    start = self.add(item, start)
                return start
            case Alternatives(items):
                after = self.state()
                for item in items:
                    self.empty[self.add(item, start)].append((None, after))
                return after
            case Repeat(item, least, most):
                return self._repeat(item, least, most, start)

    def _repeat(self, item: Node, least: int, most: int | None, start: int) -> int:
        for _ in range(least):
            start = self.add(item, start)
        after = self.state()
        if most is None:
            loop = self.state()
            self.empty[start].append((None, loop))
            self.empty[self.add(item, loop)].append((None, loop))
            self.empty[loop].append((None, after))
            return after
        self.empty[start].append((None, after))
        for _ in range(most - least):
            start = self.add(item, start)
            self.empty[start].append((None, after))
        return after


def determinize(tree: Node) -> Table:
    """The automaton that finds a pattern anywhere in a text.

    Raises:
        PatternError: it would have more than ``MAX_STATES`` states, or take too long.
    """
    effort = Effort()
    program = _Program()
    start = program.state()
    final = program.add(tree, start)
    bounds, classes, samples = _alphabet(program)
    known: dict[tuple[frozenset[int], _Side], int] = {}
    rows: list[tuple[int, ...]] = []
    accepting: list[int] = []
    queue: list[tuple[frozenset[int], _Side]] = []

    def number(states: frozenset[int], before: _Side) -> int:
        key = (states, before)
        if key not in known:
            if len(known) >= MAX_STATES:
                raise _too_large()
            known[key] = len(known)
            queue.append(key)
        return known[key]

    number(frozenset((start,)), _Side.EDGE)
    for states, before in queue:
        if final in _closure(program, states, before, _Side.EDGE):
            accepting.append(known[states, before])
        row = []
        for sample in samples:
            side = _side(sample)
            reached = _closure(program, states, before, side)
            effort.spend(1 + len(reached))
            if final in reached:
                row.append(-1)
                continue
            # The search may begin behind this character too.
            row.append(number(_step(program, reached, sample) | {start}, side))
        rows.append(tuple(row))
    return Table(bounds, classes, tuple(rows), tuple(accepting))


def _too_large() -> PatternError:
    return PatternError(
        "a loop in it can match the same text in two ways, which takes exponential time, and it is too large"
        " to become an automaton; make the alternatives or the repetitions inside the loop exclude each other"
    )


def _alphabet(program: _Program) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Ranges of characters that no part of the pattern tells apart, their classes, and one of each class."""
    sets = {step[0] for step in program.step if step}
    if any(where for edges in program.empty for where, _ in edges):
        sets |= {((10, 10),), ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))}
    cuts = {0, *(low for ranges in sets for low, _ in ranges), *(high + 1 for ranges in sets for _, high in ranges)}
    bounds = tuple(sorted(cut for cut in cuts if cut <= MAX_CODE_POINT))
    ordered = sorted(sets)
    numbers: dict[tuple[bool, ...], int] = {}
    samples: list[int] = []
    classes = []
    for bound in bounds:
        signature = tuple(_contains(ranges, bound) for ranges in ordered)
        if signature not in numbers:
            numbers[signature] = len(numbers)
            samples.append(bound)
        classes.append(numbers[signature])
    return bounds, tuple(classes), tuple(samples)


def _contains(ranges: Ranges, code: int) -> bool:
    index = bisect_right(ranges, (code, MAX_CODE_POINT + 1)) - 1
    return index >= 0 and ranges[index][1] >= code


def _side(code: int) -> _Side:
    if code == 10:
        return _Side.NEWLINE
    return _Side.WORD if code < 128 and (chr(code).isalnum() or code == 0x5F) else _Side.OTHER


def _closure(program: _Program, states: Iterable[int], before: _Side, after: _Side) -> set[int]:
    """States reachable without a character at a place between two sides."""
    reached = set(states)
    work = list(reached)
    while work:
        for where, target in program.empty[work.pop()]:
            if target not in reached and (where is None or _holds(where, before, after)):
                reached.add(target)
                work.append(target)
    return reached


def _holds(where: Where, before: _Side, after: _Side) -> bool:
    match where:
        case Where.TEXT_START:
            return before is _Side.EDGE
        case Where.TEXT_END:
            return after is _Side.EDGE
        case Where.LINE_START:
            return before in (_Side.EDGE, _Side.NEWLINE)
        case Where.LINE_END:
            return after in (_Side.EDGE, _Side.NEWLINE)
        case Where.WORD_BOUNDARY:
            return (before is _Side.WORD) != (after is _Side.WORD)
        case Where.NO_WORD_BOUNDARY:
            return (before is _Side.WORD) == (after is _Side.WORD)


def _step(program: _Program, states: Iterable[int], code: int) -> frozenset[int]:
    reached = set()
    for state in states:
        step = program.step[state]
        if step and _contains(step[0], code):
            reached.add(step[1])
    return frozenset(reached)
