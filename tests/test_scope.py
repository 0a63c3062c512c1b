"""Imports of generated modules: recorded as they are used, aliased where a name is taken, sorted like ruff."""

from __future__ import annotations

import pytest

from protoc_gen_pds.python.scope import Scope


def test_only_what_is_used_is_imported() -> None:
    assert Scope(("a",)).lines() == []


def test_imports_are_grouped_and_sorted() -> None:
    scope = Scope(("a", "b"))
    scope.name("typing", "Literal")
    scope.name("typing", "ClassVar")
    scope.module("builtins")
    scope.name(scope.relative(("_runtime",), "message"), "Message")
    scope.name(scope.relative(("_runtime",), "message"), "UNSET")
    scope.name(scope.relative(("a", "c"), "models"), "Other")
    scope.name(".models", "Mine")
    assert scope.lines() == [
        "import builtins",
        "from typing import ClassVar, Literal",
        "",
        "from ..._runtime.message import UNSET, Message",
        "from ..c.models import Other",
        "from .models import Mine",
    ]


def test_a_taken_name_is_aliased_in_a_statement_of_its_own() -> None:
    scope = Scope(("a",), {"Message", "Message_"})
    assert scope.name("..x", "Message") == "Message__"
    assert scope.name("..x", "Member") == "Member"
    assert scope.lines() == ["from ..x import Member", "from ..x import Message as Message__"]


def test_equal_names_of_two_modules_are_told_apart() -> None:
    scope = Scope(("a",))
    assert scope.name("..x", "Meta") == "Meta"
    assert scope.name("..y", "Meta") == "Meta_"
    assert scope.name("..x", "Meta") == "Meta"


def test_builtins_are_reached_through_their_module_where_hidden() -> None:
    scope = Scope(("a",), {"str", "builtins"})
    assert scope.builtin("int") == "int"
    assert scope.builtin("str") == "builtins_.str"
    assert scope.lines() == ["import builtins as builtins_"]


def test_names_for_type_checkers_only() -> None:
    scope = Scope(("a",))
    scope.name(".client", "Client", typing_only=True)
    scope.name(".models", "Model")
    assert scope.name(".models", "Model", typing_only=True) == "Model"
    assert scope.lines(typing_only=True) == ["from .client import Client"]
    assert scope.lines() == ["from .models import Model"]


@pytest.mark.parametrize(
    ("own", "other", "spelled"),
    [
        (("a", "b"), ("a", "b"), ".models"),
        (("a", "b"), ("a", "c"), "..c.models"),
        (("a", "b"), (), "...models"),
        (("a",), ("b", "c"), "..b.c.models"),
        ((), ("b",), ".b.models"),
    ],
)
def test_relative_modules(own: tuple[str, ...], other: tuple[str, ...], spelled: str) -> None:
    assert Scope(own).relative(other, "models") == spelled


def test_own_aliases_avoid_what_is_taken() -> None:
    scope = Scope(("a",), {"_Outer"})
    assert scope.own_alias("Outer") == "_Outer_"
    assert scope.own_alias("Outer") == "_Outer_"
    assert scope.own_aliases == [("_Outer_", "Outer")]
    assert {"_Outer", "_Outer_"} <= scope.taken
