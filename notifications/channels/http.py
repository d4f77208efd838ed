"""HTTP to strangers: one deadline for the whole exchange, a bounded answer, no redirects."""

import time
from dataclasses import dataclass

import httpx

from notifications.channels.ports import ProviderDown

DEADLINE_SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def retry_after_seconds(self) -> float | None:
        """`Retry-After` in seconds; its other form, a date, isn't used by anybody who is called here."""
        given = self.headers.get("retry-after", "")
        return float(given) if given.isdecimal() else None


def make_client() -> httpx.Client:
    """Return a client for a batch of messages; it takes no proxies from the environment."""
    return httpx.Client(timeout=httpx.Timeout(DEADLINE_SECONDS, connect=3.0), follow_redirects=False, trust_env=False)


def exchange(client: httpx.Client, request: httpx.Request) -> Answer:
    """Send and read.

    Raises:
        ProviderDown: no answer in time, or none that could be read.
    """
    give_up_at = time.monotonic() + DEADLINE_SECONDS
    body = b""
    try:
        response = client.send(request, stream=True)
        try:
            for chunk in response.iter_raw(4096):
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise ProviderDown("the answer is too large")
                if time.monotonic() > give_up_at:
                    raise ProviderDown("the answer did not end in time")
        finally:
            response.close()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderDown(type(error).__name__) from error
    return Answer(status=response.status_code, headers=response.headers, body=body)
