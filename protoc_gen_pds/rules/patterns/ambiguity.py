"""Whether a backtracking matcher can take exponential time on a pattern.

It can where a loop matches one text in two ways: then a text of n such pieces has 2**n readings, and
a mismatch after them makes the matcher try all. On the position automaton (Glushkov) of the pattern,
in which every step consumes a character, that is the case if and only if some state reaches itself by
two different paths over the same text, so a pair of equal states and a pair of different ones lie on
a common cycle of the automaton's product with itself. (Weber and Seidl, 1991, call it EDA.)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from protoc_gen_pds.rules.patterns.effort import Effort
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

_MANY = 10
"""A counted repetition of so many or more is taken as unlimited: 10**10 readings are too many too."""
_VERY_MANY = 200
"""The same where loops multiply: what 200 do with a text of any length is bearable."""


@dataclass(slots=True)
class _Part:
    """First and last positions of a part, and whether it can be empty."""

    first: Counter[int] = field(default_factory=Counter)
    last: Counter[int] = field(default_factory=Counter)
    empty: bool = True


class _Positions:
    def __init__(self, effort: Effort, many: int = _MANY) -> None:
        self._effort = effort
        self._many = many
        self.ranges: list[Ranges] = []
        self.follow: list[Counter[int]] = []
        """Successors of each position, counted: two derivations of one step are two readings."""

    def build(self, node: Node) -> _Part:
        match node:
            case Chars(ranges):
                position = len(self.ranges)
                self.ranges.append(ranges)
                self.follow.append(Counter())
                return _Part(Counter([position]), Counter([position]), empty=False)
            case Assertion():
                return _Part()
            case Sequence(items):
                part = _Part()
                for item in items:
                    part = self._joined(part, self.build(item))
                return part
            case Alternatives(items):
                choice = _Part(empty=False)
                for part in map(self.build, items):
                    choice.first.update(part.first)
                    choice.last.update(part.last)
                    choice.empty = choice.empty or part.empty
                return choice
            case Repeat(item, least, most):
                return self._repeated(item, least, most)

    def _joined(self, left: _Part, right: _Part) -> _Part:
        self._link(left.last, right.first)
        self._effort.spend((len(left.first) if left.empty else 0) + (len(right.last) if right.empty else 0))
        return _Part(
            left.first + right.first if left.empty else left.first,
            left.last + right.last if right.empty else right.last,
            left.empty and right.empty,
        )

    def _repeated(self, item: Node, least: int, most: int | None) -> _Part:
        unlimited = most is None or most >= self._many
        # A few copies show the same ambiguity as many.
        copies = min(least, 2) if unlimited or most is None else min(most, min(least, 2) + (most > least))
        part = _Part()
        for index in range(max(copies, 1) if unlimited else copies):
            piece = self.build(item)
            if unlimited and index == max(copies, 1) - 1:
                self._link(piece.last, piece.first)
            piece.empty = piece.empty or index >= least
            part = self._joined(part, piece)
        return part

    def _link(self, last: Counter[int], first: Counter[int]) -> None:
        self._effort.spend(10 + len(last) * len(first))
        for position, ways in last.items():
            for successor, more in first.items():
                # Two are as bad as any number, and counts must not grow without limit.
                count = self.follow[position][successor] + ways * more
                self.follow[position][successor] = min(count, 2)


def is_ambiguous(tree: Node) -> bool:
    """Whether some loop of the pattern matches a text in two ways.

    Raises:
        PatternError: it is too large to tell.
    """
    effort = Effort()
    positions = _Positions(effort)
    positions.build(tree)
    follow, ranges = positions.follow, positions.ranges
    component = _components([list(successors) for successors in follow])
    inside = [{q for q in successors if component[q] == component[p]} for p, successors in enumerate(follow)]
    # Two derivations of one step, on a cycle.
    if any(follow[p][q] > 1 for p, successors in enumerate(inside) for q in successors):
        return True
    overlaps = _Overlaps(ranges)
    return any(_has_two_paths(members, inside, overlaps, effort) for members in _loops(component, inside))


def power_of_search(tree: Node) -> int:
    """The power of a text's length that a backtracking search for an unambiguous pattern may take.

    Raises:
        PatternError: it is too large to tell.
    """
    tree = _shortest_end(tree)
    if _is_anchored(tree):
        return chain_of_loops(tree)
    return chain_of_loops(Sequence((Repeat(Chars(((0, MAX_CODE_POINT),)), 0, None), tree)))


def _shortest_end(tree: Node) -> Node:
    """The pattern without the loop that it ends with: what that may match besides is matched by no more."""
    match tree:
        case Sequence(items) if items:
            return Sequence((*items[:-1], _shortest_end(items[-1])))
        case Repeat(item, least, _):
            return Repeat(item, least, least)
        case _:
            return tree


def _is_anchored(tree: Node) -> bool:
    """Whether a match begins where the text does."""
    match tree:
        case Assertion(where):
            return where is Where.TEXT_START
        case Sequence(items):
            return bool(items) and _is_anchored(items[0])
        case Alternatives(items):
            return all(map(_is_anchored, items))
        case Repeat(item, least, _):
            return least > 0 and _is_anchored(item)
        case Chars():
            return False


def chain_of_loops(tree: Node) -> int:
    """How many loops in a row can share a text among them: a mismatch takes at least that power of its length.

    A loop shares with a later one where a path leads there over characters that both accept. That is
    necessary, not sufficient: the number may be too large, never too small.

    Raises:
        PatternError: it is too large to tell.
    """
    effort = Effort()
    positions = _Positions(effort, _VERY_MANY)
    positions.build(tree)
    follow = [list(successors) for successors in positions.follow]
    component = _components(follow)
    inside = [{q for q in successors if component[q] == component[p]} for p, successors in enumerate(follow)]
    loops = {component[members[0]]: members for members in _loops(component, inside)}
    overlaps = _Overlaps(positions.ranges)
    # Components are numbered from the end of the pattern to its beginning.
    lengths: dict[int, int] = {}
    for number in sorted(loops):
        lengths[number] = 1
        for other in lengths:
            if other != number and _share(loops[number], loops[other], follow, overlaps, effort):
                lengths[number] = max(lengths[number], 1 + lengths[other])
    return max(lengths.values(), default=0)


def _share(first: list[int], second: list[int], follow: list[list[int]], overlaps: _Overlaps, effort: Effort) -> bool:
    """Whether a path from one loop to another has only characters that occur in both."""
    targets, seen, work = set(second), set(first), list(first)
    while work:
        successors = follow[work.pop()]
        effort.spend(1 + len(successors))
        for q in successors:
            if q in seen:
                continue
            effort.spend(len(first) + len(second))
            if not (any(overlaps(q, p) for p in first) and any(overlaps(q, p) for p in second)):
                continue
            if q in targets:
                return True
            seen.add(q)
            work.append(q)
    return False


class _Overlaps:
    def __init__(self, ranges: list[Ranges]) -> None:
        self._ranges = ranges
        self._known: dict[tuple[Ranges, Ranges], bool] = {}

    def __call__(self, p: int, q: int) -> bool:
        key = (self._ranges[p], self._ranges[q])
        if key not in self._known:
            self._known[key] = any(a <= d and c <= b for a, b in key[0] for c, d in key[1])
        return self._known[key]


def _loops(component: list[int], inside: list[set[int]]) -> list[list[int]]:
    loops: dict[int, list[int]] = {}
    for position, number in enumerate(component):
        if inside[position]:
            loops.setdefault(number, []).append(position)
    return list(loops.values())


def _has_two_paths(members: list[int], inside: list[set[int]], overlaps: _Overlaps, effort: Effort) -> bool:
    """Whether a pair of different positions lies between two visits of a pair of equal ones."""
    pairs: dict[tuple[int, int], int] = {}
    edges: list[list[int]] = []
    queue = [(p, p) for p in members]
    for pair in queue:
        pairs[pair] = len(edges)
        edges.append([])
    for pair in queue:
        source = pairs[pair]
        effort.spend(len(inside[pair[0]]) * len(inside[pair[1]]))
        for p in inside[pair[0]]:
            for q in inside[pair[1]]:
                if not overlaps(p, q):
                    continue
                target = (p, q)
                if target not in pairs:
                    pairs[target] = len(edges)
                    edges.append([])
                    queue.append(target)
                edges[source].append(pairs[target])
    component = _components(edges)
    equal = {component[index] for (p, q), index in pairs.items() if p == q}
    return any(p != q and component[index] in equal for (p, q), index in pairs.items())


def _components(edges: list[list[int]]) -> list[int]:
    """Number of the strongly connected component of each node (Tarjan, without recursion)."""
    count = len(edges)
    order = [-1] * count
    low = [0] * count
    component = [-1] * count
    stack: list[int] = []
    clock = found = 0
    for root in range(count):
        if order[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, index = work.pop()
            if index == 0:
                order[node] = low[node] = clock
                clock += 1
                stack.append(node)
            advanced = False
            for i in range(index, len(edges[node])):
                successor = edges[node][i]
                if order[successor] < 0:
                    work += [(node, i + 1), (successor, 0)]
                    advanced = True
                    break
                if component[successor] < 0:
                    low[node] = min(low[node], order[successor])
            if advanced:
                continue
            if low[node] == order[node]:
                while component[node] < 0:
                    component[stack.pop()] = found
                found += 1
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
    return component
