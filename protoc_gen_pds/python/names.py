"""What protobuf elements are called in Python.

Escaping is injective: two names that differ in a .proto differ in Python. The rules, in docs/names.md:

* a name whose stem (without trailing underscores) is reserved gets one more underscore:
  ``class`` -> ``class_``, ``class_`` -> ``class__``;
* a name that starts with an underscore, which Python treats as private or mangles, gets the prefix
  ``field_`` (``value_`` in enums, ``type_`` for types): ``_id`` -> ``field__id``, and
  ``field__id`` -> ``field_field__id``.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from functools import cached_property

from protoc_gen_pds.options import Options
from protoc_gen_pds.schema import Enum, EnumValue, Field, File, Message, Method, Oneof, Service

KEYWORDS = frozenset(keyword.kwlist)

MESSAGE_API = frozenset(
    {
        "FromString",
        "SerializeToString",
        "copy",
        "from_bytes",
        "from_dict",
        "from_json",
        "from_text",
        "merge_from",
        "parse",
        "to_bytes",
        "to_dict",
        "to_json",
        "to_text",
        "which_one_of",
    }
)
"""Public names of the runtime's ``Message``: a field of such a name would hide the method."""

ENUM_API = frozenset(
    {
        "as_integer_ratio",
        "bit_count",
        "bit_length",
        "conjugate",
        "denominator",
        "from_bytes",
        "imag",
        "is_integer",
        "mro",
        "name",
        "numerator",
        "real",
        "to_bytes",
        "value",
    }
)
"""Attributes of ``enum.IntEnum`` and ``int`` in any Python version."""

SERVICE_API = frozenset({"binding"})
"""Public names of the generated base classes of services and clients, besides the methods."""


def escape(name: str, reserved: frozenset[str], prefix: str) -> str:
    """Escape one name; ``reserved`` holds whole names, ``prefix`` ends with an underscore."""
    if name.startswith(("_", prefix)) and re.match(rf"(?:{prefix})*_", name):
        return prefix + name
    return f"{name}_" if name.rstrip("_") in reserved else name


