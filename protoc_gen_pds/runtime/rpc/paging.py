"""Iterators over the items of paged lists: numbered pages, and page tokens (google.aip.dev/158)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

NO_PAGE = -1
"""What a response with numbered pages gives as the next page of the last one."""


class PagingError(RuntimeError):
    """A server whose next page is not a new one: following it would never end."""


@dataclass(frozen=True, slots=True)
class NumberedPages:
    """Where a list with numbered pages has what; names are attributes.

    Attributes:
        request: the request's field with ``page_number`` and ``page_size``.
        make: makes the value of that field.
        response: the response's field with ``next_page``.
        items: the response's list.
    """

    request: str
    make: Callable[[], Any]
    response: str
    items: str

    def first(self, request: Any) -> Any:
        """A copy of the request, for the first page where it names none."""
        copy = request.copy()
        if getattr(copy, self.request) is None:
            setattr(copy, self.request, self.make())
        page = getattr(copy, self.request)
        page.page_number = page.page_number or 1
        return copy

    def advance(self, request: Any, response: Any) -> bool:
        """Turn the request to the page after the response; whether there is one."""
        place, page = getattr(response, self.response), getattr(request, self.request)
        if place is None or place.next_page == NO_PAGE:
            return False
        if place.next_page <= page.page_number:
            raise PagingError(
                f"page {page.page_number} is followed by page {place.next_page}"
            )
        page.page_number = place.next_page
        return True


@dataclass(frozen=True, slots=True)
class TokenPages:
    """Where a list with page tokens has its items; ``page_token`` and ``next_page_token`` are the AIP's.

    Attributes:
        items: the response's list.
    """

    items: str

    def first(self, request: Any) -> Any:
        """A copy of the request."""
        return request.copy()

    def advance(self, request: Any, response: Any) -> bool:
        """Turn the request to the page after the response; whether there is one."""
        token = response.next_page_token
        if not token:
            return False
        if token == request.page_token:
            raise PagingError(f"the page with token {token!r} is followed by itself")
        request.page_token = token
        return True


async def iterate(
    call: Callable[..., Awaitable[Any]],
    pages: NumberedPages | TokenPages,
    request: Any,
    options: Any,
) -> AsyncIterator[Any]:
    """All items from the request's page on; the next page is asked for when it is needed.

    Args:
        call: sends one request.
        pages: the form of the list.
        request: what to list; it is not changed.
        options: keywords of every call.

    Raises:
        PagingError: the server's next page is not a new one.
        RpcError: a call failed.
    """
    current = pages.first(request)
    while True:
        response = await call(current, **options)
        for item in getattr(response, pages.items):
            yield item
        if not pages.advance(current, response):
            return


def iterate_sync(
    call: Callable[..., Any],
    pages: NumberedPages | TokenPages,
    request: Any,
    options: Any,
) -> Iterator[Any]:
    """The same as :func:`iterate` for sync clients."""
    current = pages.first(request)
    while True:
        response = call(current, **options)
        yield from getattr(response, pages.items)
        if not pages.advance(current, response):
            return
