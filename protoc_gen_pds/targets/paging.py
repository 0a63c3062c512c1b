"""Which methods are paged lists, by the shape of their messages."""

from __future__ import annotations

from typing import NamedTuple

from protoc_gen_pds.schema import Field, Kind, Message, Method

_NUMBERS = frozenset({Kind.INT32, Kind.INT64, Kind.UINT32, Kind.UINT64})


class PagedList(NamedTuple):
    """A method that lists in pages.

    Attributes:
        items: the response's repeated field.
        request: the request's field with the page's number; None where the list has page tokens.
        response: the response's field with the number of the next page; None likewise.
    """

    items: Field
    request: Field | None = None
    response: Field | None = None


def paged_list(method: Method) -> PagedList | None:
    """How a method lists in pages, or None where it does not.

    Two shapes are known: page tokens (google.aip.dev/158), and numbered pages in a message of the
    request with ``page_number`` and ``page_size`` and one of the response with ``next_page``.
    """
    if method.client_streaming or method.server_streaming:
        return None
    repeated = [field for field in method.output.fields if field.repeated and not field.is_map]
    if len(repeated) != 1:
        return None
    items = repeated[0]
    token, following = _field(method.input, "page_token"), _field(method.output, "next_page_token")
    if token and following and token.kind is following.kind is Kind.STRING:
        return PagedList(items)
    request = _holder(method.input, "page_number", "page_size")
    response = _holder(method.output, "next_page")
    return PagedList(items, request, response) if request and response else None


def _field(message: Message, name: str) -> Field | None:
    return next((field for field in message.fields if field.name == name and not field.repeated), None)


def _holder(message: Message, *names: str) -> Field | None:
    """The one field of a message type that has all of these numbers."""
    found = [
        field
        for field in message.fields
        if field.message is not None
        and not field.repeated
        and field.oneof is None
        and _has_numbers(field.message, names)
    ]
    return found[0] if len(found) == 1 else None


def _has_numbers(message: Message, names: tuple[str, ...]) -> bool:
    fields = [_field(message, name) for name in names]
    return all(field is not None and field.kind in _NUMBERS for field in fields)
