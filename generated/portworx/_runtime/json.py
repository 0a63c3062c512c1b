"""Messages to and from JSON text and JSON values: what the methods of messages call."""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnnecessaryIsInstance=false, reportUnnecessaryComparison=false

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from .errors import CodecError, DecodeError
from .message import Message, codec_of, of_class
from .walk import explain_encode

M = TypeVar("M", bound=Message)

MAX_DEPTH = 100
"""How deeply messages may be nested in JSON, as in other protobuf implementations."""


def to_dict(message: Message, *, emit_defaults: bool, proto_names: bool) -> Any:
    """The JSON value of a message; errors as :meth:`Message.to_json`."""
    try:
        if emit_defaults or proto_names:
            from .walk_json import to_json_value

            return to_json_value(message, emit_defaults, proto_names)
        return codec_of(type(message)).to_json(message)
    except (
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise explain_encode(message, error) from error


def to_json(
    message: Message, *, indent: int | None, emit_defaults: bool, proto_names: bool
) -> str:
    """JSON text of a message; errors as :meth:`Message.to_json`."""
    value = to_dict(message, emit_defaults=emit_defaults, proto_names=proto_names)
    try:
        text = (
            _encode(value)
            if indent is None
            else json.dumps(value, ensure_ascii=False, indent=indent)
        )
        if not text.isascii():
            # Lone surrogates have no UTF-8 form.
            text.encode()
    except (ValueError, RecursionError) as error:
        raise explain_encode(message, error) from error
    return text


_encoder = json.JSONEncoder(ensure_ascii=False, check_circular=False)
# What JSONEncoder.encode makes anew for each text, where the interpreter has it in C.
_make_chunks: Any = getattr(json.encoder, "c_make_encoder", None)
_chunks: Any = _make_chunks and _make_chunks(
    None,
    _encoder.default,
    json.encoder.encode_basestring,
    None,
    _encoder.key_separator,
    _encoder.item_separator,
    _encoder.sort_keys,
    _encoder.skipkeys,
    _encoder.allow_nan,
)


def _encode(value: object) -> str:
    if _chunks is None:
        return _encoder.encode(value)
    return "".join(_chunks(value, 0))


def from_dict(cls: type[M], value: object, *, ignore_unknown: bool) -> M:
    """A message from a JSON value; errors as :meth:`Message.from_json`."""
    try:
        message: M = codec_of(cls).from_json(value, MAX_DEPTH, ignore_unknown)
    except (DecodeError, RecursionError) as error:
        raise _explain_read(cls, value, ignore_unknown, error) from None
    return message if message.__class__ is cls else of_class(cls, message)


def from_json(cls: type[M], text: str | bytes, *, ignore_unknown: bool) -> M:
    """A message from JSON text; errors as :meth:`Message.from_json`."""
    return from_dict(cls, json_value(cls, text), ignore_unknown=ignore_unknown)


def json_value(cls: type[Message], text: str | bytes) -> Any:
    """The value of JSON text from which a message, or a part of it, is to be read; errors as :func:`from_json`."""
    try:
        return _decode(text if isinstance(text, str) else str(text, "utf-8"))
    except RecursionError:
        raise DecodeError(
            f"JSON nested more than {MAX_DEPTH} deep", message_name=cls._full_name
        ) from None
    except CodecError:
        raise
    except ValueError as error:
        raise DecodeError(f"not JSON: {error}", message_name=cls._full_name) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise DecodeError(f"{name[:80]!r} is there twice in one JSON object")
            seen.add(name)
    return found


def _constant(name: str) -> NoReturn:
    raise DecodeError(f"{name} is not JSON; write it as a string")


_decode: Callable[[str], Any] = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_constant=_constant
).decode


def _explain_read(
    cls: type[Message], value: object, lax: bool, error: Exception
) -> DecodeError:
    from .walk_json import find_json_fault

    if isinstance(error, RecursionError):
        return DecodeError(
            f"JSON nested more than {MAX_DEPTH} deep", message_name=cls._full_name
        )
    assert isinstance(error, DecodeError)
    fault = find_json_fault(cls, value, lax)
    return DecodeError(
        fault.reason if fault else error.reason,
        path=fault.path if fault else "",
        message_name=cls._full_name,
    )
