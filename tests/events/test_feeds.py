"""Calendars to subscribe to, and the map for search engines."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar
from rest_framework.test import APIClient

from accounts.models import User
from events.models import Event, EventAccess, Favorite
from events.pages import sitemaps
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db


def entries(content: bytes) -> dict[str, tuple[str, str]]:
    """Return title → (status, place)."""
    return {
        str(one["summary"]): (str(one["status"]), str(one["location"]))
        for one in Calendar.from_ical(content).walk("VEVENT")
    }


def link_of(user: User, *, method: str = "get") -> str:
    client = APIClient()
    client.force_authenticate(user)
    url = getattr(client, method)("/api/v1/me/calendar/").json()["url"]
    return url.removeprefix("http://127.0.0.1:8000")


class TestOrganizerCalendar:
    def test_holds_what_guests_may_know(self, client: Client) -> None:
        organizer = make_organizer(name="White water")
        make_event(organizer=organizer, title="Open", address="Secret 1")
        make_event(organizer=organizer, title="Public", address="Quay 2", address_is_public=True)
        make_event(organizer=organizer, title="Off", status="cancelled")
        make_event(organizer=organizer, title="Draft", status="draft")
        make_event(organizer=organizer, title="Old", status="finished", starts_at=timezone.now() - timedelta(days=99))
        make_event(title="Foreign")

        response = client.get(f"/calendar/organizers/{organizer.id}.ics")

        found = entries(response.content)
        assert {title: status for title, (status, _) in found.items()} == {
            "Open": "CONFIRMED",
            "Public": "CONFIRMED",
            "Off": "CANCELLED",
        }
        assert "Secret" not in found["Open"][1]
        assert "Quay 2" in found["Public"][1]
        assert response["Content-Type"] == "text/calendar; charset=utf-8"

    def test_is_absent_without_an_organizer(self, client: Client) -> None:
        assert client.get(f"/calendar/organizers/{uuid.uuid4()}.ics").status_code == 404


class TestOwnCalendar:
    def test_holds_booked_and_favourite_events(self, client: Client) -> None:
        user = make_user()
        booked, kept = make_event(title="Booked", address="Quay 1"), make_event(title="Kept", address="Secret 2")
        make_event(title="Neither")
        EventAccess.objects.create(user=user, event=booked)
        Favorite.objects.create(user=user, event=kept)

        found = entries(client.get(link_of(user)).content)

        assert {title: status for title, (status, _) in found.items()} == {"Booked": "CONFIRMED", "Kept": "TENTATIVE"}
        assert "Quay 1" in found["Booked"][1]
        assert "Secret" not in found["Kept"][1]

    def test_keeps_its_address_until_it_is_changed(self, client: Client) -> None:
        user = make_user()
        old = link_of(user)

        assert link_of(user) == old
        new = link_of(user, method="post")

        assert new != old
        assert client.get(old).status_code == 404
        assert client.get(new).status_code == 200

    def test_ends_with_the_account(self, client: Client) -> None:
        user = make_user()
        link = link_of(user)
        User.objects.filter(id=user.id).update(is_active=False)

        assert client.get(link).status_code == 404

    @pytest.mark.parametrize("token", ["x", "a.b:c", f"{'a' * 32}.{'b' * 32}:forged"])
    def test_is_closed_to_whoever_guesses(self, client: Client, token: str) -> None:
        assert client.get(f"/calendar/{token}.ics").status_code == 404

    def test_is_for_people_who_have_signed_in(self, api: APIClient) -> None:
        assert api.get("/api/v1/me/calendar/").status_code == 401


def locations(content: bytes) -> list[str]:
    return re.findall(r"<loc>(.*?)</loc>", content.decode())


class TestSitemap:
    def test_names_every_page_that_guests_may_open(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sitemaps.EventsSitemap, "limit", 2)
        events = [make_event() for _ in range(5)]
        make_event(status="draft")
        make_event(status="suspended")

        sections = locations(client.get("/sitemap.xml", headers={"host": "localhost"}).content)
        found = [
            url for one in sections for url in locations(client.get(one.removeprefix("http://127.0.0.1:8000")).content)
        ]

        assert len(sections) == 4
        assert set(found) == {"http://127.0.0.1:8000/"} | {
            f"http://127.0.0.1:8000/events/{event.slug}-{event.id}/" for event in events
        }

    def test_costs_the_same_for_one_event_and_for_many(self, client: Client, django_assert_num_queries: object) -> None:
        for number in (1, 5):
            while Event.objects.count() < number:
                make_event()
            with django_assert_num_queries(2):
                client.get("/sitemap-events.xml")

    def test_is_named_where_search_engines_look(self, client: Client) -> None:
        assert b"Sitemap: http://127.0.0.1:8000/sitemap.xml" in client.get("/robots.txt").content

    def test_has_no_section_that_is_not_there(self, client: Client) -> None:
        assert client.get("/sitemap-people.xml").status_code == 404
