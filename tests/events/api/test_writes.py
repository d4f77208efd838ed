"""What a write may say: nothing unknown, nothing impossible, and once per Idempotency-Key."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from events.api.examples import EVENT_INPUT
from events.models import Event
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

Calling = Callable[..., APIClient]


@pytest.fixture
def owner(calling: Calling) -> APIClient:
    make_category(slug="rafting")
    return calling("foreign_owner", make_event())


def errors(response: Any) -> dict[str, str]:
    return {one["pointer"]: one["code"] for one in response.json()["errors"]}


class TestUnknownMembers:
    def test_are_named_beside_everything_else_that_is_wrong(self, owner: APIClient) -> None:
        body = EVENT_INPUT | {"colour": "blue", "title": ""}

        response = owner.post("/api/v1/events/", body)

        assert response.status_code == 400
        assert errors(response) == {"/colour": "unknown_field", "/title": "blank"}

    def test_are_found_deep_in_the_body(self, owner: APIClient) -> None:
        wrong = EVENT_INPUT["ticket_types"][0] | {"price": {"amount": "5", "currency": "RUB", "vat": 20}, "prise": 1}
        body = EVENT_INPUT | {"ticket_types": [wrong], "refund_policy": {"bands": [], "fees": 5}}

        response = owner.post("/api/v1/events/", body)

        assert errors(response) == {
            "/ticket_types/0/prise": "unknown_field",
            "/ticket_types/0/price/vat": "unknown_field",
            "/refund_policy/fees": "unknown_field",
        }

    @pytest.mark.parametrize("body", [{"status": "published"}, {"held": 5}, {"reason": "x"}])
    def test_are_refused_in_a_change(self, calling: Calling, body: dict[str, Any]) -> None:
        event = make_event()

        response = calling("owner", event).patch(f"/api/v1/events/{event.id}/", body, headers={"If-Match": '"v1"'})

        assert (response.status_code, set(errors(response).values())) == (400, {"unknown_field"})
        assert Event.objects.get().version == 1

    @pytest.mark.parametrize("step", ["cancel", "suspend", "reschedule"])
    def test_are_refused_in_a_step(self, calling: Calling, step: str) -> None:
        event = make_event()
        body = {"reason": "A storm", "venue": "Elsewhere", "notify": False}

        response = calling("administrator", event).post(f"/api/v1/events/{event.id}/{step}/", body)

        assert response.status_code == 400
        assert errors(response)["/notify"] == "unknown_field"

    def test_are_refused_in_a_ticket_type(self, calling: Calling) -> None:
        ticket_type = make_ticket_type()

        response = calling("owner", ticket_type.event).patch(
            f"/api/v1/events/{ticket_type.event_id}/ticket-types/{ticket_type.id}/", {"sold": 0}
        )

        assert errors(response) == {"/sold": "unknown_field"}


class TestCapacity:
    def test_of_nobody_is_refused(self, owner: APIClient) -> None:
        empty = EVENT_INPUT["ticket_types"][0] | {"capacity": 0}

        response = owner.post("/api/v1/events/", EVENT_INPUT | {"capacity": 0, "ticket_types": [empty]})

        assert errors(response) == {"/capacity": "min_value", "/ticket_types/0/capacity": "min_value"}

    def test_of_a_new_events_type_stays_within_the_event(self, owner: APIClient) -> None:
        response = owner.post("/api/v1/events/", EVENT_INPUT | {"capacity": 23})

        assert response.status_code == 400
        assert errors(response) == {"/ticket_types/0/capacity": "above_event_capacity"}
        assert not Event.objects.filter(title=EVENT_INPUT["title"]).exists()

    def test_of_a_type_stays_within_the_event(self, calling: Calling) -> None:
        ticket_type = make_ticket_type(event=make_event(capacity=10))

        response = calling("owner", ticket_type.event).patch(
            f"/api/v1/events/{ticket_type.event_id}/ticket-types/{ticket_type.id}/", {"capacity": 11}
        )

        assert errors(response) == {"/capacity": "above_event_capacity"}

    def test_of_the_event_holds_each_of_its_types(self, calling: Calling) -> None:
        event = make_ticket_type(capacity=10).event
        headers = {"If-Match": '"v1"'}

        refused = calling("owner", event).patch(f"/api/v1/events/{event.id}/", {"capacity": 9}, headers=headers)
        taken = calling("owner", event).patch(f"/api/v1/events/{event.id}/", {"capacity": 10}, headers=headers)

        assert errors(refused) == {"/capacity": "below_ticket_type_capacity"}
        assert taken.status_code == 200


class TestKeyedCreation:
    def test_makes_one_event_for_one_key(self, owner: APIClient) -> None:
        headers = {"Idempotency-Key": uuid.uuid4().hex}

        answers = [owner.post("/api/v1/events/", EVENT_INPUT, headers=headers) for _ in range(2)]

        assert [one.status_code for one in answers] == [201, 201]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        assert answers[1]["Idempotency-Replayed"] == "true"

    def test_makes_two_without_a_key(self, owner: APIClient) -> None:
        answers = [owner.post("/api/v1/events/", EVENT_INPUT) for _ in range(2)]

        assert len({one.json()["id"] for one in answers}) == 2

    @pytest.mark.parametrize(
        ("key", "code"), [("", "idempotency_key_required"), ("has space", "idempotency_key_invalid")]
    )
    def test_refuses_a_key_that_is_none(self, owner: APIClient, key: str, code: str) -> None:
        response = owner.post("/api/v1/events/", EVENT_INPUT, headers={"Idempotency-Key": key})

        assert (response.status_code, response.json()["code"]) == (400, code)


class TestTimes:
    def test_are_kept_to_the_second_so_that_a_series_can_be_made_of_them(self, owner: APIClient) -> None:
        times = {"starts_at": "2030-06-14T03:00:00.987654Z", "ends_at": "2030-06-14T11:00:00.5+03:00"}

        made = owner.post("/api/v1/events/", EVENT_INPUT | times).json()
        series = owner.post(f"/api/v1/events/{made['id']}/recurrence/", {"rule": "FREQ=DAILY;COUNT=2"})

        assert (made["starts_at"], made["ends_at"]) == ("2030-06-14T03:00:00Z", "2030-06-14T08:00:00Z")
        assert [one["starts_at"] for one in series.json()["events"]] == ["2030-06-14T03:00:00Z", "2030-06-15T03:00:00Z"]
