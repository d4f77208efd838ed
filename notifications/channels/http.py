"""HTTP to strangers: one deadline for the whole exchange, a bounded answer, no redirects."""

import ssl
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx

from common.deadlines import Deadline, HurriedBackend
from notifications.channels.ports import ProviderDown

DEADLINE_SECONDS = 10.0
CONNECT_SECONDS = 3.0
LARGEST_ANSWER = 64 * 1024
# Whatever a partner says: whoever is asked to wait for years is asked again tomorrow.
LONGEST_WAIT_SECONDS = 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def retry_after_seconds(self) -> float | None:
        """`Retry-After` in seconds, a day at most; its other form, a date, isn't used by anybody who is called here."""
        given = self.headers.get("retry-after", "")
        return min(float(given), LONGEST_WAIT_SECONDS) if given.isdecimal() else None


class Caller(httpx.Client):
    """A client for a batch of messages, used by one thread; it takes no proxies from the environment."""

    def __init__(self) -> None:
        self.deadline = Deadline()
        super().__init__(transport=_Hurried(self.deadline), timeout=None, follow_redirects=False, trust_env=False)


class _Hurried(httpx.HTTPTransport):
    """httpx's own transport, with connections that keep a deadline: it has no other door for them than its pool."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), network_backend=HurriedBackend(deadline, connect_seconds=CONNECT_SECONDS)
        )


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def make_client() -> Caller:
    """Return a client for a batch of messages."""
    return Caller()


def exchange(caller: Caller, request: httpx.Request, *, seconds: float = DEADLINE_SECONDS) -> Answer:
    """Send and read.

    Raises:
        ProviderDown: no answer in time, or none that could be read.
    """
    caller.deadline.begin(seconds)
    body = b""
    try:
        response = caller.send(request, stream=True)
        try:
            for chunk in response.iter_raw(4096):
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise ProviderDown("the answer is too large")
        finally:
            response.close()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderDown(type(error).__name__) from error
    return Answer(status=response.status_code, headers=response.headers, body=body)
