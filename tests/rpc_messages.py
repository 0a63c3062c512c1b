"""Messages of one string, which need no generated code, and an rpc of them: what tests of the chains send."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from protoc_gen_pds.runtime.errors import DecodeError
from protoc_gen_pds.runtime.rpc.method import CallKind, Method

SECRET = "password=hunter2"


class Text:
    """A message of one string; the byte 0xFF stands for malformed input."""

    _full_name: ClassVar[str] = "test.Text"

    def __init__(self, text: str = "") -> None:
        self.text = text

    def to_bytes(self) -> bytes:
        return self.text.encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        if b"\xff" in data:
            raise DecodeError("not UTF-8", offset=data.index(b"\xff"))
        return cls(data.decode())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and other.text == self.text

    __hash__ = None  # type: ignore[assignment]


class Nothing(Text):
    _full_name = "google.protobuf.Empty"


def method(kind: CallKind, request: Any = Text, response: Any = Text) -> Method[Any, Any]:
    return Method("test.Service", "Call", request, response, kind)
