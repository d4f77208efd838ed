"""Reports over REST: organizers read their own, verified staff read all, guests' views are counted."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AccessToken, OrganizerMember
from analytics.models import EventDay
from tests.factories.accounts import make_organizer, make_staff, make_user
from tests.factories.events import make_event
from tests.factories.reviews import make_review

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


def client_of(user: Any, **token: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user, token=AccessToken(user=user, **token))
    return client


@pytest.fixture
def staff() -> APIClient:
    """An administrator whose token has seen the second factor."""
    return client_of(make_staff("finance"), second_factor_at=timezone.now())


def sold(event: Any, *, days_ago: int = 0, **figures: Any) -> EventDay:
    fields = {"views": 40, "visitors": 20, "holds": 10, "confirmed": 4, "seats": 6, "revenue": "6000.00"} | figures
    return EventDay.objects.create(event=event, day=TODAY - timedelta(days=days_ago), **fields)


class TestCountingViews:
    def test_takes_a_guests_view_without_a_body(self, api: APIClient) -> None:
        event = make_event()

        response = api.generic("POST", f"/api/v1/events/{event.pk}/views/")

        assert response.status_code == 204
        assert EventDay.objects.get().views == 1

    def test_takes_what_a_beacon_sends(self, api: APIClient) -> None:
        event = make_event()

        response = api.generic("POST", f"/api/v1/events/{event.pk}/views/", "", "text/plain;charset=UTF-8")

        assert response.status_code == 204

    def test_finds_no_event_that_is_not_public(self, api: APIClient) -> None:
        assert api.post(f"/api/v1/events/{make_event(status='draft').pk}/views/").status_code == 404
        assert api.post(f"/api/v1/events/{uuid4()}/views/").status_code == 404


class TestReadingAnEvent:
    def test_shows_totals_conversion_and_every_day(self) -> None:
        owner = make_user()
        event = make_event(organizer=make_organizer(owner=owner))
        sold(event)
        sold(event, days_ago=2, confirmed=1, revenue="1000.00", cancelled=1, refunds="500.00")
        sold(event, days_ago=40)

        response = client_of(owner).get(f"/api/v1/events/{event.pk}/analytics/")

        body = response.json()
        assert body["totals"] == {
            "views": 80,
            "visitors": 40,
            "holds": 20,
            "confirmed": 5,
            "seats": 12,
            "cancelled": 1,
            "revenue": "7000.00",
            "refunds": "500.00",
        }
        assert body["conversion"] == {"visitor_to_hold": "0.5000", "hold_to_confirmed": "0.2500"}
        assert (len(body["days"]), body["days"][-1]["confirmed"], body["days"][-2]["confirmed"]) == (30, 4, 0)
        assert body["date_to"] == TODAY.isoformat()

    def test_narrows_to_the_wanted_days(self) -> None:
        owner = make_user()
        event = make_event(organizer=make_organizer(owner=owner))
        sold(event, days_ago=2)
        sold(event, days_ago=3)
        day = (TODAY - timedelta(days=3)).isoformat()

        body = client_of(owner).get(f"/api/v1/events/{event.pk}/analytics/?date_from={day}&date_to={day}").json()

        assert (body["totals"]["confirmed"], [one["day"] for one in body["days"]]) == (4, [day])

    def test_divides_nothing_by_nothing(self) -> None:
        owner = make_user()
        event = make_event(organizer=make_organizer(owner=owner))

        body = client_of(owner).get(f"/api/v1/events/{event.pk}/analytics/").json()

        assert body["conversion"] == {"visitor_to_hold": None, "hold_to_confirmed": None}

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("?date_from=yesterday", "invalid"),
            ("?date_from=2026-02-01&date_to=2026-01-01", "period_reversed"),
            ("?date_from=2024-01-01&date_to=2026-01-01", "period_too_long"),
            ("?date_to=0001-01-01", "out_of_range"),
            ("?date_from=9999-12-30&date_to=9999-12-31", "out_of_range"),
        ],
    )
    def test_refuses_bad_periods(self, query: str, code: str) -> None:
        owner = make_user()
        event = make_event(organizer=make_organizer(owner=owner))

        response = client_of(owner).get(f"/api/v1/events/{event.pk}/analytics/{query}")

        assert (response.status_code, response.json()["errors"][0]["code"]) == (400, code)

    def test_belongs_to_its_organizer_and_to_verified_staff(self, api: APIClient, staff: APIClient) -> None:
        event, foreigner, doorman = make_event(), make_user(), make_user()
        make_organizer(owner=foreigner)
        OrganizerMember.objects.create(organizer=event.organizer, user=doorman, role="door")
        url = f"/api/v1/events/{event.pk}/analytics/"

        assert api.get(url).status_code == 401
        assert client_of(foreigner).get(url).status_code == 404
        assert client_of(doorman).get(url).status_code == 404
        assert client_of(make_user(is_staff=True)).get(url).status_code == 404
        assert staff.get(url).status_code == 200


class TestReadingAnOrganizer:
    def test_adds_its_events_up_per_currency(self) -> None:
        owner = make_user()
        organizer = make_organizer(owner=owner)
        roubles, euros = make_event(organizer=organizer), make_event(organizer=organizer, currency="EUR")
        sold(roubles)
        sold(euros, revenue="90.00")
        sold(make_event())

        body = client_of(owner).get(f"/api/v1/organizers/{organizer.pk}/analytics/").json()

        assert [(one["currency"], one["revenue"]) for one in body["totals"]] == [("EUR", "90.00"), ("RUB", "6000.00")]
        assert [one["event_id"] for one in body["events"]] == [str(roubles.pk), str(euros.pk)]

    def test_belongs_to_its_members_and_to_verified_staff(self, api: APIClient, staff: APIClient) -> None:
        url = f"/api/v1/organizers/{make_organizer().pk}/analytics/"

        assert api.get(url).status_code == 401
        assert client_of(make_user()).get(url).status_code == 404
        assert staff.get(url).status_code == 200

    @pytest.mark.parametrize("count", [1, 5])
    def test_asks_the_database_as_often_for_many_as_for_one(self, django_assert_num_queries: Any, count: int) -> None:
        owner = make_user()
        organizer = make_organizer(owner=owner)
        for _ in range(count):
            sold(make_event(organizer=organizer))

        with django_assert_num_queries(3):
            client_of(owner).get(f"/api/v1/organizers/{organizer.pk}/analytics/")


class TestReadingThePlatform:
    def test_shows_periods_top_events_and_the_queue(self, staff: APIClient) -> None:
        popular, quiet = make_event(), make_event()
        sold(popular, confirmed=9)
        sold(quiet, days_ago=5, confirmed=1)
        make_review()

        body = staff.get("/api/v1/analytics/platform/").json()

        confirmed = {name: period["totals"][0]["confirmed"] for name, period in body["periods"].items()}
        assert confirmed == {"today": 9, "days_7": 10, "days_30": 10}
        assert [one["event_id"] for one in body["top_events"]] == [str(popular.pk), str(quiet.pk)]
        assert (body["moderation"]["waiting"], body["moderation"]["oldest_at"] is not None) == (1, True)

    def test_is_closed_to_everybody_but_verified_staff_of_finance(self, api: APIClient) -> None:
        assert api.get("/api/v1/analytics/platform/").status_code == 401
        assert client_of(make_user()).get("/api/v1/analytics/platform/").status_code == 403
        assert client_of(make_staff("finance")).get("/api/v1/analytics/platform/").status_code == 403
        moderator = client_of(make_staff("moderator"), second_factor_at=timezone.now())
        assert moderator.get("/api/v1/analytics/platform/").status_code == 403
