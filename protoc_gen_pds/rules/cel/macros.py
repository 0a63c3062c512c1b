"""CEL's macros over lists and maps, from their compiled parts; and the logic that they share with operators."""

from __future__ import annotations

from protoc_gen_pds.rules.cel.types import BOOL, DYN, Type, list_of
from protoc_gen_pds.rules.cel.values import CelTypeError, Value, alike, combine, fold, given, literal, truth


def unrolled(macro: str, items: Value, each: list[list[Value]]) -> Value:
    """A macro over a constant list, from its bodies for each element: conditions in a row."""
    if macro == "map":
        return _unrolled_map(each)
    tests = [bodies[0] for bodies in each]
    tests = [condition(test) for test in tests]
    if macro == "filter":
        parts = [f"*([{literal(v)}] if {t.code} else [])" for v, t in zip(items.constant, tests, strict=True)]
        return combine(f"[{', '.join(parts)}]", _filtered(items.type), *tests)
    if macro == "exists_one":
        return combine(f"(cel.chosen({', '.join(test.code for test in tests)}) == 1)", BOOL, *tests)
    return chain(macro == "exists", tests)


def loop(macro: str, items: Value, local: str, bodies: list[Value]) -> Value:
    """A macro whose bodies use the variable ``local``: a comprehension."""
    body = bodies[-1]
    fails = items.fails or any(value.fails for value in bodies)
    used = frozenset().union(*(value.free for value in bodies))
    free = items.free | used - {local}
    if local not in used and macro != "filter":
        local = "_"
    count = len(items.constant) if items.known else 1
    work = items.work + count * sum(value.work for value in bodies)

    def made(code: str, type: Type) -> Value:
        return fold(Value(code, type, free=free, fails=fails, work=work))

    head = f"for {local} in {items.code}"
    if macro == "map":
        test = f" if {bodies[0].code}" if len(bodies) == 2 else ""
        return made(f"[{body.code} {head}{test}]", list_of(body.type))
    body = condition(body)
    fails = fails or body.fails
    if macro == "filter":
        return made(f"[{local} {head} if {body.code}]", _filtered(items.type))
    if macro == "exists_one":
        return made(f"(cel.chosen(*[{body.code} {head}]) == 1)", BOOL)
    if body.fails:
        name = "every" if macro == "all" else "some"
        return made(f"cel.{name}({items.code}, lambda {local}: {body.code})", BOOL)
    return made(f"{'all' if macro == 'all' else 'any'}({body.code} {head})", BOOL)


def _filtered(type: Type) -> Type:
    """What ``filter`` gives: of a map, a list of keys."""
    return list_of(type.key or DYN) if type.name == "map" else type


def condition(value: Value) -> Value:
    """A condition; one of a type that is known at run time only is judged then."""
    value = given(value)
    want(value, BOOL)
    return value if value.type is BOOL else combine(f"cel.truth({value.code})", BOOL, value, fails=True)


def want(value: Value, *types: Type) -> None:
    """Refuse a value of another type."""
    if value.type not in types and value.type is not DYN:
        raise CelTypeError(f"no such overload: expected {types[0]}, got {value.type}")


def logic(decisive: bool, left: Value, right: Value) -> Value:
    """``left || right`` where true is decisive, ``left && right`` where false is."""
    left, right = condition(left), condition(right)
    for one, other in ((left, right), (right, left)):
        if one.known:
            # An error on the other side does not matter where this one decides.
            return one if one.constant is decisive else other
    if left.fails:
        name = "either" if decisive else "both"
        return combine(f"cel.{name}(lambda: {left.code}, lambda: {right.code})", BOOL, left, right)
    return combine(f"({left.code} {'or' if decisive else 'and'} {right.code})", BOOL, left, right)


def chain(decisive: bool, values: list[Value]) -> Value:
    """Conditions in a row, as :func:`logic` joins two: nested by halves, for Python nests no more than 200 deep."""
    if len(values) < 2:
        return condition(values[0]) if values else truth(not decisive)
    middle = (len(values) + 1) // 2
    return logic(decisive, chain(decisive, values[:middle]), chain(decisive, values[middle:]))


def _unrolled_map(each: list[list[Value]]) -> Value:
    """``map`` over a constant list, by its bodies for each element: the value, after a test if there is one."""
    element, values = alike([bodies[-1] for bodies in each])
    parts = []
    for (*tests, _), value in zip(each, values, strict=True):
        if not tests or (tests[0].known and tests[0].constant):
            parts.append(value.code)
        elif not tests[0].known:
            parts.append(f"*([{value.code}] if {tests[0].code} else [])")
    return combine(f"[{', '.join(parts)}]", list_of(element), *(value for bodies in each for value in bodies))
