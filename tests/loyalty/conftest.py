"""Fixtures of loyalty's tests."""

from collections.abc import Iterator

import pytest

from common.rate_limits import RateLimiter
from loyalty.api import webhook as door
from loyalty.api.wakeups import Waker
from loyalty.services.identify_sender import doors


@pytest.fixture(autouse=True)
def fresh_doors() -> Iterator[None]:
    """Forget the projects that this process knows."""
    doors.forget()
    yield
    doors.forget()


@pytest.fixture(autouse=True)
def patient_limiter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Redis be slow on a busy machine."""
    monkeypatch.setattr(door, "limiter", RateLimiter("webhook", timeout_seconds=5))


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write down when workers are woken instead of waking them."""
    calls: list[str] = []

    def ring() -> bool:
        calls.append("worker")
        return True

    monkeypatch.setattr(door, "_waker", Waker(ring, later=lambda seconds, call: None))
    return calls
