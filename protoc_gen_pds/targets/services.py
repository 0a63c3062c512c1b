"""What server.py, client.py and methods.py know alike about services: names, types and documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from protoc_gen_pds.python import layout
from protoc_gen_pds.python.names import Names, snake_case, unique
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import RUNTIME, Types
from protoc_gen_pds.schema import File, Message, Method, Service
from protoc_gen_pds.targets.base import Context, is_well_known

EMPTY = "google.protobuf.Empty"


def files_with_services(context: Context) -> Iterator[File]:
    """The files to generate that have services."""
    for file in context.schema.to_generate:
        if file.services and not is_well_known(file):
            yield file


def subject(file: File) -> str:
    """How the docstring of a module names what its services belong to."""
    return f"package {file.package}" if file.package else file.name.rpartition("/")[2]


@dataclass(frozen=True)
class Module:
    """One module about services while its view is being made."""

    context: Context
    file: File
    scope: Scope

    @classmethod
    def of(cls, context: Context, file: File, own: Iterable[str]) -> Module:
        """A module that gives the names ``own`` to things, besides the methods of its classes."""
        names = context.names
        methods = {names.method(method) for service in file.services for method in service.methods}
        return cls(context, file, Scope(names.package_of(file), {*own, *methods}))

    @property
    def names(self) -> Names:
        """Python names."""
        return self.context.names

    @cached_property
    def types(self) -> Types:
        """Spelling of message types in this module."""
        return Types(self.names, self.scope)

    def runtime(self, module: str, name: str) -> str:
        """The local name of something of the runtime's ``rpc`` package."""
        return self.scope.name(self.scope.relative((*RUNTIME, "rpc"), module), name)

    def sibling(self, module: str, name: str) -> str:
        """The local name of something of a module in the same package."""
        return self.scope.name(self.scope.relative(self.names.package_of(self.file), module), name)

    def constant(self, method: Method) -> str:
        """Reference to the constant of a method."""
        return f"{self.sibling('methods', methods_class(self.names, method.service))}.{constant(self.names, method)}"

    def message(self, message: Message) -> str:
        """Reference to the class of a request or response."""
        return self.types.reference(message)


def methods_class(names: Names, service: Service) -> str:
    """Name of the class that holds the constants of a service's methods."""
    return f"{names.service_class(service)}Methods"


def constant(names: Names, method: Method) -> str:
    """Name of a method's constant."""
    return names.method(method).upper()


def base_class(names: Names, service: Service, *, synchronous: bool = False) -> str:
    """Name of the class that servers derive from."""
    return _class_name(names, service, "Base", synchronous=synchronous)


def client_class(names: Names, service: Service, *, synchronous: bool = False) -> str:
    """Name of a client's class."""
    return _class_name(names, service, "Client", synchronous=synchronous)


def _class_name(names: Names, service: Service, what: str, *, synchronous: bool) -> str:
    """``ShopBase`` or ``ShopSyncBase``; the second gives way to the async class of a service ``ShopSync``."""
    own = names.service_class(service)
    if not synchronous:
        return f"{own}{what}"
    taken = {f"{names.service_class(sibling)}{what}" for sibling in service.file.services}
    return unique(f"{own}Sync{what}", taken)


def add_functions(file: File, *, synchronous: bool = False) -> dict[str, str]:
    """Names of the registration functions by full name of the service."""
    taken: set[str] = set()
    found = {service.full_name: unique(f"add_{snake_case(service.name)}", taken) for service in file.services}
    if not synchronous:
        return found
    return {name: unique(f"{adder}_sync", taken) for name, adder in found.items()}


def takes_request(method: Method) -> bool:
    """Whether there is a parameter for the request: one Empty request is left out."""
    return method.client_streaming or method.input.full_name != EMPTY


def returns_response(method: Method) -> bool:
    """Whether a message is returned: for one Empty response it is None."""
    return method.server_streaming or method.output.full_name != EMPTY


def kind(method: Method) -> str:
    """gRPC's name for which sides stream: ``unary_stream``."""
    names = ("unary", "stream")
    return f"{names[method.client_streaming]}_{names[method.server_streaming]}"


def docstring(element: Service | Method, indent: int, *, more: str = "") -> str:
    """The docstring of a class or method: the comment, the deprecation, and what is always said."""
    text = layout.comment_text(element.comments.leading or element.comments.trailing)
    parts = [
        text or f"{'Service' if isinstance(element, Service) else 'Method'} {element.full_name}.",
        "Deprecated." if element.deprecated and "deprecated" not in text.lower() else "",
        more,
    ]
    return layout.docstring("\n\n".join(part for part in parts if part), indent=indent)
