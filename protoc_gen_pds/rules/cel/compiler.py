"""CEL to Python: typed, constants folded, CEL's error semantics kept (cel-spec, langdef.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from protoc_gen_pds.rules.cel import functions
from protoc_gen_pds.rules.cel.messages import Fields
from protoc_gen_pds.rules.cel.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    Identifier,
    Index,
    ListLiteral,
    Literal,
    MapLiteral,
    MessageLiteral,
    Select,
    Unary,
)
from protoc_gen_pds.rules.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    INT,
    NULL,
    STRING,
    UINT,
    Type,
    list_of,
)
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, combine, constant, fold, literal, tagged, truth

UNROLLED = 8
"""Macros over constant lists up to this length become conditions in a row."""

_LITERALS = {
    "bool": BOOL,
    "int": INT,
    "uint": UINT,
    "double": DOUBLE,
    "string": STRING,
    "bytes": BYTES,
    "null_type": NULL,
    "null": NULL,
}
_MACROS = ("all", "exists", "exists_one", "map", "filter")

Names = Mapping[str, Value]
"""What the identifiers of an expression stand for."""


@dataclass
class Compiler:
    """Compiles expressions for one module.

    Attributes:
        fields: selects fields of its messages.
        pattern: gives the name under which a compiled pattern is found in the module.
    """

    fields: Fields
    pattern: Callable[[str], str]
    _loops: int = field(default=0, init=False)

    def compile(self, expression: Expression, names: Names) -> Value:
        """Compile one expression.

        Raises:
            CelTypeError: it is not well-typed, or uses what rules cannot use.
        """
        match expression:
            case Literal(value, type):
                return constant(value, _LITERALS[type])
            case Identifier(name):
                if name not in names:
                    raise CelTypeError(f"undeclared name {name}")
                return names[name]
            case Select(operand, name):
                return self.fields.select(self.compile(operand, names), name)
            case Index(operand, index):
                return self._index(self.compile(operand, names), self.compile(index, names))
            case Unary(operator, operand):
                return self._unary(operator, self.compile(operand, names))
            case Binary(("&&" | "||") as operator, left, right):
                return _logic(operator == "||", self.compile(left, names), self.compile(right, names))
            case Binary(operator, left, right):
                return functions.operator(operator, self.compile(left, names), self.compile(right, names))
            case Conditional(condition, then, otherwise):
                return self._conditional(expression, self.compile(condition, names), then, otherwise, names)
            case ListLiteral(items):
                return self._list([self.compile(item, names) for item in items])
            case MapLiteral(entries):
                return self._map([(self.compile(k, names), self.compile(v, names)) for k, v in entries])
            case Call():
                return self._call(expression, names)
            case MessageLiteral(name):
                raise CelTypeError(f"messages cannot be made in rules: {name}")
        raise AssertionError(expression)

    def _index(self, operand: Value, index: Value) -> Value:
        if operand.type.name == "list" or (operand.type is DYN and index.type is INT):
            if index.type not in (INT, UINT, DYN):
                raise CelTypeError(f"no such overload: list[{index.type}]")
            return combine(f"cel.item({operand.code}, {index.code})", operand.type.of, operand, index, fails=True)
        if operand.type.name == "map" or operand.type is DYN:
            return combine(f"cel.lookup({operand.code}, {index.code})", operand.type.of, operand, index, fails=True)
        raise CelTypeError(f"no such overload: {operand.type}[{index.type}]")

    @staticmethod
    def _unary(operator: str, operand: Value) -> Value:
        if operator == "!":
            operand = _truth(operand)
            return combine(f"(not {operand.code})", BOOL, operand)
        if operand.type is INT:
            return combine(f"cel.int64(-{operand.code})", INT, operand, fails=True)
        if operand.type is DOUBLE:
            return combine(f"(-{operand.code})", DOUBLE, operand)
        raise CelTypeError(f"no such overload: -{operand.type}")

    def _conditional(
        self, expression: Conditional, condition: Value, then: Expression, otherwise: Expression, names: Names
    ) -> Value:
        condition = _truth(condition)
        if condition.known:
            return self.compile(then if condition.constant else otherwise, names)
        one, other = self.compile(then, names), self.compile(otherwise, names)
        type = one.type if one.type == other.type else DYN
        found = combine(f"({one.code} if {condition.code} else {other.code})", type, condition, one, other)
        return found if found.known else replace(found, choice=(condition, one, other))

    @staticmethod
    def _list(items: list[Value]) -> Value:
        types = {item.type for item in items}
        element = types.pop() if len(types) == 1 else DYN
        if element is DYN:
            items = [tagged(item) for item in items]
        if all(item.known for item in items):
            return constant([item.constant for item in items], list_of(element))
        return combine(f"[{', '.join(item.code for item in items)}]", list_of(element), *items)

    @staticmethod
    def _map(entries: list[tuple[Value, Value]]) -> Value:
        keys, values = {k.type for k, _ in entries}, {v.type for _, v in entries}
        type = Type("map", values.pop() if len(values) == 1 else DYN, keys.pop() if len(keys) == 1 else DYN)
        for key, _ in entries:
            want(key, BOOL, INT, UINT, STRING)
        known = [key.constant for key, _ in entries if key.known]
        if len(set(known)) < len(known):
            # Python's True equals 1, CEL's does not; nobody mixes them in earnest.
            raise CelTypeError("a map has a key twice, or true and 1, or false and 0")
        if type.element is DYN:
            entries = [(key, tagged(value)) for key, value in entries]
        code = ", ".join(f"{k.code}: {v.code}" for k, v in entries)
        return combine(f"{{{code}}}", type, *(value for entry in entries for value in entry))

    # -- calls and macros ------------------------------------------------------------------------

    def _call(self, call: Call, names: Names) -> Value:
        if call.name == "has" and call.target is None:
            match call.arguments:
                case (Select(operand, name),):
                    return self.fields.has(self.compile(operand, names), name)
            raise CelTypeError("has() takes a selection of a field")
        if call.target is not None and call.name in _MACROS and len(call.arguments) >= 2:
            match call.arguments[0]:
                case Identifier(name):
                    return self._macro(call.name, self.compile(call.target, names), name, call.arguments[1:], names)
        arguments = [self.compile(argument, names) for argument in call.arguments]
        match call.target:
            case Identifier("strings") if "strings" not in names and call.name == "quote":
                return functions.call("strings.quote", arguments)
        if call.target is not None:
            arguments.insert(0, self.compile(call.target, names))
        if call.name == "getField" and call.target is None and len(arguments) == 2 and arguments[1].known:
            return self.fields.select(arguments[0], str(arguments[1].constant))
        if call.name == "matches" and [a.type for a in arguments] == [STRING, STRING]:
            return self._matches(*arguments)
        return functions.call(call.name, arguments)

    def _matches(self, text: Value, pattern: Value) -> Value:
        if not pattern.known:
            raise CelTypeError("matches() needs a pattern that is known when the code is generated")
        name = self.pattern(pattern.constant)
        return Value(f"bool({name}({text.code}))", BOOL, free=text.free | {name}, fails=text.fails)

    def _macro(self, macro: str, items: Value, name: str, bodies: tuple[Expression, ...], names: Names) -> Value:
        if items.type.name not in ("list", "map", "dyn"):
            raise CelTypeError(f"{macro}() of a {items.type}")
        element = (items.type.key or DYN) if items.type.name == "map" else items.type.of
        if items.known and len(items.constant) <= UNROLLED:
            each = [{**names, name: constant(value, element)} for value in items.constant]
            return self._unrolled(macro, items, [[self.compile(body, n) for body in bodies] for n in each])
        if items.type is DYN:
            items = combine(f"cel.elements({items.code})", list_of(DYN), items, fails=True)
        self._loops += 1
        local = f"e{self._loops}"
        inner = {**names, name: Value(local, element, free=frozenset((local,)))}
        return self._loop(macro, items, local, [self.compile(body, inner) for body in bodies])

    @staticmethod
    def _unrolled(macro: str, items: Value, each: list[list[Value]]) -> Value:
        if macro == "map":
            return _unrolled_map(each)
        tests = [bodies[0] for bodies in each]
        tests = [_truth(test) for test in tests]
        if macro == "filter":
            parts = [f"*([{literal(v)}] if {t.code} else [])" for v, t in zip(items.constant, tests, strict=True)]
            return combine(f"[{', '.join(parts)}]", _filtered(items.type), *tests)
        if macro == "exists_one":
            return combine(f"(cel.chosen({', '.join(test.code for test in tests)}) == 1)", BOOL, *tests)
        found = truth(macro == "all")
        for test in tests:
            found = _logic(macro == "exists", found, test)
        return found

    @staticmethod
    def _loop(macro: str, items: Value, local: str, bodies: list[Value]) -> Value:
        body = bodies[-1]
        fails = items.fails or any(value.fails for value in bodies)
        free = items.free.union(*(value.free for value in bodies)) - {local}

        def made(code: str, type: Type) -> Value:
            return fold(Value(code, type, free=free, fails=fails))

        loop = f"for {local} in {items.code}"
        if macro == "map":
            test = f" if {bodies[0].code}" if len(bodies) == 2 else ""
            return made(f"[{body.code} {loop}{test}]", list_of(body.type))
        body = _truth(body)
        fails = fails or body.fails
        if macro == "filter":
            return made(f"[{local} {loop} if {body.code}]", _filtered(items.type))
        if macro == "exists_one":
            return made(f"(cel.chosen(*[{body.code} {loop}]) == 1)", BOOL)
        if body.fails:
            name = "every" if macro == "all" else "some"
            return made(f"cel.{name}({items.code}, lambda {local}: {body.code})", BOOL)
        return made(f"{'all' if macro == 'all' else 'any'}({body.code} {loop})", BOOL)


def _filtered(type: Type) -> Type:
    """What ``filter`` gives: of a map, a list of keys."""
    return list_of(type.key or DYN) if type.name == "map" else type


def _truth(value: Value) -> Value:
    """A condition; one of a type that is known at run time only is judged then."""
    want(value, BOOL)
    return value if value.type is BOOL else combine(f"cel.truth({value.code})", BOOL, value, fails=True)


def want(value: Value, *types: Type) -> None:
    """Refuse a value of another type."""
    if value.type not in types and value.type is not DYN:
        raise CelTypeError(f"no such overload: expected {types[0]}, got {value.type}")


def _logic(decisive: bool, left: Value, right: Value) -> Value:
    """``left || right`` where true is decisive, ``left && right`` where false is."""
    left, right = _truth(left), _truth(right)
    for one, other in ((left, right), (right, left)):
        if one.known:
            # An error on the other side does not matter where this one decides.
            return one if one.constant is decisive else other
    if left.fails:
        name = "either" if decisive else "both"
        return combine(f"cel.{name}(lambda: {left.code}, lambda: {right.code})", BOOL, left, right)
    return combine(f"({left.code} {'or' if decisive else 'and'} {right.code})", BOOL, left, right)


def _unrolled_map(each: list[list[Value]]) -> Value:
    """``map`` over a constant list, by its bodies for each element: the value, after a test if there is one."""
    types = {bodies[-1].type for bodies in each}
    element = types.pop() if len(types) == 1 else DYN
    parts = []
    for *tests, value in each:
        if not tests or (tests[0].known and tests[0].constant):
            parts.append(value.code)
        elif not tests[0].known:
            parts.append(f"*([{value.code}] if {tests[0].code} else [])")
    return combine(f"[{', '.join(parts)}]", list_of(element), *(value for bodies in each for value in bodies))
