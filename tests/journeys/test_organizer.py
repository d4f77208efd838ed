"""An organizer's way: a draft with two ticket types, published; a guest finds it in the API and on the page."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

Make = Callable[..., httpx.Client]


@pytest.fixture
def draft(client: Make) -> Iterator[dict[str, Any]]:
    """A new draft of the demo organizer; cancelled after the journey, so that the catalogue stays as it was."""
    start = datetime.now(UTC) + timedelta(days=40)
    organizer = client("organizer")
    response = organizer.post(
        "/api/v1/events/",
        json={
            "title": f"Сплав {uuid4().hex[:8]}",
            "summary": "Одна река, два берега.",
            "description": "Идём на **катамаранах**, ночуем у костра.",
            "category": "rafting",
            "city": "Чемал",
            "venue": "База «Большая вода»",
            "address": "ул. Береговая, 14",
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(hours=6)).isoformat(),
            "time_zone": "Asia/Barnaul",
            "refund_policy": {"bands": [{"hours_before": 48, "percent": 100}]},
            "ticket_types": [
                {"name": "Взрослый", "price": {"amount": "4500.00", "currency": "RUB"}, "capacity": 20},
                {"name": "Детский", "price": {"amount": "2500.00", "currency": "RUB"}, "capacity": 5},
            ],
        },
    )
    assert response.status_code == 201, response.text
    yield response.json()
    organizer.post(f"/api/v1/events/{response.json()['id']}/cancel/", json={"reason": "The journey is over"})


class TestOrganizer:
    def test_publishes_what_guests_then_find(self, draft: dict[str, Any], client: Make) -> None:
        guest, organizer = client(), client("organizer")
        address = f"/api/v1/events/{draft['id']}/"
        assert (draft["status"], len(draft["ticket_types"])) == ("draft", 2)
        assert guest.get(address).status_code == 404

        published = organizer.post(f"{address}publish/")

        assert published.json()["status"] == "published", published.text
        found = guest.get("/api/v1/events/", params={"q": draft["title"]}).json()["results"]
        assert [(one["id"], one["price_from"]["amount"]) for one in found] == [(draft["id"], "2500.00")]
        seen = guest.get(address).json()
        assert (seen["details"], seen["address"]) == ("limited", None)
        catalogue = guest.get("/", params={"q": draft["title"]}).text
        assert draft["title"] in catalogue
        page = guest.get(f"/events/{draft['id']}/", follow_redirects=True)
        assert page.status_code == 200
        assert "Взрослый" in page.text
        assert "Береговая, 14" not in page.text

    def test_changes_with_the_version_that_was_read_and_nobody_else_does(
        self, draft: dict[str, Any], client: Make
    ) -> None:
        address = f"/api/v1/events/{draft['id']}/"
        organizer = client("organizer")
        version = organizer.get(address).headers["ETag"]

        stranger = client("user").patch(address, json={"title": "Mine"}, headers={"If-Match": version})
        changed = organizer.patch(address, json={"summary": "Новая вода."}, headers={"If-Match": version})
        stale = organizer.patch(address, json={"summary": "Старая вода."}, headers={"If-Match": version})

        assert (stranger.status_code, changed.status_code, stale.status_code) == (404, 200, 412)
