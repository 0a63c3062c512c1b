"""HTTP requests to messages: path variables, query parameters and JSON bodies (google/api/http.proto)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from ..errors import DecodeError
from ..fields import Field
from ..json import json_value
from ..message import Message, codec_of
from .details import BadRequest, ErrorInfo, FieldViolation
from .errors import InvalidArgument
from .method import HttpRule, Method, full_name_of

_BOOLEANS = {"true": True, "false": False}
_BOOL_VALUE = "google.protobuf.BoolValue"


def read_request(
    method: Method[Any, Any],
    rule: HttpRule,
    variables: Mapping[str, str],
    query: str,
    body: bytes,
) -> Any:
    """The request message of an HTTP request.

    Args:
        method: the rpc.
        rule: the rule that the request matches.
        variables: values of the path's variables by field path.
        query: the query string, still encoded.
        body: the body; JSON where the rule has a body.

    Raises:
        InvalidArgument: something does not fit the message; the details name the field.
    """
    request = _from_body(method, rule, body)
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if not name.startswith("$"):
            parameters.setdefault(name, []).append(value)
    if rule.body == "*" and parameters:
        raise _invalid(
            next(iter(parameters)),
            "all fields of this method are in the body, none in the query",
            method,
        )
    for name, values in parameters.items():
        _set(request, name, values, method)
    # Last, so that the resource that the path names cannot be another one in the query or body.
    for name, value in variables.items():
        _set(request, name, [value], method)
    return request


def _from_body(method: Method[Any, Any], rule: HttpRule, body: bytes) -> Message:
    cls: type[Message] = method.request
    if not rule.body or not body.strip():
        return cls()
    try:
        value = json_value(cls, body)
        if rule.body == "*":
            return cls.from_dict(value)
        field = field_of(cls, rule.body)
        assert field is not None, (
            f"{method.full_name}: body {rule.body!r} is not a field of the request"
        )
        # It is read as the field of an object, so that every type of field is read alike.
        return cls.from_dict({field.json_name: value})
    except DecodeError as error:
        path = "" if rule.body == "*" else rule.body
        raise _invalid(error.path or path, error.reason, method) from error


def _set(
    request: Message, path: str, values: Sequence[str], method: Method[Any, Any]
) -> None:
    """Set a field by its path, making the messages on the way."""
    message: Message = request
    *parents, last = path.split(".")
    for name in parents:
        field = field_of(type(message), name)
        if (
            field is None
            or field.kind != "message"
            or field.plain
            or field.label in ("repeated", "map")
        ):
            raise _unknown(path, method)
        inner = field.get(message)
        if inner is None:
            inner = field.type()
            setattr(
                message,
                field.attribute,
                inner if field.member is None else field.member(inner),
            )
        message = inner
    field = field_of(type(message), last)
    if field is None or field.label == "map":
        raise _unknown(path, method)
    if field.label != "repeated" and len(values) > 1:
        raise _invalid(
            path, "the field is not repeated and is given more than once", method
        )
    items = [_json_value(field, value) for value in values]
    try:
        read = type(message).from_dict(
            {field.json_name: items if field.label == "repeated" else items[0]}
        )
    except DecodeError as error:
        raise _invalid(path, error.reason, method) from error
    setattr(message, field.attribute, getattr(read, field.attribute))


def _json_value(field: Field, text: str) -> Any:
    """Text of a path or query as the JSON value of its field: ProtoJSON reads numbers from strings itself."""
    if field.kind == "bool" or (
        field.kind == "message" and full_name_of(field.type) == _BOOL_VALUE
    ):
        return _BOOLEANS.get(text, text)
    if field.kind == "enum" and text.lstrip("-").isdecimal() and text.isascii():
        return int(text)
    return text


def field_of(cls: type[Message], name: str) -> Field | None:
    """The field with a .proto or JSON name, or None."""
    table = codec_of(cls).fields
    fields: list[Field] = table() if table is not None else []
    return next(
        (field for field in fields if name in (field.name, field.json_name)), None
    )


def _unknown(path: str, method: Method[Any, Any]) -> InvalidArgument:
    return _invalid(path, "there is no such field that a query can set", method)


def _invalid(path: str, reason: str, method: Method[Any, Any]) -> InvalidArgument:
    return InvalidArgument(
        f"{path}: {reason}" if path else reason,
        details=[
            ErrorInfo("MALFORMED_REQUEST", method.service),
            BadRequest((FieldViolation(path, reason, "MALFORMED_REQUEST"),)),
        ],
    )
