"""The names of one generated codec module: its functions, its imports, and those of other codecs."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

from protoc_gen_pds.python.names import Names
from protoc_gen_pds.python.scope import Scope
from protoc_gen_pds.python.types import RUNTIME, Types, is_well_known
from protoc_gen_pds.schema import Enum, Field, File, Kind, Message, Oneof
from protoc_gen_pds.targets.codec.scalars import LEN

PLAIN = frozenset(
    f"google.protobuf.{name}"
    for name in (
        "DoubleValue",
        "FloatValue",
        "Int64Value",
        "UInt64Value",
        "Int32Value",
        "UInt32Value",
        "BoolValue",
        "StringValue",
        "BytesValue",
        "Struct",
        "Value",
        "ListValue",
    )
)
"""Messages whose fields hold a plain Python value instead of a message."""

TIMES = frozenset({"google.protobuf.Duration", "google.protobuf.Timestamp"})
"""Messages whose codec has a module of its own."""

VALUE = "google.protobuf.Value"
NULL_VALUE = "google.protobuf.NullValue"

_LOCALS = frozenset(
    {
        "after",
        "at",
        "b",
        "cls",
        "d",
        "depth",
        "e",
        "end",
        "i",
        "into",
        "j",
        "k",
        "key",
        "known",
        "lax",
        "m",
        "n",
        "new",
        "o",
        "p",
        "parts",
    }
    | {"q", "start", "stop", "t", "unknown", "v", "value", "w", "x"}
)


def is_plain(message: Message | None) -> bool:
    """Whether fields of a type hold a plain Python value: wrappers and the JSON types."""
    return message is not None and message.full_name in PLAIN


def is_string_map(field: Field) -> bool:
    """Whether the runtime's own helper reads the entries of a map."""
    key, value = field.map_key, field.map_value
    return key.kind is Kind.STRING and value.kind is Kind.STRING and key.utf8 and value.utf8


def elements(message: Message) -> list[Field | Oneof]:
    """Fields and oneofs of a message in the order of their numbers; a oneof by its lowest."""
    found: dict[int, Field | Oneof] = {f.number: f for f in message.fields if f.oneof is None}
    for oneof in message.oneofs:
        found[min(f.number for f in oneof.fields)] = oneof
    return [found[number] for number in sorted(found)]


def own_names(names: Names, file: File) -> Iterator[str]:
    """Every name that a codec module defines, locals of its functions included."""
    yield from _LOCALS
    yield from dir(builtins)
    for message in file.walk_messages():
        for name in ("e", "i", "k", "key", "n", "v", "x"):
            yield from (f"{name}{f.number}" for f in message.fields)
        suffix = names.function_suffix(message)
        if message.is_map_entry:
            yield from (f"decode_{suffix}", f"keys_{suffix}")
            continue
        yield from (f"{stem}_{suffix}" for stem in ("decode", "encode", "to_json", "from_json", "keys", "fields"))
    yield from (f"table_{names.function_suffix(enum)}" for enum in file.walk_enums())


class _CodecScope(Scope):
    """A scope in which builtins are never hidden: whatever is imported under the name of one gets an alias."""

    def builtin(self, name: str) -> str:
        return name


@dataclass
class Module:
    """A codec module while it is being made; attributes that begin with ``T`` are its constants."""

    names: Names
    file: File
    scope: Scope = field(init=False)
    types: Types = field(init=False)
    prefixes: dict[int, str] = field(init=False, default_factory=dict)
    """Constants that hold a tag together with each length below 128, by tag."""

    def __post_init__(self) -> None:
        package = self.names.package_of(self.file)
        tags = {
            *range(2, 128, 8),
            *(f.number << 3 | LEN for m in self.file.walk_messages() for f in m.fields if f.is_map),
        }
        self.scope = _CodecScope(package, (*own_names(self.names, self.file), *(f"TAG_{t}" for t in sorted(tags))))
        self.types = Types(self.names, self.scope)

    def runtime(self, name: str, module: str = "wire") -> str:
        """Something of the runtime."""
        return self.scope.name(self.scope.relative(RUNTIME, module), name)

    def cls(self, element: Message | Enum) -> str:
        """The class of a message or enum."""
        return self.types.reference(element)

    def function(self, stem: str, message: Message, *, plain: bool = False) -> str:
        """A codec function for a message: of this module, of another one or of the runtime."""
        suffix = self.names.function_suffix(message)
        if is_well_known(message):
            if plain:
                return f"{self.runtime(f'plain_{suffix}', 'wkt_plain')}.{stem}"
            timed = message.full_name in TIMES and stem != "fields"
            return self.runtime(f"{stem}_{suffix}", "wkt_time" if timed else "wkt_codec")
        return self._own_or_imported(f"{stem}_{suffix}", message)

    def table(self, enum: Enum) -> str:
        """The table of an enum."""
        name = f"table_{self.names.function_suffix(enum)}"
        return self.runtime(name, "wkt_codec") if is_well_known(enum) else self._own_or_imported(name, enum)

    def _own_or_imported(self, name: str, element: Message | Enum) -> str:
        if element.file is self.file:
            return name
        return self.scope.name(self.scope.relative(self.names.package_of(element.file), "codec"), name)

    def prefix(self, tag: int, length: str) -> str:
        """Expression for the tag and length of a length-delimited field."""
        prefix = self.runtime("prefix")
        if tag > 127:
            return f"{prefix}({tag}, {length})"
        return f"{self.prefix_table(tag)}[{length}] if {length} < 128 else {prefix}({tag}, {length})"

    def prefix_table(self, tag: int) -> str:
        """The constant that holds a tag together with each length below 128."""
        self.runtime("prefixes")
        return self.prefixes.setdefault(tag, f"TAG_{tag}")

    def final(self) -> str:
        """``Final``: compiled, what it marks is read without a look into the module's dict."""
        return self.scope.name("typing", "Final")

    def member(self, member: Field) -> str:
        """The class of a oneof's member."""
        assert member.parent is not None
        return f"{self.cls(member.parent)}.{self.names.member_class(member)}"

    def attribute(self, member: Field) -> str:
        """The attribute that holds a field: its own, or that of its oneof."""
        return self.names.attribute(member.oneof or member)


def tag_literal(tag: int) -> str:
    """A tag as a bytes literal."""
    from protoc_gen_pds.python.layout import bytes_literal

    return bytes_literal(varint(tag))


def varint(n: int) -> bytes:
    """A number in the wire format."""
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)
