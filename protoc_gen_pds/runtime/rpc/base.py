"""The base class of generated service classes."""

from __future__ import annotations

import abc
from typing import Any

from .errors import Unimplemented
from .method import Method, ServiceBinding


class ServiceBase(abc.ABC):
    """A service without a transport: a server, HTTP or a test calls its methods."""

    @abc.abstractmethod
    def binding(self) -> ServiceBinding:
        """The methods of the service with what serves them; written by the generator."""


def unimplemented(method: Method[Any, Any]) -> Unimplemented:
    """The error that a method of a base class raises."""
    return Unimplemented(f"{method.full_name} is not implemented")
