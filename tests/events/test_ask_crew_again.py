"""Asking once more for the people who are missing."""

import uuid

import pytest
from rest_framework.test import APIClient

from common.problems import NotFound
from common.transactions import use_case
from events.actors import Actor
from events.models import Event
from events.services.ask_crew_again import CrewComplete, ask_crew_again
from events.services.request_crew import CrewNotNeeded
from tests.events.test_crew import BOB, NOW, START, at_sea, owner_of, reply, stated, tell

pytestmark = pytest.mark.django_db

REQUESTED = "events.crew.requested.v1"


def ask_again(event: Event, actor: Actor | None = None) -> None:
    with use_case():
        ask_crew_again(actor=actor or owner_of(event), event_id=event.id, now=NOW)


class TestAskCrewAgain:
    def test_states_anew_what_is_still_missing(self) -> None:
        event = at_sea(roles={"captain": 1, "instructor": 2})
        tell(reply(event), reply(event, BOB, role="instructor"))

        ask_again(event)

        assert [one["roles"] for one in stated(REQUESTED)] == [
            [{"role": "captain", "missing": 1}, {"role": "instructor", "missing": 2}],
            [{"role": "instructor", "missing": 1}],
        ]

    def test_refuses_when_nobody_is_missing(self) -> None:
        event = at_sea()
        tell(reply(event))

        with pytest.raises(CrewComplete):
            ask_again(event)

        assert len(stated(REQUESTED)) == 1

    def test_refuses_an_event_that_is_over(self) -> None:
        event = at_sea()
        Event.objects.update(status=Event.Status.CANCELLED, status_reason="A storm")

        with pytest.raises(CrewNotNeeded):
            ask_again(event)

    def test_is_for_those_who_manage_the_event(self) -> None:
        event = at_sea(starts_at=START)

        with pytest.raises(NotFound):
            ask_again(event, Actor(uuid.uuid4()))

        assert len(stated(REQUESTED)) == 1

    def test_answers_with_the_crew(self, api: APIClient) -> None:
        event = at_sea()
        api.force_authenticate(event.organizer.members.get().user)

        answer = api.post(f"/api/v1/events/{event.id}/crew/ask-again/")

        assert answer.status_code == 200
        assert answer.json()["roles"] == [{"role": "captain", "wanted": 1, "assigned": 0, "missing": 1}]
        assert len(stated(REQUESTED)) == 2
