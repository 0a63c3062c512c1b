"""The base class of generated messages, of oneof members, and how a message finds its codec."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import struct
from _thread import RLock  # threading is not needed by models, and takes time to import
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Generic,
    TypeVar,
    cast,
    dataclass_transform,
)

from .registry import register

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field
    from typing import Self

T = TypeVar("T")
M = TypeVar("M", bound="Message")

MAX_DEPTH = 100
"""How deeply messages may be nested in the input, as in other protobuf implementations."""

_REFUSED = (
    TypeError,
    ValueError,
    LookupError,
    OverflowError,
    AttributeError,
    RecursionError,
    struct.error,
)
"""What generated codecs raise, without saying where, when a value or the input is wrong."""


class _Unset:
    """Equals zero, so that what is left at it counts as left at zero."""

    def __eq__(self, other: object) -> bool:
        return other == 0

    def __repr__(self) -> str:
        return "0"


REDACTED: Final = "[REDACTED]"
"""What a repr has for the value of a field with the option ``debug_redact``, as debug texts of C++ and Java have."""

UNSET: Any = _Unset()
"""Default of a parameter whose real default, an enum's zero value, is not defined yet at that point."""


class Codec(Generic[M]):
    """The generated functions for one message class; made by ``codec.py`` and attached by :func:`bind`.

    Attributes:
        decode: ``decode(data, start, end, into, depth)`` merges a range of bytes into a message, a
            new one where ``into`` is None.
        encode: the wire bytes of a message.
        to_json: the message as a JSON value; further arguments are the codec's business.
        from_json: a message from a JSON value.
        fields: what table-driven code (text format, generic tools) needs to know, or None.
        reserved: field names that the message reserves; the text format passes over them.
        message_set: whether the message has the old MessageSet wire format.
    """

    __slots__ = (
        "decode",
        "encode",
        "fields",
        "from_json",
        "message_set",
        "reserved",
        "to_json",
    )

    def __init__(
        self,
        decode: Callable[[bytes, int, int, M | None, int], M],
        encode: Callable[[M], bytes],
        to_json: Callable[..., Any],
        from_json: Callable[..., M],
        fields: Any = None,
        *,
        reserved: tuple[str, ...] = (),
        message_set: bool = False,
    ) -> None:
        self.decode = decode
        self.encode = encode
        self.to_json = to_json
        self.from_json = from_json
        self.fields = fields
        self.reserved = reserved
        self.message_set = message_set


def bind(message: type[M], codec: Codec[M]) -> None:
    """Attach the codec to its class."""
    message._codec = codec


def codec_of(message: type[M]) -> Codec[M]:
    """The codec of a class; its module is imported when the first message of a file needs it."""
    codec = message._codec
    if codec is None:
        import importlib

        home: Any = next(cls for cls in message.__mro__ if "_full_name" in cls.__dict__)
        importlib.import_module(home._codec_module, home.__module__.rpartition(".")[0])
        codec = message._codec
        assert codec is not None, (
            f"{home.__module__}: the codec module does not bind {home.__qualname__}"
        )
    return cast("Codec[M]", codec)


@dataclass_transform(kw_only_default=True)
def dataclass(cls: type[M]) -> type[M]:
    """Make a message's class a dataclass.

    Its methods are written out or inherited from :class:`Message`, so what is left for the standard
    decorator is the table behind ``fields``, ``replace``, ``asdict`` and ``is_dataclass``. It is made
    when one of them asks for it: importing :mod:`dataclasses` costs as much as everything else here.
    """
    setattr(cls, "__dataclass_fields__", _DataclassFields(cls))  # noqa: B010
    return cls


_making_fields: Final = RLock()


class _DataclassFields:
    """``__dataclass_fields__`` of a message, made by the standard decorator when first read."""

    __slots__ = ("_owner",)

    def __init__(self, owner: type[Message]) -> None:
        self._owner = owner

    def __get__(self, message: Message | None, cls: type[Message]) -> Any:
        import dataclasses

        owner = self._owner
        with _making_fields:
            # The decorator walks through the class while it changes it: one thread at a time.
            if owner.__dict__["__dataclass_fields__"] is self:
                dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(
                    owner
                )
                if "__replace__" in owner.__dict__:
                    # Ours keeps unknown fields.
                    del owner.__replace__
                _complete(owner)
        return owner.__dict__["__dataclass_fields__"]


def _complete(owner: type[Message]) -> None:
    """Give the table of a dataclass the defaults that the constructor has, and what is left out of a repr."""
    blank = owner()
    for name, field in owner.__dict__["__dataclass_fields__"].items():
        field.repr = name not in owner._redacted
        value = getattr(blank, name)
        if isinstance(value, list):
            field.default_factory = list
        elif isinstance(value, dict):
            field.default_factory = dict
        else:
            field.default = value


