"""CEL to Python: typed, constants folded, CEL's error semantics kept (cel-spec, langdef.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from protoc_gen_pds.rules.cel import functions, macros, operators
from protoc_gen_pds.rules.cel.dynamic import dispatched, no_overload
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
    calls,
    operands,
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
from protoc_gen_pds.rules.cel.values import (
    CelTypeError,
    Value,
    alike,
    combine,
    constant,
    given,
    variable,
)
from protoc_gen_pds.schema import Message

UNROLLED = 8
"""Macros over constant lists up to this length become conditions in a row."""
UNROLLED_NESTED = 64
"""So many conditions at most, where such macros are nested."""
UNROLLED_PATTERNS = 200
"""The same for lists of patterns, which have to be known one by one."""

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


class _UnknownPatternError(CelTypeError):
    """A pattern is no constant."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the identifiers of an expression stand for.

    Attributes:
        declared: names that the rule has, such as ``this``.
        local: variables of the macros around.
        copies: how many times the expression is written out, where macros around are unrolled.
    """

    declared: Mapping[str, Value]
    local: Mapping[str, Value] = field(default_factory=dict)
    copies: int = 1

    def with_local(self, name: str, value: Value) -> Names:
        """These names and one more variable."""
        return replace(self, local={**self.local, name: value})


@dataclass
class Compiler:
    """Compiles expressions for one module.

    Attributes:
        fields: selects fields of its messages, and finds what expressions name.
        pattern: gives the name under which a compiled pattern is found in the module.
        container: the package in which names of expressions are looked up first.
    """

    fields: Fields
    pattern: Callable[[str], str]
    container: str = ""
    _loops: int = field(default=0, init=False)

    def compile(self, expression: Expression, names: Mapping[str, Value]) -> Value:
        """Compile one expression.

        Raises:
            CelTypeError: it is not well-typed, or uses what rules cannot use.
        """
        return self._value(expression, Names(names))

    def _value(self, expression: Expression, names: Names) -> Value:
        match expression:
            case Literal(value, type):
                return constant(value, _LITERALS[type])
            case Identifier(name):
                found = self._named(expression, names)
                if found is None:
                    raise CelTypeError(f"undeclared name {name}{self.fields.declared.hint(name)}")
                return found
            case Select(operand, name):
                found = self._named(expression, names)
                return found or self.fields.select(self._value(operand, names), name)
            case Index(operand, index):
                return self._index(self._value(operand, names), self._value(index, names))
            case Unary(operator, operand):
                return self._unary(operator, self._value(operand, names))
            case Binary(("&&" | "||") as operator):
                values = [self._value(operand, names) for operand in operands(expression)]
                return macros.chain(operator == "||", values)
            case Binary(operator, left, right):
                return operators.operator(operator, self._value(left, names), self._value(right, names))
            case Conditional(condition, then, otherwise):
                return self._conditional(expression, self._value(condition, names), then, otherwise, names)
            case ListLiteral(items):
                return self._list([self._value(item, names) for item in items])
            case MapLiteral(entries):
                return self._map([(self._value(k, names), self._value(v, names)) for k, v in entries])
            case Call():
                return self._call(expression, names)
            case MessageLiteral(name, parts):
                given_fields = {part: self._value(value, names) for part, value in parts}
                if len(given_fields) < len(parts):
                    raise CelTypeError(f"{name} has a field twice")
                return self.fields.literal(self._message(name), given_fields)
        raise AssertionError(expression)

    # -- names -----------------------------------------------------------------------------------

    def _candidates(self, name: str) -> Iterator[str]:
        """The full names that a name may stand for, the innermost container first."""
        if not name.startswith("."):
            container = self.container
            while container:
                yield f"{container}.{name}"
                container = container.rpartition(".")[0]
        yield name.removeprefix(".")

    def _named(self, expression: Identifier | Select, names: Names) -> Value | None:
        """What a name with or without dots stands for as a whole, or None."""
        path = _path(expression)
        if path is None:
            return None
        if path in names.local:
            return names.local[path]
        if path.partition(".")[0] in names.local:
            return None
        for name in self._candidates(path):
            found = names.declared.get(name) or self.fields.declared.value(name)
            if found is not None:
                return found
        return None

    def _message(self, name: str) -> str | Message:
        for candidate in self._candidates(name):
            found = self.fields.declared.message(candidate)
            if found is not None:
                return found
        raise CelTypeError(f"there is no message {name.removeprefix('.')}{self.fields.declared.hint(name)}")

    @staticmethod
    def _index(operand: Value, index: Value) -> Value:
        index = given(index)
        if operand.type is DYN:
            macros.want(index, BOOL, INT, UINT, DOUBLE, STRING)
            return combine(f"cel.member({operand.code}, {index.code})", DYN, operand, index, fails=True)
        if operand.type.name == "list":
            if index.type not in (INT, UINT, DYN):
                raise CelTypeError(f"no such overload: list[{index.type}]")
            return combine(f"cel.item({operand.code}, {index.code})", operand.type.of, operand, index, fails=True)
        if operand.type.name == "map":
            macros.want(index, BOOL, INT, UINT, DOUBLE, STRING)
            return combine(f"cel.lookup({operand.code}, {index.code})", operand.type.of, operand, index, fails=True)
        raise CelTypeError(f"no such overload: {operand.type}[{index.type}]")

    @staticmethod
    def _unary(operator: str, operand: Value) -> Value:
        if operator == "!":
            operand = macros.condition(operand)
            return combine(f"(not {operand.code})", BOOL, operand)
        return operators.negated(operand)

    def _conditional(
        self, expression: Conditional, condition: Value, then: Expression, otherwise: Expression, names: Names
    ) -> Value:
        condition = macros.condition(condition)
        if condition.known:
            return self._value(then if condition.constant else otherwise, names)
        type, (one, other) = alike([self._value(then, names), self._value(otherwise, names)])
        found = combine(f"({one.code} if {condition.code} else {other.code})", type, condition, one, other)
        if found.known:
            return found
        return replace(found, choice=(condition, one, other))

    @staticmethod
    def _list(items: list[Value]) -> Value:
        element, items = alike(items)
        type = list_of(element) if items else Type("list")
        if all(item.known for item in items):
            return constant([item.constant for item in items], type)
        return combine(f"[{', '.join(item.code for item in items)}]", type, *items)

    @staticmethod
    def _map(entries: list[tuple[Value, Value]]) -> Value:
        if not entries:
            return constant({}, Type("map"))
        key_type, keys = alike([given(key) for key, _ in entries])
        element, values = alike([value for _, value in entries])
        for key in keys:
            macros.want(key, BOOL, INT, UINT, STRING)
        known = [(isinstance(key.constant, bool), key.constant) for key in keys if key.known]
        if len(set(known)) < len(known):
            raise CelTypeError("a map has a key twice")
        type, parts = Type("map", element, key_type), zip(keys, values, strict=True)
        if key_type is DYN or (len(known) < len(keys) > 1):
            code = ", ".join(f"({key.code}, {value.code})" for key, value in parts)
            return combine(f"cel.map_of({code})", type, *keys, *values, fails=True)
        code = ", ".join(f"{key.code}: {value.code}" for key, value in parts)
        return combine(f"{{{code}}}", type, *keys, *values)

    # -- calls and macros ------------------------------------------------------------------------

    def _call(self, call: Call, names: Names) -> Value:
        if call.name == "has" and call.target is None:
            match call.arguments:
                case (Select(operand, name),):
                    return self.fields.has(self._value(operand, names), name)
            raise CelTypeError("has() takes a selection of a field")
        if call.target is not None and call.name in _MACROS and len(call.arguments) >= 2:
            match call.arguments[0]:
                case Identifier(name):
                    return self._macro(call.name, self._value(call.target, names), name, call.arguments[1:], names)
        if call.name == "getField" and call.target is None and len(call.arguments) == 2:
            # An extension of protovalidate, for the rules that validate.proto itself declares.
            message, key = (self._value(argument, names) for argument in call.arguments)
            if key.known:
                return self.fields.select(message, str(key.constant))
        name, operands = call.name, call.arguments
        if call.target is not None:
            path = _path(call.target)
            if path is not None and path.partition(".")[0] not in (*names.local, *names.declared):
                # A function whose name has several parts, as those of CEL's extensions have.
                name = f"{path}.{name}"
            else:
                operands = (call.target, *operands)
        functions.check_name(name, method=len(operands) > len(call.arguments))
        arguments = [self._value(operand, names) for operand in operands]
        if name == "matches" and len(arguments) == 2:
            return self._matches(*arguments)
        return functions.call(name, arguments)

    def _matches(self, text: Value, pattern: Value) -> Value:
        text, pattern = given(text), given(pattern)
        macros.want(text, STRING)
        macros.want(pattern, STRING)
        if pattern.choice is not None:
            condition, then, otherwise = pattern.choice
            one, other = self._matches(text, then), self._matches(text, otherwise)
            return combine(f"({one.code} if {condition.code} else {other.code})", BOOL, condition, one, other)
        if pattern.known and not isinstance(pattern.constant, str):
            raise no_overload("matches", text, pattern)
        if not pattern.known:
            raise _UnknownPatternError(
                "matches() needs a pattern that is known when the code is generated, so that it cannot take exponential"
                " time; compare with startsWith(), contains() or the patterns that are possible"
            )
        name = self.pattern(pattern.constant)
        if text.type is DYN:
            return dispatched("matches", [text], lambda values: self._matches(values[0], pattern))
        return Value(f"bool({name}({text.code}))", BOOL, free=text.free | {name}, fails=text.fails)

    def _macro(self, macro: str, items: Value, name: str, bodies: tuple[Expression, ...], names: Names) -> Value:
        if items.type.name not in ("list", "map", "dyn"):
            raise CelTypeError(f"{macro}() of a {items.type}")
        element = (items.type.key or DYN) if items.type.name == "map" else items.type.of
        if items.known and self._unrolls(items, name, bodies, names):
            copies = names.copies * len(items.constant)
            each = [replace(names.with_local(name, constant(v, element)), copies=copies) for v in items.constant]
            return macros.unrolled(macro, items, [[self._value(body, n) for body in bodies] for n in each])
        if items.type is DYN:
            items = combine(f"cel.elements({items.code})", list_of(DYN), items, fails=True)
        self._loops += 1
        local = f"e{self._loops}"
        inner = names.with_local(name, Value(local, element, free=frozenset((local,))))
        return macros.loop(macro, items, local, [self._value(body, inner) for body in bodies])

    def _unrolls(self, items: Value, name: str, bodies: tuple[Expression, ...], names: Names) -> bool:
        """Whether the bodies of a macro over a constant list are written out for each element."""
        length = len(items.constant)
        if length <= UNROLLED and names.copies * length <= UNROLLED_NESTED:
            return True
        if names.copies * length > UNROLLED_PATTERNS or not any(calls(body, "matches") for body in bodies):
            return False
        return self._has_patterns(items, name, bodies, names)

    def _has_patterns(self, items: Value, name: str, bodies: tuple[Expression, ...], names: Names) -> bool:
        """Whether the elements of a constant list are patterns, each of which becomes a constant of the module."""
        inner = names.with_local(name, variable(name, items.type.of))
        try:
            for body in bodies:
                self._value(body, inner)
        except _UnknownPatternError:
            return True
        except CelTypeError:
            pass
        return False


def _path(expression: Expression) -> str | None:
    """A name with dots, if an expression is nothing else; one that is rooted begins with a dot."""
    match expression:
        case Identifier(name, _, rooted):
            return f".{name}" if rooted else name
        case Select(operand, name):
            path = _path(operand)
            return None if path is None else f"{path}.{name}"
    return None
