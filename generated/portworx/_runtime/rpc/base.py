"""The base classes of generated service classes."""

from __future__ import annotations

import abc
from typing import Any, Generic, TypeVar

from .errors import Unimplemented
from .method import Method, ServiceBinding, SyncServiceBinding

C_co = TypeVar("C_co", covariant=True)


class ServiceBase(abc.ABC, Generic[C_co]):
    """A service without a transport: a server, HTTP or a test calls its methods.

    The type parameter is the service's async client, for ``async with running(impl) as client``.
    """

    @abc.abstractmethod
    def binding(self) -> ServiceBinding:
        """The methods of the service with what serves them; written by the generator."""


class SyncServiceBase(abc.ABC, Generic[C_co]):
    """A service of plain methods, for threads; no :class:`ServiceBase`, so that no event loop is given one.

    The type parameter is the service's sync client, for ``with running_sync(impl) as client``.
    """

    @abc.abstractmethod
    def binding(self) -> SyncServiceBinding:
        """The methods of the service with what serves them; written by the generator."""


def unimplemented(method: Method[Any, Any]) -> Unimplemented:
    """The error that a method of a base class raises."""
    return Unimplemented(f"{method.full_name} is not implemented")
