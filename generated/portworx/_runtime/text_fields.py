"""Fields as the text format names them: converted from the tables of generated codecs, with maps as messages."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .message import codec_of
from .registry import find_extension, find_extension_by_number

if TYPE_CHECKING:
    from .fields import Field
    from .message import Message


class TextField:
    """One field, or one extension.

    Attributes:
        number: field number.
        name: name in text: that of the .proto file; of an extension the full name in brackets; of
            a group the name of its type.
        kind: the scalar type as .proto files spell it, or ``enum``, ``message`` or ``group``.
        type: the class of a message or group, the table of an enum, the :class:`TextFields` of a
            map's entries, or None.
        repeated: whether it is a list or map.
        oneof: what members of one oneof have in common, or "".
        utf8: whether a string must be valid UTF-8.
    """

    __slots__ = ("kind", "name", "number", "oneof", "repeated", "type", "utf8")

    def __init__(
        self,
        number: int,
        name: str,
        kind: str,
        type: Any = None,
        *,
        repeated: bool = False,
        oneof: str = "",
        utf8: bool = True,
    ) -> None:
        self.number = number
        self.name = name
        self.kind = kind
        self.type = type
        self.repeated = repeated
        self.oneof = oneof
        self.utf8 = utf8

    def content(self) -> TextFields:
        """The fields of a message, group or map entry."""
        if isinstance(self.type, TextFields):
            return self.type
        return text_fields(self.type)


class TextFields:
    """The fields of one message type.

    Attributes:
        full_name: full name of the message type.
        by_name: fields by all names that text may have for them.
        by_number: fields by number.
        reserved: names that the message reserves.
        message_set: whether the message has the wire format of MessageSet.
    """

    __slots__ = ("by_name", "by_number", "full_name", "message_set", "reserved")

    def __init__(
        self,
        full_name: str,
        *fields: TextField,
        reserved: tuple[str, ...] = (),
        message_set: bool = False,
    ) -> None:
        self.full_name = full_name
        self.by_number = {field.number: field for field in fields}
        self.by_name = {field.name: field for field in fields}
        self.reserved = frozenset(reserved)
        self.message_set = message_set


_TABLES: dict[type[Message], TextFields] = {}


def text_fields(cls: type[Message]) -> TextFields:
    """The fields of a message class."""
    found = _TABLES.get(cls)
    if found is None:
        found = _TABLES[cls] = _well_known(cls._full_name) or _generated(cls)
    return found


def _generated(cls: type[Message]) -> TextFields:
    codec, owner = codec_of(cls), cls._full_name
    declared: tuple[Field, ...] = codec.fields()
    fields = TextFields(
        owner,
        *(_field(field, owner) for field in declared),
        reserved=codec.reserved,
        message_set=codec.message_set,
    )
    for field in declared:
        # A group has two names: that of its type, which is written, and that of its field.
        fields.by_name.setdefault(field.name, fields.by_number[field.number])
    return fields


def _field(field: Field, scope: str) -> TextField:
    name, kind, type_ = field.name, str(field.kind), field.type
    if kind == "group":
        home, _, type_name = field.type._full_name.rpartition(".")
        # Named like its type and declared beside it: what proto2's syntax for groups makes.
        if home == scope and type_name.lower() == name.rpartition(".")[2]:
            name = type_name
    if field.key is not None:
        key, value = (
            TextField(1, "key", field.key),
            TextField(2, "value", kind, type_, utf8=field.utf8),
        )
        kind, type_ = "message", TextFields(f"an entry of {name}", key, value)
    return TextField(
        field.number,
        name,
        kind,
        type_,
        repeated=field.label in ("repeated", "map"),
        oneof=field.attribute if field.member is not None else "",
        utf8=field.utf8,
    )


def extension_by_name(extendee: str, name: str) -> TextField | None:
    """An extension by the full names of the message and of itself."""
    key = find_extension(name)
    return None if key is None or key.extendee != extendee else _extension(key)


def extension_by_number(extendee: str, number: int) -> TextField | None:
    """An extension by the full name of the message and its own number."""
    key = find_extension_by_number(extendee, number)
    return None if key is None else _extension(key)


def _extension(key: Any) -> TextField:
    field: TextField = _field(key.codec.field, "")
    field.name = f"[{key.full_name}]"
    return field


def _well_known(full_name: str) -> TextFields | None:
    """The fields of a well-known type, as its .proto file declares them; None for any other type."""
    package, _, name = full_name.rpartition(".")
    if package != "google.protobuf":
        return None
    return TextFields(full_name, *_well_known_fields(name))


def _well_known_fields(name: str) -> tuple[TextField, ...]:
    from . import wkt

    match name:
        case "Any":
            return TextField(1, "type_url", "string"), TextField(2, "value", "bytes")
        case "Duration" | "Timestamp":
            return TextField(1, "seconds", "int64"), TextField(2, "nanos", "int32")
        case "Empty":
            return ()
        case "FieldMask":
            return (TextField(1, "paths", "string", repeated=True),)
        case "Struct":
            pair = TextFields(
                "an entry of fields",
                TextField(1, "key", "string"),
                TextField(2, "value", "message", wkt.Value),
            )
            return (TextField(1, "fields", "message", pair, repeated=True),)
        case "ListValue":
            return (TextField(1, "values", "message", wkt.Value, repeated=True),)
        case "Value":
            from .enum_table import EnumTable

            null = EnumTable(wkt.NullValue)
            return (
                TextField(1, "null_value", "enum", null, oneof="kind"),
                TextField(2, "number_value", "double", oneof="kind"),
                TextField(3, "string_value", "string", oneof="kind"),
                TextField(4, "bool_value", "bool", oneof="kind"),
                TextField(5, "struct_value", "message", wkt.Struct, oneof="kind"),
                TextField(6, "list_value", "message", wkt.ListValue, oneof="kind"),
            )
        case _:
            return (TextField(1, "value", name.removesuffix("Value").lower()),)