class Message:
    """A protobuf message.

    Fields are attributes; :mod:`dataclasses` knows them, so ``fields``, ``replace`` and ``asdict``
    work. A field with explicit presence is None where it is not set; a oneof is one attribute that
    holds one of its member classes, or None. Fields that the class does not know are kept and
    written again.
    """

    __slots__ = ("_unknown",)

    _unknown: bytes
    _full_name: ClassVar[str]
    _fields: ClassVar[tuple[str, ...]]
    _redacted: ClassVar[tuple[str, ...]] = ()
    _codec: ClassVar[Codec[Any] | None] = None
    _codec_module: ClassVar[str] = ".codec"
    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(
        cls, *, full_name: str | None = None, redacted: tuple[str, ...] = ()
    ) -> None:
        super().__init_subclass__()
        if full_name is not None:
            cls._full_name = full_name
            cls._redacted = redacted
            if "_fields" not in cls.__dict__:
                slots = frozenset(cls.__dict__["__slots__"])
                cls._fields = tuple(n for n in cls.__annotations__ if n in slots)
            register(full_name, cls)

    def __post_init__(self) -> None:
        """For subclasses whose constructor :func:`dataclasses.dataclass` writes."""
        self._unknown = b""

    # -- wire format -----------------------------------------------------------------------------

    def to_bytes(self, *, deterministic: bool = False) -> bytes:
        """The message in the protobuf wire format.

        Args:
            deterministic: whether maps are written in the order of their keys, so that equal
                messages give equal bytes, instead of the order in which they were filled.

        Raises:
            EncodeError: a field has a value of the wrong type or out of range; the message names it.
        """
        codec = self._codec or codec_of(type(self))
        message = self
        try:
            if deterministic:
                from .merge import with_sorted_maps

                message = with_sorted_maps(self)
            data: bytes = codec.encode(message)
        except _REFUSED as error:
            from .walk import explain_encode

            raise explain_encode(self, error) from error
        return data

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Self:
        """Read a message in the protobuf wire format.

        Raises:
            DecodeError: the bytes are truncated or malformed; the message names the offset.
        """
        codec = cls._codec or codec_of(cls)
        raw = data if isinstance(data, bytes) else bytes(memoryview(data))
        try:
            message: Self = codec.decode(raw, 0, len(raw), None, MAX_DEPTH)
        except _REFUSED as error:
            from .walk import explain_decode

            raise explain_decode(cls, raw, error) from None
        return message if message.__class__ is cls else of_class(cls, message)

    def parse(self, data: bytes | bytearray | memoryview) -> Self:
        """Merge wire bytes into this message and return it; errors as :meth:`from_bytes`."""
        cls = type(self)
        codec = self._codec or codec_of(cls)
        raw = data if isinstance(data, bytes) else bytes(memoryview(data))
        try:
            message: Self = codec.decode(raw, 0, len(raw), self, MAX_DEPTH)
        except _REFUSED as error:
            from .walk import explain_decode

            raise explain_decode(cls, raw, error) from None
        return message

    def __bytes__(self) -> bytes:
        return self.to_bytes()

    def SerializeToString(self) -> bytes:
        """:meth:`to_bytes` under the name that google.protobuf and gRPC use."""
        return self.to_bytes()

    @classmethod
    def FromString(cls, data: bytes) -> Self:
        """:meth:`from_bytes` under the name that google.protobuf and gRPC use."""
        return cls.from_bytes(data)

    # -- JSON and text ---------------------------------------------------------------------------

    def to_json(
        self,
        *,
        indent: int | None = None,
        emit_defaults: bool = False,
        proto_names: bool = False,
    ) -> str:
        """The message as ProtoJSON text (protobuf.dev/programming-guides/json).

        Args:
            indent: spaces per level, or None for one line.
            emit_defaults: whether fields with implicit presence, lists and maps appear when empty.
            proto_names: whether fields have their .proto names instead of lowerCamelCase ones.

        Raises:
            EncodeError: a value has no JSON form, or the wrong type.
        """
        from .json import to_json

        return to_json(
            self, indent=indent, emit_defaults=emit_defaults, proto_names=proto_names
        )

    @classmethod
    def from_json(cls, text: str | bytes, *, ignore_unknown: bool = False) -> Self:
        """Read ProtoJSON text.

        Args:
            text: JSON, as text or as UTF-8 bytes.
            ignore_unknown: whether fields and enum names that the class does not know are passed over.

        Raises:
            DecodeError: the text is not JSON, or not JSON for this message.
        """
        from .json import from_json

        return from_json(cls, text, ignore_unknown=ignore_unknown)

    def to_dict(
        self, *, emit_defaults: bool = False, proto_names: bool = False
    ) -> dict[str, Any]:
        """The value that :meth:`to_json` writes, as dicts, lists, strings, numbers, bools and None."""
        from .json import to_dict

        found: dict[str, Any] = to_dict(
            self, emit_defaults=emit_defaults, proto_names=proto_names
        )
        return found

    @classmethod
    def from_dict(cls, value: dict[str, Any], *, ignore_unknown: bool = False) -> Self:
        """Read what :meth:`to_dict` made; arguments and errors as :meth:`from_json`."""
        from .json import from_dict

        return from_dict(cls, value, ignore_unknown=ignore_unknown)

    def to_text(
        self, *, single_line: bool = False, print_unknown_fields: bool = False
    ) -> str:
        """The message in the protobuf text format (protobuf.dev/reference/protobuf/textformat-spec).

        Args:
            single_line: whether fields are separated by spaces instead of newlines.
            print_unknown_fields: whether fields that the class does not know appear, by number;
                such text cannot be read again.

        Raises:
            EncodeError: as :meth:`to_bytes`.
        """
        from .text import to_text

        return to_text(
            self, single_line=single_line, print_unknown_fields=print_unknown_fields
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the protobuf text format.

        Raises:
            DecodeError: the text does not parse, or names a field, extension or enum value that is
                not known; the error begins with line and column.
        """
        from .text import from_text

        return from_text(cls, text)

    # -- pydantic --------------------------------------------------------------------------------

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        """Messages can be fields of pydantic models: they are read from ProtoJSON, and written as such."""
        from .pydantic_schema import core_schema

        return core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> Any:
        from .pydantic_schema import json_schema

        return json_schema(cls)

    # -- values ----------------------------------------------------------------------------------

    def merge_from(self, other: Self) -> None:
        """Merge another message into this one as protobuf does.

        Set fields replace, messages merge, lists are appended and map entries replaced by key.
        """
        from .merge import merge

        if not isinstance(other, type(self)):
            raise TypeError(
                f"expected a {type(self).__qualname__}, got a {type(other).__qualname__}"
            )
        merge(self, other)

    def copy(self) -> Self:
        """A deep copy, unknown fields included."""
        cls = type(self)
        twin = cls.__new__(cls)
        for name in cls._fields:
            setattr(twin, name, copied(getattr(self, name)))
        twin._unknown = self._unknown
        return twin

    def __replace__(self, **changes: Any) -> Self:
        """A shallow copy with other values: ``copy.replace(backup, meta=None)``, from Python 3.13."""
        cls = type(self)
        unknown = changes.keys() - cls._fields
        if unknown:
            raise TypeError(f"{cls.__qualname__} has no field {min(unknown)!r}")
        twin = cls.__new__(cls)
        for name in cls._fields:
            setattr(twin, name, changes.get(name, getattr(self, name)))
        twin._unknown = self._unknown
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.copy()

    def which_one_of(self, oneof: str) -> tuple[str, Any]:
        """Name and value of the member that a oneof holds, or ``("", None)``; as in betterproto."""
        member = getattr(self, oneof)
        return ("", None) if member is None else (member.field, member.value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message) or type(other) is not type(self):
            return NotImplemented
        for name in self._fields:
            if getattr(self, name) != getattr(other, name):
                return False
        if self._unknown == other._unknown:
            return True
        from .extensions import same_fields

        return same_fields(self._full_name, self._unknown, other._unknown)

    def __repr__(self) -> str:
        cls = type(self)
        defaults: dict[str, Any] = cls.__init__.__kwdefaults__ or {}
        shown: list[str] = []
        for name in cls._fields:
            value = getattr(self, name)
            default = defaults.get(name)
            if value is None or (
                value == [] or value == {} if default is None else value == default
            ):
                continue
            shown.append(f"{name}={REDACTED if name in cls._redacted else repr(value)}")
        return f"{cls.__qualname__}({', '.join(shown)})"


def of_class(cls: type[M], message: Message) -> M:
    """The content of a message that a codec has made, as a message of a subclass of its class."""
    made = cls()
    for name in (*type(message).__slots__, "_unknown"):
        setattr(made, name, getattr(message, name))
    return made


def copied(value: Any) -> Any:
    """A deep copy of the value of any field."""
    if isinstance(value, (list, tuple)):
        return [copied(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {
            key: copied(item)
            for key, item in cast("dict[object, object]", value).items()
        }
    if isinstance(value, Message):
        return value.copy()
    if isinstance(value, Member):
        return cast("Member[object]", value).copy()
    return value


class Member(Generic[T]):
    """One member of a oneof with its value; every member has a class of its own.

    Each class has a ``field``, a literal: the name of the field in the .proto file.
    ``match request.list_by: case ListBackupsRequest.BackupConfigId(value): ...``
    """

    __slots__ = ("value",)
    __match_args__ = ("value",)

    value: T
    _redacted: ClassVar[bool] = False

    def __init_subclass__(cls, *, redacted: bool = False) -> None:
        super().__init_subclass__()
        cls._redacted = redacted

    def __init__(self, value: T) -> None:
        self.value = value

    def copy(self) -> Self:
        """A deep copy."""
        return type(self)(copied(self.value))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.value == cast(Any, other).value)

    def __repr__(self) -> str:
        value = REDACTED if self._redacted else repr(self.value)
        return f"{type(self).__qualname__}({value})"
