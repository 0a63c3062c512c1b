"""Names that one generated module refers to: imports recorded as they are used, own symbols first."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass

from protoc_gen_pds.python import layout


@dataclass(frozen=True, slots=True, order=True)
class _Import:
    module: str
    name: str
    """Empty for ``import module``."""
    alias: str

    @property
    def binding(self) -> str:
        imported = self.name or self.module
        return imported if imported == self.alias else f"{imported} as {self.alias}"


class Scope:
    """The names of one module.

    ``taken`` are all names that the module's own code gives to anything, attributes of its classes
    included: a reference that would read as one of them is aliased or qualified instead.
    """

    def __init__(self, package: tuple[str, ...], taken: Iterable[str] = ()) -> None:
        self._package = package
        self._taken = set(taken)
        self._imports: dict[tuple[str, str, bool], _Import] = {}
        self._aliases: set[str] = set()
        self._own: dict[str, str] = {}

    def builtin(self, name: str) -> str:
        """A builtin: itself, or through the module where the name is taken."""
        if name not in self._taken:
            return name
        assert hasattr(builtins, name)
        return f"{self.module('builtins')}.{name}"

    def module(self, module: str, *, typing_only: bool = False) -> str:
        """The local name of an imported module (top level, or ``package.module``)."""
        return self._record(module, "", module, typing_only)

    def name(self, module: str, name: str, *, alias: str | None = None, typing_only: bool = False) -> str:
        """The local name of something imported from a module; ``module`` may be relative."""
        return self._record(module, name, alias or name, typing_only)

    def own_import(self, module: str, name: str, *, typing_only: bool = False) -> None:
        """Import a name that the module gives to others: never under an alias."""
        self._imports[module, name, typing_only] = _Import(module, name, name)

    def relative(self, package: tuple[str, ...], module: str = "") -> str:
        """The relative spelling of another package below the same root, for :meth:`name`."""
        own = self._package
        shared = 0
        while shared < min(len(own), len(package)) and own[shared] == package[shared]:
            shared += 1
        dots = "." * (len(own) - shared + 1)
        return dots + ".".join((*package[shared:], *([module] if module else [])))

    def _record(self, module: str, name: str, wanted: str, typing_only: bool) -> str:
        # A name that is needed at run time anyway serves the type checker too.
        found = self._imports.get((module, name, False))
        if found is not None:
            return found.alias
        found = self._imports.pop((module, name, True), None)
        if found is None:
            clash = wanted in self._taken or wanted in self._aliases
            alias = wanted.replace(".", "_") if clash else wanted
            while alias in self._taken or alias in self._aliases:
                alias += "_"
            found = _Import(module, name, alias)
            self._aliases.add(alias)
        self._imports[module, name, typing_only] = found
        return found.alias

    def own_alias(self, name: str) -> str:
        """Another name for an own top-level class, for where a class body hides the first one."""
        alias = self._own.get(name)
        if alias is None:
            alias = f"_{name}"
            while alias in self._taken or alias in self._aliases:
                alias += "_"
            self._aliases.add(alias)
            self._own[name] = alias
        return alias

    @property
    def own_aliases(self) -> list[tuple[str, str]]:
        """Aliases and what they stand for, which the module has to define."""
        return sorted((alias, name) for name, alias in self._own.items())

    @property
    def taken(self) -> frozenset[str]:
        """Own names and import aliases: what a new local name must avoid."""
        return frozenset(self._taken | self._aliases)

    def lines(self, *, typing_only: bool = False) -> list[str]:
        """Import statements, sorted, a blank line between the standard library and our own."""
        chosen = [i for (_, _, typing), i in self._imports.items() if typing is typing_only]
        absolute = [i for i in chosen if not i.module.startswith(".")]
        own = [i for i in chosen if i.module.startswith(".")]
        first = _statements(absolute)
        second = _statements(own)
        return [*first, "", *second] if first and second else first or second


def _statements(imports: list[_Import]) -> list[str]:
    lines = [f"import {i.binding}" for i in sorted((i for i in imports if not i.name), key=_member_key)]
    # The linter wants a statement of its own for each alias.
    groups: dict[tuple[str, str], list[_Import]] = {}
    for i in imports:
        if i.name:
            groups.setdefault((i.module, "" if i.name == i.alias else i.binding), []).append(i)
    statements = [(module, sorted(group, key=_member_key)) for (module, _), group in groups.items()]
    for module, group in sorted(statements, key=lambda s: (_distance(s[0]), _member_key(s[1][0]))):
        lines.append(f"from {module} import {', '.join(i.binding for i in group)}")
    return lines


def _distance(module: str) -> tuple[int, list[tuple[int, int, str]]]:
    """Furthest relative import first, as isort and ruff order them."""
    stem = module.lstrip(".")
    return (len(stem) - len(module), layout.natural_key(stem.lower()))


def _member_key(item: _Import) -> tuple[int, object, object, object]:
    name = item.name or item.module
    rank = layout.member_rank(name) if item.name else 0
    return (rank, layout.natural_key(name.lower()), layout.natural_key(name), layout.natural_key(item.alias))
