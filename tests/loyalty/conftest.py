"""Fixtures of loyalty's tests."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Authenticator
from accounts.models.authenticator import new_key
from accounts.second_factor import SESSION_KEY
from common.rate_limits import RateLimiter
from loyalty.api import webhook as door
from loyalty.api.wakeups import Waker
from loyalty.services.identify_sender import doors
from tests.factories.accounts import make_user


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


@pytest.fixture
def back_office() -> Client:
    """An administrator who has just given a code."""
    administrator = make_user(is_staff=True, is_superuser=True)
    device = Authenticator.objects.create(user=administrator, confirmed=True, key=new_key(), name="phone")
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(administrator)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session[SESSION_KEY] = timezone.now().isoformat()
    session.save()
    return client
