"""Fixtures of loyalty's tests."""

from collections.abc import Iterator

import pytest

from common.rate_limits import RateLimiter
from loyalty.api import webhook as door
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
    """Write down which tasks are queued instead of queueing them."""
    calls: list[str] = []
    monkeypatch.setattr(door, "queue_task", lambda task, args, queue: calls.append(f"{queue}/{task}"))
    monkeypatch.setattr(door, "_waker", door._Waker())
    return calls
