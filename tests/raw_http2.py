"""A client of a few HTTP/2 frames, for what no real client does on purpose: reading late, and writing meanwhile."""

from __future__ import annotations

import socket
import struct
import time
from typing import Self

_DATA, _HEADERS, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
_ACK = _END_STREAM = 1
_END_HEADERS = 4


class RawClient:
    """One connection with windows as large as they get, and a socket that takes little at a time.

    Attributes:
        received: bytes of each stream's DATA frames.
        ended: streams that the server has ended.
        goaways: how many GOAWAY frames have come.
    """

    def __init__(self, port: int, receive_buffer: int) -> None:
        self.received: dict[int, int] = {}
        self.ended: set[int] = set()
        self.goaways = 0
        self._buffer = b""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self._send(_SETTINGS, struct.pack(">HI", 4, 2**30))
        self._send(_WINDOW_UPDATE, struct.pack(">I", 2**30))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(self, stream: int, path: str, message: bytes) -> None:
        """Send a unary call, and read nothing."""
        headers = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "test"}
        headers |= {"te": "trailers", "content-type": "application/grpc"}
        block = b"".join(b"\0" + _string(key) + _string(value) for key, value in headers.items())
        self._send(_HEADERS, block, _END_HEADERS, stream)
        self._send(_DATA, b"\0" + struct.pack(">I", len(message)) + message, _END_STREAM, stream)

    def nudge(self) -> None:
        """Write something that needs no answer, as clients do that have read some of one."""
        self._send(_WINDOW_UPDATE, struct.pack(">I", 1))

    def read(self, seconds: float) -> bool:
        """Read what comes, for some time at most, and acknowledge it; False at the end of the connection."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(16384)
            except TimeoutError:
                return True
            if not data:
                return False
            self._take(data)
        return True

    def _take(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 9:
            end = 9 + int.from_bytes(self._buffer[:3], "big")
            if len(self._buffer) < end:
                return
            kind, flags, stream = struct.unpack(">BBI", self._buffer[3:9])
            payload, self._buffer = self._buffer[9:end], self._buffer[end:]
            if kind == _DATA:
                self.received[stream] = self.received.get(stream, 0) + len(payload)
            if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
                self.ended.add(stream)
            if kind in (_PING, _SETTINGS) and not flags & _ACK:
                self._send(kind, payload if kind == _PING else b"", _ACK)
            self.goaways += kind == _GOAWAY

    def _send(self, kind: int, payload: bytes, flags: int = 0, stream: int = 0) -> None:
        head = len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream)
        self._socket.sendall(head + payload)


def _string(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()
