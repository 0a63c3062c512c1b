"""What failed calls return over HTTP: google.rpc.Status in ProtoJSON."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from .details import AnyDetail, RetryDelay, Status, unpack
from .errors import RpcError, status_of
from .record import Record


def status_json(source: Status | RpcError) -> dict[str, Any]:
    """A google.rpc.Status, or an error as one, in ProtoJSON."""
    status = status_of(source) if isinstance(source, RpcError) else source
    found: dict[str, Any] = {"code": status.code, "message": status.message}
    if status.details:
        found["details"] = [_any_json(detail) for detail in status.details]
    return found


def _any_json(detail: AnyDetail) -> dict[str, Any]:
    value = unpack(detail)
    if isinstance(value, AnyDetail):
        return {"@type": detail.type_url, "value": b64encode(value.value).decode()}
    body = _record_json(value) if isinstance(value, Record) else value.to_dict()
    return {"@type": detail.type_url, **body}


def _record_json(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind, value in record.items():
        if kind == "records":
            found[name] = [_record_json(item) for item in value]
        elif isinstance(value, RetryDelay):
            found[name] = f"{value.seconds + value.nanos / 1e9:g}s"
        elif isinstance(value, Record):
            found[name] = _record_json(value)
        else:
            # 64-bit integers are strings in ProtoJSON; those with presence are the ones here.
            found[name] = str(value) if kind == "int?" else value
    return found
