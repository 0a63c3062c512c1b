"""The program under test: ``testee.py DIRECTORY`` serves conformance requests over the models generated there.

The protocol (conformance.proto) is read and written by hand: a fault of the codec shows as a failed
test, never as a broken test program.
"""

from __future__ import annotations

import importlib
import struct
import sys
from pathlib import Path
from typing import Any

from models import PACKAGE, message_classes

# Fields of ConformanceRequest.
PROTOBUF_PAYLOAD, JSON_PAYLOAD, OUTPUT_FORMAT, MESSAGE_TYPE, CATEGORY, TEXT_PAYLOAD, PRINT_UNKNOWN = 1, 2, 3, 4, 5, 8, 9
# Fields of ConformanceResponse.
PARSE_ERROR, RUNTIME_ERROR, PROTOBUF_RESULT, JSON_RESULT, SKIPPED, SERIALIZE_ERROR, TEXT_RESULT = 1, 2, 3, 4, 5, 6, 8
# WireFormat and TestCategory.
PROTOBUF, JSON, TEXT = 1, 2, 4
IGNORE_UNKNOWN = 3


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """A varint and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def write_varint(value: int) -> bytes:
    """The bytes of a varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_request(data: bytes) -> dict[int, Any]:
    """Fields by number: varints as int, the others as bytes."""
    fields: dict[int, Any] = {}
    position = 0
    while position < len(data):
        tag, position = read_varint(data, position)
        value, position = read_varint(data, position)
        if tag & 7 == 2:
            value, position = data[position : position + value], position + value
        fields[tag >> 3] = value
    return fields


class Testee:
    """Answers requests over message classes."""

    def __init__(self, messages: dict[str, Any], decode_error: type[Exception], encode_error: type[Exception]) -> None:
        self.messages = messages
        self.decode_error = decode_error
        self.encode_error = encode_error

    def answer(self, data: bytes) -> tuple[int, bytes]:
        """Field number and content of the response's one field."""
        request = read_request(data)
        name = request[MESSAGE_TYPE].decode()
        if name == "conformance.FailureSet":
            return PROTOBUF_RESULT, b""
        try:
            message = self.parse(self.messages[name], request)
        except self.decode_error as error:
            return PARSE_ERROR, str(error).encode("utf-8", "replace")
        if message is None:
            return SKIPPED, b"this input format"
        try:
            return self.serialize(message, request)
        except self.encode_error as error:
            return SERIALIZE_ERROR, str(error).encode("utf-8", "replace")

    def parse(self, cls: Any, request: dict[int, Any]) -> Any:
        """The message of a request's payload; None for an unknown format."""
        if PROTOBUF_PAYLOAD in request:
            return cls.from_bytes(request[PROTOBUF_PAYLOAD])
        if JSON_PAYLOAD in request:
            return cls.from_json(request[JSON_PAYLOAD], ignore_unknown=request.get(CATEGORY) == IGNORE_UNKNOWN)
        if TEXT_PAYLOAD in request:
            return cls.from_text(request[TEXT_PAYLOAD].decode())
        return None

    def serialize(self, message: Any, request: dict[int, Any]) -> tuple[int, bytes]:
        """The response for a message in the format that the request asks for."""
        match request.get(OUTPUT_FORMAT):
            case 1:
                return PROTOBUF_RESULT, message.to_bytes()
            case 2:
                return JSON_RESULT, message.to_json().encode()
            case 4:
                unknown = bool(request.get(PRINT_UNKNOWN))
                return TEXT_RESULT, message.to_text(print_unknown_fields=unknown).encode()
            case other:
                return SKIPPED, f"output format {other}".encode()


def serve(testee: Testee) -> None:
    """Answer requests from stdin until it ends: each is four bytes of length, little-endian, and a message."""
    requests, responses = sys.stdin.buffer, sys.stdout.buffer
    while len(header := requests.read(4)) == 4:
        data = requests.read(*struct.unpack("<I", header))
        try:
            number, content = testee.answer(data)
        except Exception as error:
            number, content = RUNTIME_ERROR, repr(error).encode("utf-8", "replace")
        response = write_varint(number << 3 | 2) + write_varint(len(content)) + content
        responses.write(struct.pack("<I", len(response)) + response)
        responses.flush()


def main() -> None:
    """Serve the models in the directory that the first argument names."""
    messages = message_classes(Path(sys.argv[1]))
    errors = importlib.import_module(f"{PACKAGE}._runtime.errors")
    serve(Testee(messages, errors.DecodeError, errors.EncodeError))


if __name__ == "__main__":
    main()
