"""An administrator takes an event down: guests lose it, the audit log keeps who did it and why."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.journeys.signing_in import Person

Make = Callable[..., httpx.Client]
REASON = "Жалобы участников на безопасность"


@pytest.fixture
def event_id(stack: dict[str, Any], client: Make) -> Iterator[str]:
    """An event in the catalogue; put back after the journey."""
    wanted = stack["demo_events"]["upcoming"][-1]
    assert client().get(f"/api/v1/events/{wanted}/").status_code == 200
    yield wanted
    client("admin").post(f"/api/v1/events/{wanted}/restore/")


class TestTakedown:
    def test_hides_the_event_and_is_kept_in_the_audit_log(
        self,
        event_id: str,
        stack: dict[str, Any],
        administrator: Person,
        client: Make,
        eventually: Callable[..., Any],
    ) -> None:
        guest, page = client(), f"/admin/events/event/{event_id}/suspend_this/"

        # What hangs on it is shown first; nothing is done before the reason is sent.
        administrator.opens_as_staff(page, stack["admin_totp_secret"])
        assert guest.get(f"/api/v1/events/{event_id}/").status_code == 200
        done = administrator.sends(page, reason=REASON)

        assert done.status_code == 200
        eventually(
            lambda: guest.get(f"/api/v1/events/{event_id}/").status_code == 404, what="guests no longer see the event"
        )
        assert guest.get(f"/events/{event_id}/").status_code == 404
        log = administrator.opens(f"/admin/audit/auditentry/?q={event_id}").text
        assert "events.suspend" in log
        assert REASON in log

    def test_is_refused_without_a_second_factor(self, event_id: str, client: Make) -> None:
        organizer = client("organizer").post(f"/api/v1/events/{event_id}/suspend/", json={"reason": REASON})
        guest = client().get("/admin/events/event/", follow_redirects=False)

        assert organizer.status_code == 403
        assert guest.status_code == 302