def snake_case(name: str) -> str:
    """``GetBackup`` -> ``get_backup``, ``ListV2HTTPRoutes`` -> ``list_v2_http_routes``."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def camel_case(name: str) -> str:
    """``backup_config_id`` -> ``BackupConfigId``, ``_40`` -> ``_40``."""
    joined = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return f"_{joined}" if joined[:1].isdigit() else joined or name


def unique(wanted: str, taken: set[str]) -> str:
    """The wanted name with as many underscores as make it new; the result is added to ``taken``."""
    while wanted in taken:
        wanted += "_"
    taken.add(wanted)
    return wanted


_MEMBER_RESERVED = KEYWORDS | MESSAGE_API
# `from __future__ import annotations` gives every module that name.
_CLASS_RESERVED = KEYWORDS | {"annotations"}
_EXTENSION_RESERVED = _MEMBER_RESERVED | _CLASS_RESERVED
_VALUE_RESERVED = KEYWORDS | ENUM_API
_SERVICE_RESERVED = KEYWORDS | SERVICE_API


def module_name(segment: str) -> str:
    """A directory or file name as a Python identifier.

    ``a-b`` -> ``a_b``, ``a.b`` -> ``a__b``, ``1`` -> ``_1``, ``class`` -> ``class_``. People expect the
    first of these, so this is not injective: two files of one name are an error of the run.
    """
    name = segment.replace("-", "_").replace(".", "__")
    name = "".join(c if f"_{c}".isidentifier() else f"_x{ord(c):x}_" for c in name)
    if not name.isidentifier():
        name = f"_{name}"
    return f"{name}_" if name in KEYWORDS else name


def _types(file: File) -> Iterable[Message | Enum]:
    yield from file.walk_messages()
    yield from file.walk_enums()


class Names:
    """Python names of every element, under one set of options."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._modules: dict[str, tuple[str, ...]] = {}
        self._nested: dict[str, dict[str, str]] = {}
        self._bodies: dict[str, frozenset[str]] = {}
        self._functions: dict[str, dict[str, str]] = {}

    @cached_property
    def root(self) -> tuple[str, ...]:
        """Segments of the root package."""
        return tuple(self._options.package.split("."))

    def package_of(self, file: File) -> tuple[str, ...]:
        """Segments of a file's package below the root package."""
        found = self._modules.get(file.name)
        if found is None:
            found = self._modules[file.name] = self._package_of(file.name)
        return found

    def _package_of(self, file_name: str) -> tuple[str, ...]:
        stem = file_name.removesuffix(".proto")
        prefix = self._options.strip_prefix
        if prefix and stem.startswith(f"{prefix}/"):
            stem = stem[len(prefix) + 1 :]
        return tuple(module_name(segment) for segment in stem.split("/") if segment not in ("", "."))

    # -- types -----------------------------------------------------------------------------------

    def class_name(self, element: Message | Enum) -> str:
        """Name of the class, without the classes around it."""
        reserved = _CLASS_RESERVED if element.parent is None else _MEMBER_RESERVED
        return escape(element.name, reserved, "type_")

    def qualified_name(self, element: Message | Enum) -> str:
        """Name of the class from its module: ``Outer.Inner``."""
        own = self.class_name(element)
        return f"{self.qualified_name(element.parent)}.{own}" if element.parent else own

    def function_suffix(self, element: Message | Enum) -> str:
        """What the codec's and validators' functions for a type are called by: ``Outer_Inner``."""
        table = self._functions.get(element.file.name)
        if table is None:
            taken: set[str] = set()
            table = self._functions[element.file.name] = {
                e.full_name: unique(self.qualified_name(e).replace(".", "_"), taken) for e in _types(element.file)
            }
        return table[element.full_name]

    # -- members of messages ---------------------------------------------------------------------

    def attribute(self, element: Field | Oneof) -> str:
        """Attribute of a field or oneof; for a member of a oneof, the read-only property."""
        is_global = isinstance(element, Field) and element.parent is None
        return escape(element.name, _EXTENSION_RESERVED if is_global else _MEMBER_RESERVED, "field_")

    def member_class(self, field: Field) -> str:
        """Name of the class for one member of a oneof, nested in the message's class."""
        assert field.parent is not None
        return self._nested_of(field.parent)[field.name]

    def _nested_of(self, message: Message) -> dict[str, str]:
        """Names that we add to a class: of members by field, of unions by ".oneof", of defaults by "=field"."""
        table = self._nested.get(message.full_name)
        if table is None:
            taken = set(self._declared(message))
            table = {
                field.name: unique(escape(camel_case(field.name), _MEMBER_RESERVED, "type_"), taken)
                for oneof in message.oneofs
                for field in oneof.fields
            }
            for oneof in message.oneofs:
                wanted = escape(camel_case(oneof.name), _MEMBER_RESERVED, "type_")
                table[f".{oneof.name}"] = unique(wanted, taken)
            for field in message.fields:
                if field.default is not None:
                    table[f"={field.name}"] = unique(f"{self.attribute(field)}_or_default", taken)
            self._nested[message.full_name] = table
        return table

    def oneof_alias(self, oneof: Oneof) -> str:
        """Name of the union of a oneof's member classes, nested in the message's class."""
        return self._nested_of(oneof.parent)[f".{oneof.name}"]

    def default_property(self, field: Field) -> str:
        """Name of the property that gives a field's value or its declared default."""
        assert field.parent is not None
        return self._nested_of(field.parent)[f"={field.name}"]

    def members(self, message: Message) -> frozenset[str]:
        """Every name in the body of a message's class."""
        found = self._bodies.get(message.full_name)
        if found is None:
            found = frozenset((*self._declared(message), *self._nested_of(message).values()))
            self._bodies[message.full_name] = found
        return found

    def _declared(self, message: Message) -> Iterable[str]:
        yield from map(self.attribute, message.fields)
        yield from map(self.attribute, message.oneofs)
        yield from (self.class_name(nested) for nested in message.messages if not nested.is_map_entry)
        yield from map(self.class_name, message.enums)
        yield from map(self.attribute, message.extensions)

    def enum_value(self, value: EnumValue) -> str:
        """Name of an enum's member."""
        return escape(value.name, _VALUE_RESERVED, "value_")

    # -- services --------------------------------------------------------------------------------

    def service_class(self, service: Service) -> str:
        """Name of a service's base class; the client's is made from it."""
        return escape(service.name, KEYWORDS, "type_")

    def method(self, method: Method) -> str:
        """Name of the Python method for an rpc; unique in its service."""
        taken: set[str] = set()
        for sibling in method.service.methods:
            name = unique(escape(snake_case(sibling.name), _SERVICE_RESERVED, "rpc_"), taken)
            if sibling is method:
                return name
        raise AssertionError(f"{method!r} is not a method of its own service")
