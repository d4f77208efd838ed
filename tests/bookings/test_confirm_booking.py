import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.models.ticket_code import read_signed
from bookings.services.change_status import InvalidTransition
from bookings.services.confirm_booking import confirm_booking
from bus.models import OutboxRow
from common.transactions import use_case
from events.models import EventAccess
from tests.factories.bookings import hold, seats_of, tickets_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


def confirm(booking: Booking) -> Booking:
    with use_case():
        return confirm_booking(booking_id=booking.id, now=timezone.now())


class TestConfirmBooking:
    def test_sells_the_seats_and_makes_one_genuine_ticket_each(self) -> None:
        event = make_event()
        adult, child = make_ticket_type(event=event), make_ticket_type(event=event)
        booking = hold(event=event, quantities={adult.id: 2, child.id: 1})

        confirmed = confirm(booking)

        tickets = tickets_of(booking)
        assert (confirmed.status, confirmed.version) == ("confirmed", 2)
        assert (seats_of(adult), seats_of(child), seats_of(event)) == ((0, 2), (0, 1), (0, 3))
        assert sorted(one.ticket_type_id for one in tickets) == sorted([adult.id, adult.id, child.id])
        assert [read_signed(one.door_code) for one in tickets] == [one.code for one in tickets]

    def test_lets_the_person_know_the_place_and_tells_the_others(self) -> None:
        booking = hold()

        confirm(booking)

        assert EventAccess.objects.filter(user_id=booking.user_id, event_id=booking.event_id).exists()
        assert OutboxRow.objects.order_by("-id")[0].wire_type == "bookings.booking.confirmed.v1"

    def test_refuses_what_is_not_held_any_more(self) -> None:
        booking = hold()
        confirm(booking)

        with pytest.raises(InvalidTransition) as refusal:
            confirm(booking)

        assert refusal.value.extra["allowed"] == ["attend", "cancel", "call_off"]
        assert len(tickets_of(booking)) == 1
