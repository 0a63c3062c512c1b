"""Statements that check rules: CEL compiled for one module, and the rules that are no CEL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from protoc_gen_pds.errors import GenerationError
from protoc_gen_pds.python import statements
from protoc_gen_pds.python.expressions import MAX_NESTING, Expression, nesting
from protoc_gen_pds.python.layout import LINE_LENGTH, string
from protoc_gen_pds.python.names import unique
from protoc_gen_pds.rules.cel import CelSyntaxError, parse
from protoc_gen_pds.rules.cel.compiler import Compiler
from protoc_gen_pds.rules.cel.declarations import Declarations
from protoc_gen_pds.rules.cel.messages import Fields, converted, present
from protoc_gen_pds.rules.cel.types import BOOL, DURATION, DYN, STRING, TIMESTAMP, Type, message_type
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, given, variable
from protoc_gen_pds.rules.patterns import PatternError, Table, prepare
from protoc_gen_pds.rules.read import Element, FieldRules, Group, Reader, Rule, Step
from protoc_gen_pds.schema import Field, Message, Oneof
from protoc_gen_pds.targets.validators.module import Module
from protoc_gen_pds.targets.validators.spot import Spot

_CALL = re.compile(r"\bcel\.(?=\w+\()")
_NOW = variable("c", TIMESTAMP, "c.now")


class Constant(NamedTuple):
    """A constant of the module: its name and the lines that define it."""

    name: str
    lines: tuple[str, ...]


class RuleWriter:
    """Writes the checks of rules into one module; patterns and paths of rules become its constants."""

    def __init__(self, module: Module, reader: Reader, *, raises: bool = False) -> None:
        self.reader = reader
        self.raises = raises
        """Whether a rule that does not compile becomes a check that raises."""
        self._module = module
        self._compiler = Compiler(Fields(module.names, module.types, Declarations(module.file)), self._pattern)
        self._patterns: dict[str, Constant] = {}
        self._rules: dict[tuple[Step, ...], Constant] = {}
        self._taken: set[str] = set()

    @property
    def constants(self) -> list[str]:
        """Definitions of all constants that the checks use."""
        return [line for constant in (*self._rules.values(), *self._patterns.values()) for line in constant.lines]

    # -- constants -------------------------------------------------------------------------------

    def _pattern(self, pattern: str) -> str:
        found = self._patterns.get(pattern)
        if found is None:
            prepared = prepare(pattern)
            name = f"pattern{len(self._patterns) + 1}"
            if prepared.table is None:
                module = self._module.scope.module("re")
                lines = [f"{name} = {module}.compile({string(prepared.source)}).search"]
            else:
                short = f", {string(prepared.source)}, {prepared.longest}" if prepared.longest else ""
                automaton = f"{self._module.automaton()}({_arguments(prepared.table)}{short})"
                # Numbers for machines: one to a line they would fill pages.
                lines = [f"{name} = {automaton}.search  # fmt: skip"]
            found = self._patterns[pattern] = Constant(name, tuple(lines))
        return found.name

    def rule(self, path: tuple[Step, ...]) -> str:
        """The constant for the path of a rule."""
        found = self._rules.get(path)
        if found is None:
            words = "_".join(step[0] if len(step) == 3 else f"{step[0]}_{step[3]}" for step in path)
            name = unique(re.sub(r"\W+", "_", words).strip("_").upper(), self._taken)
            call = statements.call(
                self._module.runtime("Rule"), *(f"({', '.join(map(_literal, step))})" for step in path)
            )
            found = self._rules[path] = Constant(name, tuple(statements.assign(name, call, 0)))
        return found.name

    # -- reports ---------------------------------------------------------------------------------

    def _report(
        self, rule_id: str, message: str, path: tuple[Step, ...], spot: Spot, indent: int, *, for_key: bool
    ) -> list[str]:
        arguments = ["at", string(spot.field), string(rule_id), message]
        if path:
            arguments.append(self.rule(path))
        if spot.key:
            arguments.append(spot.key if path else f"key={spot.key}")
        if for_key:
            arguments.append("for_key=True")
        return statements.lines(statements.call("c.add", *arguments), indent)

    def required(self, rules: FieldRules, spot: Spot, indent: int) -> list[str]:
        """Report a required field that is not set."""
        rule_id = "required" if rules.required else "field_behavior.required"
        return self._report(rule_id, string("value is required"), rules.required, spot, indent, for_key=False)

    # -- rules -----------------------------------------------------------------------------------

    def values(
        self, rules: FieldRules, field: Field, value: Field, v: str, type: Type, spot: Spot, indent: int,
        *, for_key: bool = False, nonzero: bool = False,
    ) -> list[str]:  # fmt: skip
        """Statements that check a value with the shape of its field."""
        pad = " " * indent
        found: list[str] = []
        if rules.defined_only:
            assert value.enum is not None
            numbers = ", ".join(map(str, sorted({n.number for n in value.enum.values})))
            message = string("value must be one of the defined enum values")
            found += Expression(f"{v} not in {{{numbers}}}").header("if", indent)
            found += self._report("enum.defined_only", message, rules.defined_only, spot, indent + 4, for_key=for_key)
        for urls in rules.type_urls:
            listed = ", ".join(map(string, urls.urls))
            operator = "not in" if urls.allowed else "in"
            test = f"{v}.type_url {operator} {{{listed}}}"
            if len(urls.urls) == 1:
                test = f"{v}.type_url {'!=' if urls.allowed else '=='} {listed}"
            text = "type URL must be in the allow list" if urls.allowed else "type URL must not be in the block list"
            found += Expression(test).header("if", indent)
            found += self._report(urls.id, string(text), urls.path, spot, indent + 4, for_key=for_key)
        if not rules.rules:
            return found
        this = variable(v, type)
        checks: list[str] = []
        if type in (TIMESTAMP, DURATION):
            this = variable(f"t{field.number}", type)
            checks = [f"{pad}t{field.number} = {self._module.cel()}.nanoseconds({v})"]
        else:
            this = replace(converted(this, value), nonzero=nonzero)
        broken = [line for rule in rules.rules for line in self._rule(field, rule, this, spot, indent, for_key=for_key)]
        return [*found, *checks, *broken] if broken else found

    def message(self, message: Message, indent: int) -> list[str]:
        """Statements that check the rules of a message."""
        found: list[str] = []
        this = variable("m", message_type(message))
        rules = self.reader.message(message)
        for rule in rules.rules:
            found += self._rule(message, rule, this, None, indent)
        for group in rules.groups:
            found += self._group(group, indent)
        return found

    def _group(self, group: Group, indent: int) -> list[str]:
        pad = " " * indent
        names = ", ".join(f.name for f in group.fields)
        tests = [_presence(self._module, f) for f in group.fields]
        found = statements.assign("count", statements.call(f"{self._module.cel()}.chosen", *tests), indent)
        for test, text in [("count > 1", f"only one of {names} can be set")] + (
            [("count == 0", f"one of {names} must be set")] if group.required else []
        ):
            report = statements.call("c.report", "at", string("message.oneof"), string(text))
            found += [f"{pad}if {test}:", *statements.lines(report, indent + 4)]
        return found

    def oneof(self, oneof: Oneof, indent: int) -> list[str]:
        """The report of a required oneof that is not set, or nothing."""
        if not self.reader.oneof(oneof):
            return []
        text = string("exactly one field is required in oneof")
        return self._report("required", text, (), Spot(oneof.name), indent, for_key=False)

    def _rule(
        self, element: Element, rule: Rule, this: Value, spot: Spot | None, indent: int, *, for_key: bool = False
    ) -> list[str]:
        value = self.compiled(element, rule, this)
        pad = " " * indent

        def report(message: str, indent: int) -> list[str]:
            if spot is None:
                return statements.lines(statements.call("c.report", "at", string(rule.id), message), indent)
            return self._report(rule.id, message, rule.path, spot, indent, for_key=for_key)

        if value.type is BOOL:
            if value.known:
                text = rule.message or f'"{rule.expression}" returned false'
                return [] if value.constant else report(string(text), indent)
            text = rule.message or f'"{rule.expression}" returned false'
            head = Expression(self._local(f"not {value.code}")).header("if", indent)
            return [*head, *report(string(text), indent + 4)]
        if value.known:
            return report(string(value.constant), indent) if value.constant else []
        if value.choice is not None:
            condition, then, otherwise = value.choice
            if otherwise.known and otherwise.constant == "":
                head = Expression(self._local(condition.code)).header("if", indent)
                return [*head, *self._computed(then, report, indent + 4)]
            if then.known and then.constant == "":
                head = Expression(self._local(f"not {condition.code}")).header("if", indent)
                return [*head, *self._computed(otherwise, report, indent + 4)]
        assigned = Expression(self._local(value.code))
        head = assigned.header("text =", indent, "")
        return [*head, f"{pad}if text:", *report("text", indent + 4)]

    def _computed(self, value: Value, report: Callable[[str, int], list[str]], indent: int) -> list[str]:
        """The report of a text: an argument, unless it is computed in more than a line."""
        text = Expression(self._local(value.code))
        if value.known or indent + 4 + len(f"{text},") <= LINE_LENGTH:
            return report(str(text), indent)
        return [*text.header("text =", indent, ""), *report("text", indent)]

    def _local(self, code: str) -> str:
        """Code with the runtime's module of CEL by the name that it has in this module."""
        if _CALL.search(code) is None:
            return code
        name = self._module.cel()
        return code if name == "cel" else _CALL.sub(f"{name}.", code)

    def compiled(self, element: Element, rule: Rule, this: Value) -> Value:
        """A rule as Python.

        Raises:
            GenerationError: the expression is wrong, or its type.
        """
        names = {**rule.names, "this": this, "now": _NOW}
        try:
            value = given(self._compiler.compile(parse(rule.expression), names))
        except (CelSyntaxError, CelTypeError, PatternError) as error:
            raise self._refused(element, rule, str(error)) from error
        if nesting(value.code) > MAX_NESTING:
            raise self._refused(element, rule, "it is nested too deeply for Python; split it into several rules")
        if value.type not in (BOOL, STRING, DYN):
            raise self._refused(element, rule, f"a rule gives a bool or a string, not {value.type}")
        return value

    def _refused(self, element: Element, rule: Rule, reason: str) -> GenerationError:
        return self.reader.error(element, f'{rule.option}, rule "{rule.id}": {reason}', rule.place)


def _literal(part: object) -> str:
    return string(part) if isinstance(part, str) else str(part)


def _arguments(table: Table) -> str:
    return ", ".join(map(repr, (table.bounds, table.classes, table.rows, table.accepting)))


def _presence(module: Module, field: Field) -> str:
    return str(Expression(present(field, f"m.{module.names.attribute(field)}")))
