"""Steps of an event's life and ticket types through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.models import AuditEntry
from events.models import Event, TicketType
from events.models.lifecycle import TRANSITIONS, Driver, Status, actions_from
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

Calling = Callable[..., APIClient]
REASON = {"reason": "A storm"}
FROM_AND_BODY: dict[str, tuple[Status, dict[str, Any]]] = {
    "publish": (Status.DRAFT, {}),
    "cancel": (Status.PUBLISHED, REASON),
    "reschedule": (Status.PUBLISHED, REASON | {"venue": "Elsewhere"}),
    "archive": (Status.FINISHED, {}),
    "suspend": (Status.PUBLISHED, REASON),
    "restore": (Status.SUSPENDED, {}),
}
BY_ADMINISTRATOR = ("suspend", "restore")
BY_ORGANIZER = [action for action in FROM_AND_BODY if action not in BY_ADMINISTRATOR]


# What the clock does isn't asked for; moving an event leaves its status.
BY_PEOPLE = {(one.source, one.action): one.target for one in TRANSITIONS if one.driver != Driver.CLOCK}


def make_ready(status: Status) -> Event:
    return make_ticket_type(event=make_event(status=status)).event


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", [one for one in FROM_AND_BODY if one != "reschedule"])
def test_a_step_is_taken_where_the_table_allows_it_and_refused_elsewhere(
    calling: Calling, action: str, status: Status
) -> None:
    event = make_ready(status)

    response = calling("administrator", event).post(f"/api/v1/events/{event.id}/{action}/", FROM_AND_BODY[action][1])

    event.refresh_from_db()
    if (status, action) in BY_PEOPLE:
        assert (response.status_code, response.json()["status"]) == (200, event.status)
        assert (event.status != status, event.version) == (True, 2)
    else:
        told = response.json()
        assert (response.status_code, response["Content-Type"]) == (409, "application/problem+json")
        assert (told["code"], told["event_status"], told["allowed"]) == (
            "invalid_transition",
            status,
            actions_from(status),
        )
        assert (event.status, event.version) == (status, 1)


@pytest.mark.parametrize("status", Status)
def test_only_a_published_event_is_moved_and_only_a_draft_deleted(calling: Calling, status: Status) -> None:
    event = make_ready(status)
    client, path = calling("administrator", event), f"/api/v1/events/{event.id}/"

    moved = client.post(f"{path}reschedule/", FROM_AND_BODY["reschedule"][1])
    deleted = client.delete(path)

    assert moved.status_code == (200 if status == Status.PUBLISHED else 409)
    assert deleted.status_code == (204 if status == Status.DRAFT else 409)
    for response in (moved, deleted):
        if response.status_code == 409:
            assert (response.json()["code"], response.json()["allowed"]) == (
                "invalid_transition",
                actions_from(status),
            )


@pytest.mark.parametrize("action", BY_ORGANIZER)
@pytest.mark.parametrize(
    ("caller", "answer"),
    [
        ("guest", 401),
        ("user", 404),
        ("booker", 404),
        ("foreign_owner", 404),
        ("staff", 404),
        ("door", 403),
        ("manager", 200),
        ("owner", 200),
        ("administrator", 200),
    ],
)
def test_a_step_is_for_those_who_manage_the_event(calling: Calling, action: str, caller: str, answer: int) -> None:
    status, body = FROM_AND_BODY[action]
    event = make_ready(status)

    response = calling(caller, event).post(f"/api/v1/events/{event.id}/{action}/", body)

    assert response.status_code == answer
    assert (Event.objects.get(id=event.id).version == 2) == (answer == 200)


@pytest.mark.parametrize("action", BY_ADMINISTRATOR)
@pytest.mark.parametrize(
    ("caller", "answer"),
    [("guest", 401), ("user", 403), ("owner", 403), ("staff", 403), ("helper", 403), ("administrator", 200)],
)
def test_taking_down_is_for_administrators_with_a_second_factor_and_the_role(
    calling: Calling, action: str, caller: str, answer: int
) -> None:
    status, body = FROM_AND_BODY[action]
    event = make_ready(status)

    response = calling(caller, event).post(f"/api/v1/events/{event.id}/{action}/", body)

    assert response.status_code == answer
    assert (Event.objects.get(id=event.id).version == 2) == (answer == 200)


@pytest.mark.parametrize("action", FROM_AND_BODY)
def test_a_step_refuses_a_stale_version_when_one_is_given(calling: Calling, action: str) -> None:
    status, body = FROM_AND_BODY[action]
    event = make_ready(status)

    response = calling("administrator", event).post(
        f"/api/v1/events/{event.id}/{action}/", body, headers={"If-Match": '"v7"'}
    )

    assert (response.status_code, response.json()["code"]) == (412, "stale_version")


@pytest.mark.parametrize("action", ["cancel", "suspend", "reschedule"])
@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}])
def test_a_step_that_hurts_people_needs_a_reason(calling: Calling, action: str, body: dict[str, Any]) -> None:
    event = make_event()

    response = calling("administrator", event).post(f"/api/v1/events/{event.id}/{action}/", body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/reason"


def test_a_wrong_step_names_what_is_allowed(calling: Calling) -> None:
    event = make_event(status=Status.DRAFT)

    response = calling("owner", event).post(f"/api/v1/events/{event.id}/cancel/", REASON)

    problem = response.json()
    assert (response.status_code, problem["code"]) == (409, "invalid_transition")
    assert (problem["allowed"], problem["status"]) == (["publish"], 409)
    assert problem["event_status"] == "draft"


def test_publishing_names_everything_that_is_missing(calling: Calling) -> None:
    event = make_event(status=Status.DRAFT, venue="", refund_policy={})

    response = calling("owner", event).post(f"/api/v1/events/{event.id}/publish/")

    assert (response.status_code, response.json()["code"]) == (409, "not_ready_to_publish")
    assert {one["pointer"] for one in response.json()["errors"]} == {"/venue", "/refund_policy", "/ticket_types"}


def test_an_event_taken_down_is_gone_for_guests_at_once(calling: Calling, api: APIClient) -> None:
    event = make_event()

    calling("administrator", event).post(f"/api/v1/events/{event.id}/suspend/", REASON)

    assert api.get(f"/api/v1/events/{event.id}/").status_code == 404
    assert AuditEntry.objects.get().reason == "A storm"


class TestTicketTypes:
    @pytest.mark.parametrize("types", [1, 3])
    def test_are_listed_with_the_events_etag(self, api: APIClient, types: int, django_assert_num_queries: Any) -> None:
        event = make_event(version=3)
        for _ in range(types):
            make_ticket_type(event=event)

        with django_assert_num_queries(3):
            response = api.get(f"/api/v1/events/{event.id}/ticket-types/")

        assert (len(response.json()["results"]), response["ETag"]) == (types, '"v3"')

    def test_are_listed_in_pages(self, api: APIClient) -> None:
        event = make_event()
        names = [make_ticket_type(event=event, position=position).name for position in range(3)]

        first = api.get(f"/api/v1/events/{event.id}/ticket-types/?page_size=2").json()
        second = api.get(first["next"]).json()

        assert [one["name"] for one in first["results"] + second["results"]] == names
        assert second["next"] is None

    def test_behind_a_code_are_seen_by_who_says_it_and_by_the_organizer(self, calling: Calling, api: APIClient) -> None:
        event = make_ticket_type(name="Friends", access_code="wave").event
        page = f"/api/v1/events/{event.id}/ticket-types/"

        def names(client: APIClient, path: str = page) -> list[str]:
            return [one["name"] for one in client.get(path).json()["results"]]

        assert names(api) == names(api, f"{page}?access_code=storm") == []
        assert names(api, f"{page}?access_code=wave") == names(calling("owner", event)) == ["Friends"]
        assert names(api, f"{page}?access_code=WAVE") == ["Friends"]
        assert api.get(f"/api/v1/events/{event.id}/").json()["ticket_types"] == []
        assert api.get(f"{page}?access_code=wave").json()["results"][0]["access_code"] is None

    @pytest.mark.parametrize(
        ("caller", "answer"),
        [("guest", 401), ("user", 404), ("foreign_owner", 404), ("door", 403), ("manager", 201), ("owner", 201)],
    )
    def test_are_added_by_those_who_manage_the_event(self, calling: Calling, caller: str, answer: int) -> None:
        event = make_ready(Status.PUBLISHED)
        body = {"name": "VIP", "price": {"amount": "9000.00", "currency": "RUB"}, "capacity": 5}

        response = calling(caller, event).post(f"/api/v1/events/{event.id}/ticket-types/", body)

        assert response.status_code == answer
        assert TicketType.objects.filter(name="VIP").exists() == (answer == 201)

    @pytest.mark.parametrize(
        ("caller", "answer"),
        [("guest", 401), ("user", 404), ("foreign_owner", 404), ("door", 403), ("manager", 200), ("owner", 200)],
    )
    def test_are_changed_by_those_who_manage_the_event(self, calling: Calling, caller: str, answer: int) -> None:
        ticket_type = make_ticket_type()

        response = calling(caller, ticket_type.event).patch(
            f"/api/v1/events/{ticket_type.event_id}/ticket-types/{ticket_type.id}/", {"capacity": 30}
        )

        assert response.status_code == answer
        assert TicketType.objects.get().capacity == (30 if answer == 200 else 10)

    def test_of_another_event_are_not_there(self, calling: Calling) -> None:
        event = make_event()

        response = calling("owner", event).patch(
            f"/api/v1/events/{event.id}/ticket-types/{make_ticket_type().id}/", {"capacity": 30}
        )

        assert response.status_code == 404

    def test_keep_the_seats_that_are_taken(self, calling: Calling) -> None:
        ticket_type = make_ticket_type(held=2, sold=3)

        response = calling("owner", ticket_type.event).patch(
            f"/api/v1/events/{ticket_type.event_id}/ticket-types/{ticket_type.id}/", {"capacity": 4}
        )

        assert (response.status_code, response.json()["code"]) == (409, "capacity_taken")
        assert response.json()["taken"] == 5

    def test_want_a_whole_price(self, calling: Calling) -> None:
        ticket_type = make_ticket_type()

        response = calling("owner", ticket_type.event).patch(
            f"/api/v1/events/{ticket_type.event_id}/ticket-types/{ticket_type.id}/", {"price": {"amount": "5"}}
        )

        assert response.status_code == 400
        assert response.json()["errors"][0]["pointer"] == "/price/currency"

    def test_refuse_a_sale_window_that_ends_before_it_begins(self, calling: Calling) -> None:
        ticket_type = make_ticket_type()
        opens = ticket_type.event.starts_at - timedelta(days=1)

        response = calling("owner", ticket_type.event).patch(
            f"/api/v1/events/{ticket_type.event_id}/ticket-types/{ticket_type.id}/",
            {"sale_opens_at": opens.isoformat(), "sale_closes_at": (opens - timedelta(days=1)).isoformat()},
        )

        assert response.status_code == 400
        assert response.json()["errors"][0]["pointer"] == "/sale_closes_at"
