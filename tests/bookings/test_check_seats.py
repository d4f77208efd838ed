import pytest
from django.utils import timezone

from bookings.metrics import SEAT_DRIFT
from bookings.models import SeatDrift
from bookings.services.check_seats import check_seats
from common.transactions import use_case
from events.models import Event, TicketType
from tests.factories.bookings import confirm, hold
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def check() -> list[SeatDrift]:
    with use_case():
        return check_seats(now=timezone.now())


class TestCheckSeats:
    def test_finds_nothing_when_counters_and_bookings_agree(self) -> None:
        event = make_event()
        kind = make_ticket_type(event=event)
        hold(event=event, quantities={kind.id: 2, make_ticket_type(event=event).id: 1})
        confirm(ticket_type=kind)

        assert check() == []
        assert SEAT_DRIFT._value.get() == 0

    def test_finds_a_type_and_its_event_that_count_wrong(self) -> None:
        kind = make_ticket_type()
        hold(ticket_type=kind)
        TicketType.objects.filter(id=kind.id).update(held=0)
        Event.objects.filter(id=kind.event_id).update(sold=3)

        check()

        found = {
            (one.ticket_type_id, one.held_stored, one.held_counted, one.sold_stored, one.sold_counted)
            for one in SeatDrift.objects.all()
        }
        assert found == {(kind.id, 0, 1, 0, 0), (None, 1, 1, 3, 0)}

    def test_forgets_what_is_mended(self) -> None:
        kind = make_ticket_type(held=1)
        check()
        TicketType.objects.filter(id=kind.id).update(held=0)

        check()

        assert not SeatDrift.objects.exists()
