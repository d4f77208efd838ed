"""HTTP to a provider: bounded in time and size, its errors sorted into those that may pass and those that won't."""

import json
import ssl
import time
from functools import cache
from typing import Any

import httpx

from bookings.providers.port import ProviderRefused, ProviderUnavailable

TIMEOUT = httpx.Timeout(10, connect=3)
# For the whole answer: a peer that sends a byte now and then never runs into the time-out of a single read.
LONGEST_ANSWER_SECONDS = 20
LARGEST_ANSWER_BYTES = 1024 * 1024
# The request may have taken effect, or will when it is repeated: 409 is a repetition while the first one still runs.
PASSING = (408, 409, 425, 429)


def call_provider(method: str, url: str, **request: Any) -> dict[str, Any]:
    """Send one request and return the JSON object of its answer; redirects are not followed.

    Raises:
        ProviderUnavailable: no answer, an unreadable one, or one that says "later".
        ProviderRefused: an answer that says "no".
    """
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, verify=_trust()) as client,
            client.stream(method, url, **request) as answer,
        ):
            body = _read(answer)
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise ProviderUnavailable(type(error).__name__) from error
    if answer.status_code >= 500 or answer.status_code in PASSING or answer.is_redirect:
        raise ProviderUnavailable(f"HTTP {answer.status_code}")
    if not answer.is_success:
        raise ProviderRefused(f"HTTP {answer.status_code}: {reason_in(body)}")
    return _object_in(body)


@cache
def _trust() -> ssl.SSLContext:
    """Read the certificates once: that takes longer than most calls."""
    return httpx.create_ssl_context()


def reason_in(body: bytes) -> str:
    """Return the provider's error code, as both of them write it, or ''; never its prose, which may name people."""
    try:
        told = json.loads(body)
        told = told.get("error", told) if isinstance(told, dict) else {}
        return " ".join(str(told[name])[:60] for name in ("type", "code", "parameter", "param") if told.get(name))
    except (ValueError, AttributeError, RecursionError):
        return ""


def _read(answer: httpx.Response) -> bytes:
    deadline = time.monotonic() + LONGEST_ANSWER_SECONDS
    body = b""
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER_BYTES:
            raise ProviderUnavailable("the answer is too large")
        if time.monotonic() > deadline:
            raise ProviderUnavailable("the answer takes too long")
    return body


def _object_in(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderUnavailable("the answer is not JSON") from error
    if not isinstance(told, dict):
        raise ProviderUnavailable("the answer is not an object")
    return told
