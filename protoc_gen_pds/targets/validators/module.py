"""The names of one generated module of validators, and which of its messages contain themselves."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

from protoc_gen_pds.python.names import Names
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import RUNTIME, Types, is_well_known
from protoc_gen_pds.schema import Enum, Field, File, Message

VALIDATION = (*RUNTIME, "validation")
"""The runtime's package of validation, below the root package."""

_LOCALS = frozenset({"at", "c", "count", "faults", "i", "m", "other", "text", "validate", "violations"})


def _own_names(names: Names, file: File) -> Iterator[str]:
    yield from _LOCALS
    yield from dir(builtins)
    for message in file.walk_messages():
        yield from (f"other{i}" for i in range(2, len(message.oneofs) + 1))
        yield f"check_{names.function_suffix(message)}"
        for letter in ("k", "t", "v", "x"):
            yield from (f"{letter}{f.number}" for f in message.fields)


@dataclass
class Module:
    """A module of validators while it is being made."""

    names: Names
    file: File
    scope: Scope = field(init=False)
    types: Types = field(init=False)

    def __post_init__(self) -> None:
        self.scope = Scope(self.names.package_of(self.file), _own_names(self.names, self.file))
        self.types = Types(self.names, self.scope)

    def runtime(self, name: str, module: str = "") -> str:
        """Something of the runtime's package of validation."""
        return self.scope.name(self.scope.relative(VALIDATION, module), name)

    def own_import(self, name: str) -> None:
        """Import a name that this module gives to others."""
        self.scope.own_import(self.scope.relative(VALIDATION), name)

    def cel(self) -> str:
        """The runtime's module of CEL functions."""
        return self.scope.name(self.scope.relative(RUNTIME), "cel")

    def automaton(self) -> str:
        """The runtime's class for patterns that need an automaton."""
        return self.scope.name(self.scope.relative(RUNTIME, "automaton"), "Automaton")

    def cls(self, element: Message | Enum) -> str:
        """The class of a message or enum."""
        return self.types.reference(element)

    def function(self, message: Message) -> str:
        """The check of a message: of this module, of another one or of the runtime."""
        name = f"check_{self.names.function_suffix(message)}"
        if is_well_known(message):
            return self.runtime(name, "well_known")
        if message.file is self.file:
            return name
        return self.scope.name(self.scope.relative(self.names.package_of(message.file), "validators"), name)

    def member(self, member: Field) -> str:
        """The class of a oneof's member."""
        assert member.parent is not None
        return f"{self.cls(member.parent)}.{self.names.member_class(member)}"


def recursive_messages(file: File) -> set[str]:
    """Full names of the messages of a file that can contain messages of their own type, at any depth.

    Imports are acyclic, so a cycle of types stays in one file; found in linear time (Tarjan's strongly
    connected components, without recursion).
    """
    edges = {message.full_name: list(_contained(message, file)) for message in file.walk_messages()}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: set[str] = set()
    for root in edges:
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[name])
                if low[name] == index[name]:
                    component = _pop_component(stack, on_stack, name)
                    if len(component) > 1 or name in edges[name]:
                        found.update(component)
            elif target not in index:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter(edges[target])))
            elif target in on_stack:
                low[name] = min(low[name], index[target])
    return found


def _pop_component(stack: list[str], on_stack: set[str], name: str) -> list[str]:
    component = []
    while True:
        component.append(stack.pop())
        on_stack.discard(component[-1])
        if component[-1] == name:
            return component


def _contained(message: Message, file: File) -> Iterator[str]:
    for f in message.fields:
        if f.message is not None and f.message.file is file:
            yield f.message.full_name
