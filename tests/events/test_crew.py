"""A crew, asked for and answered."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from rest_framework.test import APIClient

from bus.models import OutboxRow
from bus.subscriptions import Message, UnreadableMessage
from common.transactions import use_case
from config.management.commands.simulate_crew import answer
from events.actors import Actor
from events.handlers import consume_crew_replies
from events.models import CrewAssignment, CrewNeed, Event
from events.services.apply_crew_reply import CrewReply, apply_crew_reply
from events.services.request_crew import CrewNotNeeded, request_crew
from events.services.warn_unfilled_crew import warn_unfilled_crew
from tests.events.api.conftest import calling  # noqa: F401  (a fixture)
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 6, 1, 9, tzinfo=UTC)
START = datetime(2030, 6, 14, 9, tzinfo=UTC)
ANN, BOB = uuid.uuid4(), uuid.uuid4()


def owner_of(event: Event) -> Actor:
    return Actor(event.organizer.members.get(role="owner").user_id)


def at_sea(*, starts_at: datetime = START, roles: dict[str, int] | None = None, **fields: Any) -> Event:
    """Make an event that has asked for one captain."""
    event = make_ticket_type(
        event=make_event(starts_at=starts_at, ends_at=starts_at + timedelta(hours=4), **fields)
    ).event
    ask(event, roles or {"captain": 1})
    return event


def ask(event: Event, roles: dict[str, int]) -> None:
    with use_case():
        request_crew(actor=owner_of(event), event_id=event.id, roles=roles, now=NOW)


def reply(
    event: Event, person: uuid.UUID = ANN, status: str = "assigned", *, minute: int = 0, role: str = "captain"
) -> CrewReply:
    return CrewReply(
        event_id=event.id,
        person_id=person,
        name="Ann",
        role=role,
        status=status,
        at=NOW + timedelta(minutes=minute),
    )


def tell(*replies: CrewReply) -> None:
    for one in replies:
        with use_case():
            apply_crew_reply(reply=one, now=NOW)


def crew(event: Event) -> dict[uuid.UUID, tuple[str, str]]:
    return {one.person_id: (one.status, one.reason) for one in CrewAssignment.objects.filter(event=event)}


def stated(wire_type: str) -> list[dict[str, Any]]:
    rows = OutboxRow.objects.filter(wire_type=wire_type).order_by("id")
    return [json.loads(row.payload) for row in rows]


class TestRequestCrew:
    def test_states_what_is_missing(self) -> None:
        event = at_sea(roles={"captain": 1, "instructor": 4})

        [asked] = stated("events.crew.requested.v1")

        assert asked["event_id"] == str(event.id)
        assert asked["roles"] == [{"role": "captain", "missing": 1}, {"role": "instructor", "missing": 4}]

    def test_asks_once_for_the_same(self) -> None:
        event = at_sea()
        ask(event, {"captain": 1})

        assert len(stated("events.crew.requested.v1")) == 1

    def test_asks_only_for_who_is_missing(self) -> None:
        event = at_sea()
        tell(reply(event))

        ask(event, {"captain": 3})

        assert stated("events.crew.requested.v1")[-1]["roles"] == [{"role": "captain", "missing": 2}]

    @pytest.mark.parametrize("status", ["finished", "cancelled", "archived"])
    def test_refuses_an_event_that_is_over(self, status: str) -> None:
        with pytest.raises(CrewNotNeeded):
            ask(make_event(status=status, starts_at=START), {"captain": 1})


class TestApplyCrewReply:
    def test_assigns(self) -> None:
        event = at_sea()

        tell(reply(event))

        assert crew(event) == {ANN: ("assigned", "")}

    def test_changes_nothing_the_second_time(self) -> None:
        event = at_sea()
        tell(reply(event))
        facts = OutboxRow.objects.count()

        tell(reply(event), reply(event, status="withdrawn"))

        assert crew(event) == {ANN: ("assigned", "")}
        assert OutboxRow.objects.count() == facts

    def test_comes_to_the_same_end_in_any_order(self) -> None:
        for order in permutations(range(4)):
            ann, bob = uuid.uuid4(), uuid.uuid4()
            one, other = at_sea(), at_sea(starts_at=START + timedelta(hours=2))
            told = [
                reply(one, ann),
                reply(one, ann, status="withdrawn", minute=1),
                reply(other, ann, minute=2),
                reply(one, bob, minute=3),
            ]

            tell(*(told[number] for number in order), *(told[number] for number in order))

            assert crew(other) == {ann: ("assigned", "")}, order
            assert crew(one) == {ann: ("withdrawn", ""), bob: ("assigned", "")}, order

    def test_refuses_who_works_elsewhere_at_that_time_and_asks_again(self) -> None:
        one, other = at_sea(), at_sea(starts_at=START + timedelta(hours=3))
        tell(reply(one))

        tell(reply(other, minute=1))

        assert crew(other) == {ANN: ("refused", "overlap")}
        [released] = stated("events.crew.released.v1")
        assert (released["person_id"], released["reason"]) == (str(ANN), "overlap")
        assert stated("events.crew.requested.v1")[-1]["event_id"] == str(other.id)

    def test_takes_who_works_elsewhere_right_before(self) -> None:
        one, other = at_sea(), at_sea(starts_at=START + timedelta(hours=4))

        tell(reply(one), reply(other, minute=1))

        assert crew(other) == {ANN: ("assigned", "")}

    def test_refuses_who_is_one_too_many(self) -> None:
        event = at_sea()

        tell(reply(event), reply(event, BOB), reply(event, uuid.UUID(int=3), role="cook"))

        assert list(crew(event).values()) == [("assigned", ""), ("refused", "not_wanted"), ("refused", "not_wanted")]

    def test_refuses_everybody_when_the_event_is_off(self) -> None:
        event = at_sea()
        Event.objects.filter(id=event.id).update(status="cancelled", status_reason="A storm")

        tell(reply(event))

        assert crew(event) == {ANN: ("refused", "closed")}

    def test_asks_again_when_somebody_withdraws(self) -> None:
        event = at_sea()
        tell(reply(event))

        tell(reply(event, status="withdrawn", minute=1))

        assert crew(event) == {ANN: ("withdrawn", "")}
        assert stated("events.crew.requested.v1")[-1]["roles"] == [{"role": "captain", "missing": 1}]

    def test_the_database_itself_keeps_a_person_from_two_places(self) -> None:
        during = DateTimeTZRange(START, START + timedelta(hours=1))
        row = {"person_id": ANN, "name": "Ann", "role": "x", "status": "assigned", "told_at": NOW, "during": during}
        CrewAssignment.objects.create(event=make_event(), **row)

        with pytest.raises(IntegrityError, match="events_crew_assignment_no_overlap"):
            CrewAssignment.objects.create(event=make_event(), **row)


class TestConsume:
    @staticmethod
    def message(value: bytes) -> Message:
        return Message(topic="crew.replies", partition=0, offset=0, key="", value=value, headers={}, id="")

    def test_applies_what_is_on_the_topic(self) -> None:
        event = at_sea()
        told = {"event_id": str(event.id), "person_id": str(ANN), "role": "captain", "status": "assigned"}

        with use_case():
            consume_crew_replies([self.message(json.dumps(told | {"at": "2026-01-01T00:00:00Z"}).encode())])

        assert crew(event) == {ANN: ("assigned", "")}

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"[]",
            b"{}",
            json.dumps(
                {
                    "event_id": str(uuid.uuid4()),
                    "person_id": str(ANN),
                    "role": "captain",
                    "status": "assigned",
                    "at": "2026-01-01T00:00:00Z",
                }
            ).encode(),
        ],
    )
    def test_puts_aside_what_it_cannot_read(self, value: bytes) -> None:
        with use_case(), pytest.raises(UnreadableMessage):
            consume_crew_replies([self.message(value)])

    def test_puts_aside_what_is_dated_ahead(self) -> None:
        event = at_sea()
        told = {"event_id": str(event.id), "person_id": str(ANN), "role": "captain", "status": "assigned"}

        with use_case(), pytest.raises(UnreadableMessage, match="CrewReplyAhead"):
            consume_crew_replies([self.message(json.dumps(told | {"at": "9999-12-31T23:59:59Z"}).encode())])

        assert crew(event) == {}

    def test_the_simulator_answers_what_is_asked(self) -> None:
        import random

        event = at_sea(roles={"captain": 2})
        [asked] = stated("events.crew.requested.v1")
        request = json.dumps({"type": "events.crew.requested.v1", "data": asked}).encode()

        replies = answer(request, random.Random(3))
        with use_case():
            consume_crew_replies([self.message(value) for _topic, _key, value, _headers in replies])

        assert len(replies) == 2
        assert [status for status, _ in crew(event).values()] == ["assigned", "assigned"]


class TestWarnUnfilledCrew:
    def warn(self, now: datetime) -> int:
        with use_case():
            return warn_unfilled_crew(now=now)

    def test_warns_once_three_days_before_the_start(self) -> None:
        event = at_sea(roles={"captain": 1, "cook": 1})
        tell(reply(event))

        assert self.warn(START - timedelta(hours=73)) == 0
        assert self.warn(START - timedelta(hours=71)) == 1
        assert self.warn(START - timedelta(hours=70)) == 0
        [warned] = stated("events.crew.unfilled.v1")
        assert warned["roles"] == [{"role": "cook", "missing": 1}]
        assert warned["member_ids"] == [str(owner_of(event).user_id)]

    def test_says_nothing_of_a_full_crew(self) -> None:
        tell(reply(at_sea()))

        assert self.warn(START - timedelta(hours=1)) == 0

    def test_warns_again_for_another_start(self) -> None:
        event = at_sea()
        self.warn(START - timedelta(hours=1))
        Event.objects.filter(id=event.id).update(
            starts_at=START + timedelta(days=9), ends_at=START + timedelta(days=10)
        )

        assert self.warn(START + timedelta(days=8)) == 1


class TestApi:
    @pytest.mark.parametrize(
        ("caller", "read", "written"),
        [
            *[("guest", 401, 401), ("user", 404, 404), ("booker", 404, 404), ("foreign_owner", 404, 404)],
            *[("door", 200, 403), ("manager", 200, 200), ("owner", 200, 200), ("administrator", 200, 200)],
        ],
    )
    def test_is_the_organizers_own(self, calling: Any, caller: str, read: int, written: int) -> None:  # noqa: F811
        event = make_event()
        client = calling(caller, event)
        url = f"/api/v1/events/{event.id}/crew/"

        assert client.get(url).status_code == read
        assert client.post(url, {"roles": [{"role": "captain", "wanted": 1}]}).status_code == written
        assert CrewNeed.objects.count() == (written == 200)

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/roles"),
            ({"roles": [{"role": "", "wanted": 1}]}, "/roles/0/role"),
            ({"roles": [{"role": "cook", "wanted": 0}]}, "/roles/0/wanted"),
            ({"roles": [{"role": "cook", "wanted": 1}] * 2}, "/roles"),
            ({"roles": [], "colour": "blue"}, "/colour"),
        ],
    )
    def test_says_what_is_wrong(self, calling: Any, body: Any, pointer: str) -> None:  # noqa: F811
        event = make_event()

        response = calling("owner", event).post(f"/api/v1/events/{event.id}/crew/", body)

        assert response.status_code == 400
        assert [one["pointer"] for one in response.json()["errors"]] == [pointer]

    def test_shows_roles_and_members(self) -> None:
        event = at_sea()
        tell(reply(event))
        client = APIClient()
        client.force_authenticate(event.organizer.members.get(role="owner").user)

        shown = client.get(f"/api/v1/events/{event.id}/crew/").json()

        assert shown["roles"] == [{"role": "captain", "wanted": 1, "assigned": 1, "missing": 0}]
        assert [(one["name"], one["status"]) for one in shown["members"]] == [("Ann", "assigned")]
