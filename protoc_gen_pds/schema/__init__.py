"""What the .proto says: an immutable, resolved model of every file in a request."""

from protoc_gen_pds.schema.comments import Comments
from protoc_gen_pds.schema.load import load, load_request
from protoc_gen_pds.schema.model import (
    Enum,
    EnumValue,
    Field,
    File,
    Kind,
    Label,
    Message,
    Method,
    Oneof,
    Presence,
    Schema,
    Service,
)

__all__ = [
    "Comments",
    "Enum",
    "EnumValue",
    "Field",
    "File",
    "Kind",
    "Label",
    "Message",
    "Method",
    "Oneof",
    "Presence",
    "Schema",
    "Service",
    "load",
    "load_request",
]
