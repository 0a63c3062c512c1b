"""TLS from files, for servers and clients, with errors that say which file is wrong and why."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from .border import grpc


class TlsError(ValueError):
    """A certificate, key or bundle that cannot be used; the message names the file."""


@dataclass(frozen=True, slots=True)
class ServerTls:
    """What a server shows, and what it asks of clients.

    Attributes:
        certificate: PEM file of the server's certificate, intermediate ones after it.
        key: PEM file of its private key, not encrypted.
        client_ca: PEM file of the authorities whose client certificates are accepted; with it every
            client must show one (mTLS), without it none is asked for.
    """

    certificate: str | PathLike[str]
    key: str | PathLike[str]
    client_ca: str | PathLike[str] | None = None

    def credentials(self) -> Any:
        """``grpc.ServerCredentials``.

        Raises:
            TlsError: a file is missing or not what it should be, or the key is not the certificate's.
        """
        chain, key = _pair(self.certificate, self.key)
        authorities = None if self.client_ca is None else _bundle(self.client_ca)
        return grpc.ssl_server_credentials(
            [(key, chain)],
            root_certificates=authorities,
            require_client_auth=authorities is not None,
        )


@dataclass(frozen=True, slots=True)
class ClientTls:
    """What a client trusts, and what it shows.

    Attributes:
        ca: PEM file of the authorities that the server's certificate must come from; None for those
            that grpcio brings.
        certificate: PEM file of the client's own certificate (mTLS), or None.
        key: PEM file of its private key, or None.
    """

    ca: str | PathLike[str] | None = None
    certificate: str | PathLike[str] | None = None
    key: str | PathLike[str] | None = None

    def credentials(self) -> Any:
        """``grpc.ChannelCredentials``; errors as :meth:`ServerTls.credentials`."""
        if (self.certificate is None) != (self.key is None):
            raise TlsError(
                "a client certificate needs its key, and a key its certificate"
            )
        authorities = None if self.ca is None else _bundle(self.ca)
        chain = key = None
        if self.certificate is not None and self.key is not None:
            chain, key = _pair(self.certificate, self.key)
        return grpc.ssl_channel_credentials(authorities, key, chain)


def _content(path: str | PathLike[str], what: str) -> bytes:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise TlsError(f"cannot read the {what} {path}: {error.strerror}") from error
    if b"-----BEGIN " not in content:
        raise TlsError(f"the {what} {path} is not in PEM format")
    return content


def _pair(
    certificate: str | PathLike[str], key: str | PathLike[str]
) -> tuple[bytes, bytes]:
    chain, secret = _content(certificate, "certificate"), _content(key, "private key")
    if b"ENCRYPTED" in secret:
        raise TlsError(
            f"the private key {key} is encrypted; write it without a passphrase"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # grpcio would take any bytes and fail at the first handshake, without a reason.
    _checked(
        lambda: context.load_cert_chain(certificate, key),
        f"the certificate {certificate} and the private key {key} do not work together",
    )
    return chain, secret


def _bundle(path: str | PathLike[str]) -> bytes:
    content = _content(path, "CA bundle")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _checked(
        lambda: context.load_verify_locations(path), f"the CA bundle {path} is unusable"
    )
    return content


def _checked(load: Callable[[], object], what: str) -> None:
    try:
        load()
    except ssl.SSLError as error:
        raise TlsError(f"{what}: {error.reason or error}") from error
