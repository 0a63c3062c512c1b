"""Messages as fields of pydantic models, and as bodies of FastAPI: what :class:`Message` answers to pydantic 2.

Only pydantic asks for it; nothing else of the package needs pydantic.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import importlib
from typing import Any, TypeVar

from .message import Message

M = TypeVar("M", bound=Message)

_STRINGS = {
    "google.protobuf.Duration": {"type": "string"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
}
"""JSON schemas of messages that are no objects in ProtoJSON."""


def core_schema(message: type[M]) -> Any:
    """How pydantic reads and writes messages of a class: as ProtoJSON, and from messages as they are."""
    core: Any = importlib.import_module("pydantic_core.core_schema")

    def read(value: Any) -> M:
        # A DecodeError is a ValueError: pydantic reports it with the place of the field.
        return value if isinstance(value, message) else message.from_dict(value)

    def write(value: M) -> Any:
        return value.to_dict()

    return core.no_info_plain_validator_function(
        read,
        serialization=core.plain_serializer_function_ser_schema(write),
    )


def json_schema(message: type[Message]) -> dict[str, Any]:
    """The JSON schema of a class: as much as there is to say without the schemas of its fields."""
    return {
        "title": message.__qualname__,
        **_STRINGS.get(message._full_name, {"type": "object"}),
    }
