"""What table-driven code knows about a message's fields: text format, extensions, and errors that name a path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from .enum_table import EnumTable
    from .message import Member, Message

Label: TypeAlias = Literal["implicit", "explicit", "required", "repeated", "map"]
Kind: TypeAlias = Literal[
    "double",
    "float",
    "int32",
    "int64",
    "uint32",
    "uint64",
    "sint32",
    "sint64",
    "fixed32",
    "fixed64",
    "sfixed32",
    "sfixed64",
    "bool",
    "string",
    "bytes",
    "enum",
    "message",
    "group",
]

WIRE_TYPES: dict[str, int] = {
    "double": 1,
    "fixed64": 1,
    "sfixed64": 1,
    "float": 5,
    "fixed32": 5,
    "sfixed32": 5,
    "string": 2,
    "bytes": 2,
    "message": 2,
    "group": 3,
}
"""Wire types by kind; the kinds that are missing are varints."""


def lower_camel_case(name: str) -> str:
    """The JSON name that protoc gives to a field."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


class Field:
    """One field of a message, or an extension.

    Attributes:
        number: its number.
        name: its .proto name; of an extension, the full name.
        json_name: its JSON name.
        attribute: the attribute that holds it; for a member of a oneof, the oneof's.
        kind: type of a single value; for a map, of the values.
        label: cardinality and presence.
        type: class of a message, or table of an enum; for the JSON types and wrappers, the class
            whose plain value the field holds.
        member: the class of a oneof's member.
        key: kind of a map's keys.
        packed: whether a repeated field is written packed.
        utf8: whether a string must be valid UTF-8 on the wire.
    """

    __slots__ = (
        "attribute",
        "json_name",
        "key",
        "kind",
        "label",
        "member",
        "name",
        "number",
        "packed",
        "type",
        "utf8",
    )

    def __init__(
        self,
        number: int,
        name: str,
        kind: Kind,
        label: Label,
        *,
        json_name: str = "",
        attribute: str = "",
        type: type[Message] | EnumTable[Any] | None = None,
        member: type[Member[Any]] | None = None,
        key: Kind | None = None,
        packed: bool = False,
        utf8: bool = True,
    ) -> None:
        """Describe a field; ``json_name`` and ``attribute`` are given where they do not follow from the name."""
        self.number = number
        self.name = name
        self.json_name = json_name or lower_camel_case(name)
        self.attribute = attribute or name
        self.kind: Kind = kind
        self.label: Label = label
        self.type: Any = type
        self.member: Any = member
        self.key: Kind | None = key
        self.packed = packed
        self.utf8 = utf8

    @property
    def wire_type(self) -> int:
        """Wire type of a single value; of a map, that of its entries."""
        return 2 if self.key is not None else WIRE_TYPES.get(self.kind, 0)

    @property
    def plain(self) -> bool:
        """Whether a message is held as a plain value: wrappers, Struct, Value and ListValue."""
        return self.kind in ("message", "group") and self.type._full_name in PLAIN

    def get(self, message: Message) -> Any:
        """The value in a message; None for a oneof's member that is not the one that is held."""
        value = getattr(message, self.attribute)
        if self.member is None:
            return value
        return value.value if isinstance(value, self.member) else None


PLAIN = frozenset(
    f"google.protobuf.{name}"
    for name in (
        "BoolValue",
        "BytesValue",
        "DoubleValue",
        "FloatValue",
        "Int32Value",
        "Int64Value",
        "ListValue",
        "StringValue",
        "Struct",
        "UInt32Value",
        "UInt64Value",
        "Value",
    )
)
"""Messages that fields hold as plain Python values."""

OWN_JSON = PLAIN | {
    f"google.protobuf.{name}" for name in ("Any", "Duration", "FieldMask", "Timestamp")
}
"""Messages whose JSON form is no object of fields: in an Any it stands under "value"."""
