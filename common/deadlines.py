"""One deadline for everything that an exchange over the network waits for: connecting, TLS, each read and each write.

A time-out of a single read is no bound: whoever sends a byte just before it can keep a caller waiting for ever.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore


class Deadline:
    """When the exchange that is under way must be over; set anew for each of a kept connection."""

    def __init__(self) -> None:
        self._ends_at = 0.0

    def begin(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    def left(self, timeout: float | None = None) -> float:
        """Return how long a step may wait, `timeout` at most.

        Raises:
            httpcore.ReadTimeout: it is over.
        """
        seconds = self._ends_at - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return seconds if timeout is None else min(seconds, timeout)


class HurriedBackend(httpcore.NetworkBackend):
    """Connects as httpcore does, with no more time than is left; to `address` where one was judged before."""

    def __init__(self, deadline: Deadline, *, connect_seconds: float, address: str = "") -> None:
        self._deadline = deadline
        self._connect_seconds = connect_seconds
        self._address = address
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(self._connect_seconds)
        return _HurriedStream(self._backend.connect_tcp(self._address or host, port, timeout=left), self._deadline)


class _HurriedStream(httpcore.NetworkStream):
    """A stream whose every step has only what is left of the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(
            ssl_context, server_hostname=server_hostname, timeout=self._deadline.left(timeout)
        )
        return _HurriedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
