"""What sockets are told of an event's seats."""

import pytest
from django.utils import timezone

from events.models.lifecycle import Status
from events.selectors.availability import get_live_availability
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


class TestLiveAvailability:
    def test_of_an_event_that_was_taken_down_is_that_all_is_closed(self) -> None:
        ticket_type = make_ticket_type(event=make_event(status=Status.SUSPENDED))

        live = get_live_availability(event_id=ticket_type.event_id, now=timezone.now())

        assert live is not None
        assert live.data == {
            "availability": "sold_out",
            "ticket_types": [{"id": str(ticket_type.id), "availability": "available", "sale": "closed"}],
        }

    def test_of_a_draft_is_nothing(self) -> None:
        ticket_type = make_ticket_type(event=make_event(status=Status.DRAFT))

        assert get_live_availability(event_id=ticket_type.event_id, now=timezone.now()) is None
