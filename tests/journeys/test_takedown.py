"""An administrator takes an event down: guests lose it, the audit log keeps who did it and why."""

import base64
import hmac
import re
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

Make = Callable[..., httpx.Client]
REASON = "Жалобы участников на безопасность"
STEP_SECONDS = 30


def one_time_code(secret: str, moment: float) -> str:
    """Return the code that an authenticator app shows (RFC 6238, six digits, 30 s)."""
    key = base64.b32decode(secret)
    digest = hmac.digest(key, struct.pack(">Q", int(moment) // STEP_SECONDS), "sha1")
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def submit(browser: httpx.Client, url: str, **fields: str) -> httpx.Response:
    """Open a form and send it, with the token that stands in it."""
    page = browser.get(url)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, f"{page.url} has no form: {page.status_code}"
    headers = {"Referer": str(page.url)}
    return browser.post(str(page.url), data={"csrfmiddlewaretoken": token[1], **fields}, headers=headers)


@pytest.fixture
def back_office(stack: dict[str, Any], client: Make, eventually: Callable[..., Any]) -> httpx.Client:
    """The administrator's browser, after the password and the code."""
    browser = client(language="en")
    browser.follow_redirects = True
    account = stack["accounts"]["admin"]
    asked = submit(browser, "/accounts/login/?next=/admin/", login=account["email"], password=account["password"])
    assert asked.url.path == "/account/code/", asked.text
    last = ""

    def signed_in() -> bool:
        # A code is taken once: another journey may have used this one.
        nonlocal last
        code = one_time_code(stack["admin_totp_secret"], time.time())
        if code == last:
            return False
        last = code
        submit(browser, "/account/code/", code=code)
        return browser.get("/admin/").url.path == "/admin/"

    eventually(signed_in, what="the administrator is let in", seconds=2 * STEP_SECONDS + 10)
    return browser


@pytest.fixture
def event_id(stack: dict[str, Any], client: Make) -> Iterator[str]:
    """An event in the catalogue; put back after the journey."""
    wanted = stack["demo_events"]["upcoming"][-1]
    assert client().get(f"/api/v1/events/{wanted}/").status_code == 200
    yield wanted
    client("admin").post(f"/api/v1/events/{wanted}/restore/")


class TestTakedown:
    def test_hides_the_event_and_is_kept_in_the_audit_log(
        self, event_id: str, back_office: httpx.Client, client: Make, eventually: Callable[..., Any]
    ) -> None:
        guest = client()

        # What hangs on it is shown first; nothing is done before the reason is sent.
        planned = back_office.get(f"/admin/events/event/{event_id}/suspend_this/")
        assert guest.get(f"/api/v1/events/{event_id}/").status_code == 200
        done = submit(back_office, str(planned.url), reason=REASON)

        assert done.status_code == 200
        eventually(
            lambda: guest.get(f"/api/v1/events/{event_id}/").status_code == 404, what="guests no longer see the event"
        )
        assert guest.get(f"/events/{event_id}/").status_code == 404
        log = back_office.get("/admin/audit/auditentry/", params={"q": event_id}).text
        assert "events.suspend" in log
        assert REASON in log

    def test_is_refused_without_a_second_factor(self, event_id: str, client: Make) -> None:
        organizer = client("organizer").post(f"/api/v1/events/{event_id}/suspend/", json={"reason": REASON})
        guest = client().get("/admin/events/event/", follow_redirects=False)

        assert organizer.status_code == 403
        assert guest.status_code == 302
