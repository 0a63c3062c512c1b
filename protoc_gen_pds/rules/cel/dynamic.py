"""Calls whose arguments have types that are known at run time only."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from protoc_gen_pds.rules.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, UINT, Type
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, fold, literal, tagged

TYPE_NAMES = {
    "bool": "bool",
    "bytes": "bytes",
    "double": "double",
    "duration": "google.protobuf.Duration",
    "int": "int",
    "list": "list",
    "map": "map",
    "null": "null_type",
    "string": "string",
    "timestamp": "google.protobuf.Timestamp",
    "type": "type",
    "uint": "uint",
}
"""What ``type()`` says of each type."""
_DISPATCHED = (BOOL, BYTES, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT, Type("list", DYN), Type("map", DYN, DYN))
"""Types that an argument of type dyn may turn out to have."""
_PARAMETERS = ("x", "y", "z", "n")


def dispatched(name: str, arguments: list[Value], made: Callable[[list[Value]], Value]) -> Value:
    """A call some of whose arguments have types that are known at run time only: that of the overload that fits."""
    if len(arguments) > len(_PARAMETERS):
        raise no_overload(name, *arguments)
    overloads, results = [], set()
    free = frozenset().union(*(argument.free for argument in arguments))
    parameters = _PARAMETERS[: len(arguments)]
    for types in itertools.product(*(_DISPATCHED if a.type is DYN else (a.type,) for a in arguments)):
        try:
            # Free names keep them from being folded.
            found = made([Value(p, type, free=frozenset((p,))) for p, type in zip(parameters, types, strict=True)])
        except CelTypeError:
            continue
        key = ", ".join(literal(TYPE_NAMES[type.name]) for type in types)
        body = tagged(found).code
        overloads.append(f"({key}{',' if len(types) == 1 else ''}): lambda {', '.join(parameters)}: {body}")
        results.add(found.type)
        free |= found.free - set(parameters)
    if not overloads:
        raise no_overload(name, *arguments)
    result = results.pop() if len(results) == 1 else DYN
    values = ", ".join(tagged(argument).code for argument in arguments)
    code = f"cel.dispatch({literal(name)}, {{{', '.join(overloads)}}}, {values})"
    return fold(Value(code, result, free=free, fails=True, work=sum(argument.work for argument in arguments)))


def is_dynamic(*values: Value) -> bool:
    """Whether the type of one of the values is known at run time only."""
    return any(value.type is DYN for value in values)


def no_overload(name: str, *values: Value) -> CelTypeError:
    """The error of a call that nothing suits."""
    return CelTypeError(f"no such overload: {name}({', '.join(str(value.type) for value in values)})")
