"""Everything that needs gRPC: typed errors, call contexts, servers and clients.

Names are imported when they are first used, so that errors and contexts work without grpcio.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chain import Authenticate as Authenticate
    from .chain import Settings as Settings
    from .client import CallOptions as CallOptions
    from .client import ResponseStream as ResponseStream
    from .context import CallContext as CallContext
    from .errors import Aborted as Aborted
    from .errors import AlreadyExists as AlreadyExists
    from .errors import Cancelled as Cancelled
    from .errors import DataLoss as DataLoss
    from .errors import DeadlineExceeded as DeadlineExceeded
    from .errors import FailedPrecondition as FailedPrecondition
    from .errors import Internal as Internal
    from .errors import InvalidArgument as InvalidArgument
    from .errors import NotFound as NotFound
    from .errors import OutOfRange as OutOfRange
    from .errors import PermissionDenied as PermissionDenied
    from .errors import ResourceExhausted as ResourceExhausted
    from .errors import RpcError as RpcError
    from .errors import Unauthenticated as Unauthenticated
    from .errors import Unavailable as Unavailable
    from .errors import Unimplemented as Unimplemented
    from .errors import Unknown as Unknown
    from .method import Method as Method
    from .status import StatusCode as StatusCode
    from .sync_chain import SyncAuthenticate as SyncAuthenticate
    from .sync_chain import SyncSettings as SyncSettings
    from .sync_client import SyncResponseStream as SyncResponseStream

_HOMES = {
    "chain": ("Authenticate", "Settings"),
    "client": ("CallOptions", "ResponseStream"),
    "sync_chain": ("SyncAuthenticate", "SyncSettings"),
    "sync_client": ("SyncResponseStream",),
    "context": ("CallContext",),
    "errors": (
        "Aborted",
        "AlreadyExists",
        "Cancelled",
        "DataLoss",
        "DeadlineExceeded",
        "FailedPrecondition",
        "Internal",
        "InvalidArgument",
        "NotFound",
        "OutOfRange",
        "PermissionDenied",
        "ResourceExhausted",
        "RpcError",
        "Unauthenticated",
        "Unavailable",
        "Unimplemented",
        "Unknown",
    ),
    "method": ("Method",),
    "status": ("StatusCode",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value
