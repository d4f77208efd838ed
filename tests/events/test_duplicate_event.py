"""Copies of an event, and series made from one: events.services.copy_event, duplicate_event and repeat_event."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.models import AuditEntry
from common.problems import StaleVersion
from common.transactions import use_case
from events.actors import Actor
from events.models import Event, EventSeries, Question
from events.models.lifecycle import Status
from events.services.copy_event import CONTENT
from events.services.repeat_event import repeat_event
from tests.events.api.conftest import calling
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

Calling = Callable[..., APIClient]
__all__ = ["calling"]
START = datetime(2030, 6, 14, 3, tzinfo=UTC)


def make_source(**fields: Any) -> Event:
    """Make an event with a sold type, a hidden one and a question."""
    event = make_event(
        starts_at=START, capacity=50, contact="+7 900 000-00-00", tags=["river"], held=1, sold=3, **fields
    )
    kind = make_ticket_type(event=event, name="Adult", held=1, sold=3, sale_opens_at=START - timedelta(days=30))
    make_ticket_type(event=event, name="Friends", access_code="wave", position=1)
    Question.objects.create(event=event, ticket_type=kind, kind="text", prompt="Your height?")
    Question.objects.create(event=event, kind="text", prompt="Old one?", retired_at=START)
    return event


class TestDuplicate:
    def test_begins_anew_with_the_same_content(self, calling: Calling) -> None:
        source = make_source()
        later = START + timedelta(days=7)

        response = calling("owner", source).post(
            f"/api/v1/events/{source.id}/duplicate/", {"starts_at": later.isoformat(), "title": "Again"}
        )

        copy = Event.objects.get(id=response.json()["id"])
        kinds = copy.ticket_types.order_by("position")
        assert response.status_code == 201
        assert (copy.status, copy.version, copy.held, copy.sold, copy.title) == (Status.DRAFT, 1, 0, 0, "Again")
        assert (copy.starts_at, copy.ends_at - copy.starts_at) == (later, source.ends_at - source.starts_at)
        assert {name: getattr(copy, name) for name in CONTENT if name != "title"} == {
            name: getattr(source, name) for name in CONTENT if name != "title"
        }
        assert [(one.name, one.held, one.sold, one.access_code) for one in kinds] == [
            ("Adult", 0, 0, ""),
            ("Friends", 0, 0, "wave"),
        ]
        assert kinds[0].sale_opens_at == later - timedelta(days=30)
        assert [(one.prompt, one.ticket_type_id) for one in copy.questions.all()] == [("Your height?", kinds[0].id)]

    def test_counts_who_has_attended_as_the_old_one_did(self, calling: Calling) -> None:
        source = make_event(counts_unscanned=False, doors_open_hours_before=12)

        copy = calling("owner", source).post(f"/api/v1/events/{source.id}/duplicate/", {}).json()

        assert copy["counts_unscanned"] is False
        assert copy["doors_open_hours_before"] == 12

    def test_may_be_taken_of_a_cancelled_event(self, calling: Calling) -> None:
        source = make_event(status=Status.CANCELLED)

        response = calling("manager", source).post(f"/api/v1/events/{source.id}/duplicate/", {})

        assert (response.status_code, response.json()["status"]) == (201, "draft")
        assert response.json()["status_reason"] == ""

    def test_keeps_the_refunds_of_its_own_ticket_types(self, calling: Calling) -> None:
        kind = make_ticket_type()
        bands = [{"hours_before": 24, "percent": 10}]
        policy = {"bands": [], "types": {str(kind.id): bands}}
        Event.objects.filter(id=kind.event_id).update(refund_policy=policy)

        copy = calling("owner", kind.event).post(f"/api/v1/events/{kind.event_id}/duplicate/", {}).json()

        assert copy["refund_policy"]["types"] == {copy["ticket_types"][0]["id"]: bands}


class TestRepeat:
    def test_makes_a_draft_for_each_further_date(self, calling: Calling, django_assert_max_num_queries: Any) -> None:
        source = make_source(time_zone="Asia/Barnaul")
        owner = calling("owner", source)

        with django_assert_max_num_queries(28):
            response = owner.post(f"/api/v1/events/{source.id}/recurrence/", {"rule": "FREQ=DAILY;COUNT=200"})

        assert response.status_code == 201
        events = list(Event.objects.filter(series_id=response.json()["id"]).order_by("series_position"))
        assert [one.series_position for one in events] == list(range(200))
        assert events[0].id == source.id
        assert [one.starts_at for one in events] == [START + timedelta(days=number) for number in range(200)]
        assert {one.status for one in events[1:]} == {Status.DRAFT}
        assert len({one.slug for one in events}) == 200
        assert events[199].ticket_types.count() == 2
        assert AuditEntry.objects.get().changes["events"] == [1, 200]

    def test_shows_the_dates_before_anything_is_written(self, calling: Calling) -> None:
        source = make_event(starts_at=START)

        response = calling("owner", source).post(
            f"/api/v1/events/{source.id}/recurrence/preview/", {"rule": "FREQ=WEEKLY;COUNT=2"}
        )

        assert response.json()["total"] == 2
        assert response.json()["dates"][1]["starts_at"] == "2030-06-21T03:00:00Z"
        assert Event.objects.count() == 1

    def test_is_done_once(self, calling: Calling) -> None:
        source = make_event(starts_at=START)
        owner = calling("owner", source)
        path = f"/api/v1/events/{source.id}/recurrence/"

        owner.post(path, {"rule": "FREQ=DAILY;COUNT=3"})
        again = owner.post(path, {"rule": "FREQ=DAILY;COUNT=3"})

        assert (again.status_code, again.json()["code"]) == (409, "already_in_series")
        assert Event.objects.count() == 3

    def test_leaves_nothing_behind_for_who_read_an_old_version(self) -> None:
        source = make_event(starts_at=START, version=2)

        with pytest.raises(StaleVersion), use_case():
            repeat_event(
                actor=Actor(administers=True), event_id=source.id, rule="FREQ=DAILY;COUNT=3", expected_version=1
            )

        assert not EventSeries.objects.exists()

    @pytest.mark.parametrize("path", ["recurrence/", "recurrence/preview/", "duplicate/"])
    @pytest.mark.parametrize(
        ("caller", "answer"), [("guest", 401), ("user", 404), ("foreign_owner", 404), ("door", 403)]
    )
    def test_is_for_those_who_manage_the_event(self, calling: Calling, path: str, caller: str, answer: int) -> None:
        source = make_event(starts_at=START)
        body = {} if path == "duplicate/" else {"rule": "FREQ=DAILY;COUNT=3"}

        assert calling(caller, source).post(f"/api/v1/events/{source.id}/{path}", body).status_code == answer
        assert Event.objects.count() == 1
