"""What type checkers refuse: each function is one mistake."""

from __future__ import annotations

from typing import assert_never

from typed import orders
from typed.extended import Job, Owner, priority, tags
from typed.orders import Money, Order


def missing_member(order: Order) -> str:
    match order.payment:
        case Order.Card(card):
            return card
        case None:
            return ""
        case _ as never:
            assert_never(never)


def missing_none(order: Order) -> str:
    match order.payment:
        case Order.Card(card):
            return card
        case Order.Cash(money):
            return str(money.units)
        case _ as never:
            assert_never(never)


def wrong_payload() -> Order.Payment:
    return Order.Card(3)


def payload_of_another_member() -> Order.Payment:
    return Order.Cash("x")


def member_of_another_oneof() -> Order:
    return Order(payment=Order.Only(3))


def bare_value() -> Order:
    return Order(payment="4111")


def wrong_field_type() -> Order:
    return Order(id=1)


def none_without_presence() -> Order:
    return Order(id=None)


def unknown_field() -> Order:
    return Order(nope=1)


def positional() -> Order:
    return Order("x")


def unknown_attribute(order: Order) -> None:
    order.nope = 1


def presence_not_checked(order: Order) -> str:
    return order.note.upper()


def flat_view_is_read_only(order: Order) -> None:
    order.card = "x"


def wrong_element(order: Order) -> None:
    order.items.append("x")


def wrong_key(order: Order) -> None:
    order.by_name[1] = Money()


def number_for_enum(order: Order) -> None:
    order.state = 1


def enum_not_exhaustive(state: Order.State) -> int:
    match state:
        case Order.State.STATE_OPEN:
            return 1


def merging_another_message(order: Order) -> None:
    order.merge_from(Money())


def extension_of_another_message(order: Order) -> None:
    priority.get(order)


def wrong_extension_value(job: Job) -> None:
    tags.set(job, [Owner()])


def deprecated_message() -> None:
    orders.Retired()
