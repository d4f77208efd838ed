"""One POST to a shop: to the judged address, within one deadline for everything, without reading what it answers.

The headers of the answer are all that is wanted, so a body without end costs nothing; a shop that dribbles its headers
meets the deadline, which every single read and write shares.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import httpcore

from common.deadlines import Deadline, HurriedBackend
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
        return _post(target, body, headers, deadline_seconds)
    except ForbiddenAddress as error:
        return Reply(status=None, error=str(error))
    except (httpcore.TimeoutException, TimeoutError):
        return Reply(status=None, error=TOO_SLOW)
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        return Reply(status=None, error=type(error).__name__)


def _post(target: Target, body: bytes, headers: Mapping[str, str], deadline_seconds: float) -> Reply:
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
    deadline = Deadline()
    deadline.begin(deadline_seconds)
    backend = HurriedBackend(deadline, connect_seconds=CONNECT_SECONDS, address=target.address)
    with (
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, retries=0) as pool,
        pool.stream("POST", url, headers=sent, content=body) as response,
    ):
        after = dict(response.headers).get(b"retry-after") or dict(response.headers).get(b"Retry-After") or b""
        return Reply(status=response.status, retry_after=after.decode("latin-1")[:40])


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
