from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, BookingChange, Refund
from bookings.services.change_booking import change_booking
from bookings.services.check_seats import check_seats
from bookings.services.end_change import expire_changes
from bookings.services.expire_holds import expire_holds
from bookings.services.suspend_bookings import suspend_bookings
from common.transactions import use_case
from events.models import Event
from events.services.freeze_seats import freeze_seats
from tests.factories.bookings import HOLD, confirm, hold, make_payment, seats_of, settle
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


def take_down(event: Event) -> int:
    Event.objects.filter(id=event.id).update(status="suspended", status_reason="complaints")
    now = timezone.now()
    with use_case():
        count = suspend_bookings(event_id=event.id, now=now)
    expire_holds(now=now)
    expire_changes(now=now)
    return count


class TestSuspendBookings:
    def test_ends_holds_and_leaves_tickets_alone(self) -> None:
        kind = make_ticket_type()
        held, confirmed, elsewhere = hold(ticket_type=kind), confirm(ticket_type=kind), hold()

        assert (take_down(kind.event), take_down(kind.event)) == (1, 0)

        found = {one.id: one.status for one in Booking.objects.all()}
        assert found == {held.id: "expired", confirmed.id: "confirmed", elsewhere.id: "held"}
        assert seats_of(kind) == (0, 1)

    @pytest.mark.parametrize("holds", [1, 3])
    def test_asks_the_database_the_same_however_many_there_are(
        self, holds: int, django_assert_num_queries: Any
    ) -> None:
        kind = make_ticket_type()
        for _ in range(holds):
            hold(ticket_type=kind)

        # BEGIN, the holds, the changes, COMMIT.
        with django_assert_num_queries(4), use_case():
            assert suspend_bookings(event_id=kind.event_id, now=timezone.now()) == holds

    def test_ends_changes_that_wait_for_a_payment(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)
        with use_case():
            change_booking(
                user_id=booking.user_id,
                booking_id=booking.id,
                quantities={kind.id: 3},
                hold_for=HOLD,
                now=timezone.now(),
            )

        assert take_down(kind.event) == 1

        assert (BookingChange.objects.get().status, seats_of(kind)) == ("ended", (0, 1))
        with use_case():
            assert check_seats(now=timezone.now()) == []

    def test_sends_a_payment_back_that_comes_afterwards(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind)
        payment = make_payment(booking=booking)
        take_down(kind.event)

        settle(payment)

        booking.refresh_from_db()
        assert (booking.status, Refund.objects.get().amount) == ("expired", Decimal(1000))


def test_seats_are_frozen_for_an_event_that_exists() -> None:
    event = make_ticket_type().event

    with use_case():
        assert freeze_seats(event_id=event.id) is True
        assert freeze_seats(event_id=event.organizer_id) is False
