"""What type checkers accept, and the types that they find."""

from __future__ import annotations

import dataclasses
from typing import assert_never, assert_type

from typed._runtime.wkt import JsonValue, NullValue, Timestamp
from typed.extended import Job, Owner, owner, priority, tags
from typed.orders import Money, Order


def narrowed(order: Order) -> str:
    match order.payment:
        case Order.Card(card):
            assert_type(card, str)
            return card
        case Order.Cash(money):
            assert_type(money, Money)
            return str(money.units)
        case None:
            return ""
        case _ as never:
            assert_never(never)


def by_isinstance(order: Order) -> Money | None:
    if isinstance(order.payment, Order.Cash):
        return order.payment.value
    if order.payment is None:
        return None
    assert_type(order.payment, Order.Card)
    return None


def by_field(order: Order) -> str:
    payment = order.payment
    if payment is not None and payment.field == "card":
        return payment.value
    return ""


def by_union(payment: Order.Payment) -> Order:
    return Order(payment=payment)


def exhaustive(state: Order.State) -> int:
    match state:
        case Order.State.STATE_UNSPECIFIED:
            return 0
        case Order.State.STATE_OPEN:
            return 1


def flat(order: Order) -> None:
    assert_type(order.card, str | None)
    assert_type(order.cash, Money | None)
    assert_type(order.only, int | None)
    if order.single is not None:
        assert_type(order.single, Order.Only)
        assert_type(order.single.value, int)


def fields(order: Order) -> None:
    assert_type(order.id, str)
    assert_type(order.note, str | None)
    assert_type(order.items, list[Money])
    assert_type(order.by_name, dict[str, Money])
    assert_type(order.state, Order.State)
    assert_type(order.maybe_state, Order.State | None)
    assert_type(order.at, Timestamp | None)
    assert_type(order.count, int | None)
    assert_type(order.extra, dict[str, JsonValue] | None)
    order.anything = NullValue.NULL_VALUE
    order.anything = {"a": [1, None, "x"]}
    order.payment = Order.Cash(Money(units=1))
    order.payment = None


def methods(order: Order) -> None:
    assert_type(Order.from_bytes(b""), Order)
    assert_type(Order.from_json("{}"), Order)
    assert_type(order.copy(), Order)
    assert_type(order.to_bytes(), bytes)
    assert_type(dataclasses.replace(order, id="x"), Order)
    order.merge_from(Order())


def extensions(job: Job) -> None:
    assert_type(priority.get(job), int | None)
    assert_type(tags.get(job), list[str])
    assert_type(owner.get(job), Owner | None)
    assert_type(job.retries_or_default, int)
    tags.set(job, ["a"])
