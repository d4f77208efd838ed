"""One POST to a shop: to the judged address, within one deadline for everything, without reading what it answers.

The headers of the answer are all that is wanted, so a body without end costs nothing; a shop that dribbles its headers
meets the deadline, which every single read and write shares.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore

from common.outbound_addresses import ForbiddenAddress, Resolve, Rules, Target, judge, resolve_by_system

DEADLINE_SECONDS = 15.0
CONNECT_SECONDS = 5.0
TOO_SLOW = "too slow"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back: a status, or why there is none."""

    status: int | None
    error: str = ""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    rules: Rules,
    resolve: Resolve = resolve_by_system,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Reply:
    """Send the body; never raises for what the other side does."""
    try:
        target = judge(url, rules=rules, resolve=resolve)
        return _post(target, body, headers, time.monotonic() + deadline_seconds)
    except ForbiddenAddress as error:
        return Reply(status=None, error=str(error))
    except (httpcore.TimeoutException, TimeoutError):
        return Reply(status=None, error=TOO_SLOW)
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        return Reply(status=None, error=type(error).__name__)


def _post(target: Target, body: bytes, headers: Mapping[str, str], until: float) -> Reply:
    host = target.host if target.port in (80, 443) else f"{target.host}:{target.port}"
    sent: list[tuple[bytes | str, bytes | str]] = [
        ("Host", host),
        ("Content-Type", "application/json"),
        ("User-Agent", "Aquastream-Webhooks/1"),
        *headers.items(),
    ]
    url = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode("idna"), port=target.port, target=target.path.encode()
    )
    backend = _Pinned(target.address, until)
    with (
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, retries=0) as pool,
        pool.stream("POST", url, headers=sent, content=body) as response,
    ):
        after = dict(response.headers).get(b"retry-after") or dict(response.headers).get(b"Retry-After") or b""
        return Reply(status=response.status, retry_after=after.decode("latin-1")[:40])


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Pinned(httpcore.NetworkBackend):
    """Connects to the judged address, whatever the name means by now."""

    def __init__(self, address: str, until: float) -> None:
        self._address = address
        self._until = until
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = min(CONNECT_SECONDS, _left(self._until))
        return _Hurried(self._backend.connect_tcp(self._address, port, timeout=left), self._until)


class _Hurried(httpcore.NetworkStream):
    """A stream whose every step has only what is left of the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(self._until))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname=server_hostname, timeout=_left(self._until))
        return _Hurried(inner, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
