"""The crew follows its event (events.services.move_crew)."""

from datetime import timedelta

import pytest

from bus.facts import ReceivedFact
from common.transactions import use_case
from events.handlers import ListedEvent, send_crew_home
from events.models import CrewAssignment
from events.services.reschedule_event import reschedule_event
from tests.events.test_crew import ANN, BOB, NOW, START, at_sea, crew, owner_of, reply, stated, tell

pytestmark = pytest.mark.django_db


class TestMoveCrew:
    def test_takes_the_crew_along_and_lets_go_who_is_busy_then(self) -> None:
        event, other = at_sea(roles={"captain": 2}), at_sea(starts_at=START + timedelta(days=1))
        tell(reply(event), reply(event, BOB), reply(other, minute=1))
        later = {"starts_at": START + timedelta(days=1), "ends_at": START + timedelta(days=1, hours=2)}

        with use_case():
            reschedule_event(actor=owner_of(event), event_id=event.id, fields=later, reason="Storm", now=NOW)

        assert crew(event) == {ANN: ("released", "overlap"), BOB: ("assigned", "")}
        assert CrewAssignment.objects.get(event=event, person_id=BOB).during.lower == later["starts_at"]
        assert stated("events.crew.released.v1")[-1]["person_id"] == str(ANN)
        assert stated("events.crew.requested.v1")[-1]["roles"] == [{"role": "captain", "missing": 1}]
        assert crew(other) == {ANN: ("assigned", "")}

    def test_sends_everybody_home_when_the_event_is_cancelled(self) -> None:
        event = at_sea()
        tell(reply(event))

        data = ListedEvent(event_id=event.id, organizer_id=event.organizer_id)
        with use_case():
            send_crew_home(ReceivedFact(id="1", type="events.event.cancelled.v1", key="", occurred_at=NOW, data=data))

        assert crew(event) == {ANN: ("released", "closed")}
