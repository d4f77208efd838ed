from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.models import Booking, Ticket
from bookings.services.hold_seats import hold_seats
from bookings.services.insert_booking import AlreadyBooked
from bus.models import OutboxRow
from common.problems import InvalidInput
from common.transactions import NoTransaction
from events.models import EventAccess
from events.services.take_seats import SeatsSoldOut
from tests.factories.accounts import make_user
from tests.factories.bookings import HOLD, hold, seats_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db


class TestHoldSeats:
    def test_holds_seats_of_several_types_at_todays_price_and_policy(self) -> None:
        now = timezone.now()
        policy = {"version": 1, "bands": [{"hours_before": 48, "percent": 50}]}
        event = make_event(refund_policy=policy, cancellable_hours_before=12)
        adult = make_ticket_type(event=event, price=Decimal("1500.50"))
        child = make_ticket_type(event=event, price=Decimal("700.00"))

        booking = hold(event=event, quantities={adult.id: 2, child.id: 1}, now=now)

        assert (booking.status, booking.seats, booking.amount) == ("held", 3, Decimal("3701.00"))
        assert booking.hold_expires_at == now + HOLD
        assert (booking.refund_policy, booking.cancellable_hours_before) == (policy, 12)
        assert {(item.ticket_type_id, item.quantity, item.unit_price) for item in booking.items.all()} == {
            (adult.id, 2, adult.price),
            (child.id, 1, child.price),
        }
        assert (seats_of(adult), seats_of(child), seats_of(event)) == ((2, 0), (1, 0), (3, 0))
        assert OutboxRow.objects.get(key=str(booking.id)).wire_type == "bookings.booking.held.v1"

    def test_confirms_at_once_what_costs_nothing(self) -> None:
        kind = make_ticket_type(price=Decimal(0))
        user = make_user()

        booking = hold(user=user, ticket_type=kind, seats=2)

        assert booking.status == "confirmed"
        assert Ticket.objects.of_booking(booking.id).count() == 2
        assert seats_of(kind) == (0, 2)
        assert EventAccess.objects.filter(user=user, event_id=kind.event_id).exists()
        facts = OutboxRow.objects.filter(key=str(booking.id)).values_list("wire_type", flat=True)
        assert list(facts) == ["bookings.booking.confirmed.v1"]

    def test_refuses_a_second_active_booking_and_names_the_first(self) -> None:
        kind, user = make_ticket_type(), make_user()
        first = hold(user=user, ticket_type=kind)

        with pytest.raises(AlreadyBooked) as refusal:
            hold(user=user, ticket_type=kind)

        assert refusal.value.extra["booking_id"] == str(first.id)
        assert seats_of(kind) == (1, 0)

    def test_gives_back_the_users_own_overdue_hold_first(self) -> None:
        kind, user, now = make_ticket_type(capacity=1), make_user(), timezone.now()
        old = hold(user=user, ticket_type=kind, now=now - HOLD - timedelta(seconds=1))

        new = hold(user=user, ticket_type=kind, now=now)

        old.refresh_from_db()
        assert (old.status, new.status) == ("expired", "held")
        assert seats_of(kind) == (1, 0)

    def test_refuses_what_costs_more_than_can_be_written_down(self) -> None:
        kind = make_ticket_type(price=Decimal("9999999999.99"))

        with pytest.raises(InvalidInput):
            hold(ticket_type=kind, seats=2)

        assert hold(ticket_type=kind, seats=1).amount == kind.price

    def test_leaves_nothing_behind_when_sold_out(self) -> None:
        kind = make_ticket_type(capacity=1)
        hold(ticket_type=kind)

        with pytest.raises(SeatsSoldOut):
            hold(ticket_type=kind)

        assert Booking.objects.count() == 1
        assert OutboxRow.objects.filter(wire_type__startswith="bookings.").count() == 1
        assert seats_of(kind) == (1, 0)

    def test_runs_in_a_use_case_only(self) -> None:
        kind = make_ticket_type()

        with pytest.raises(NoTransaction):
            hold_seats(
                user_id=make_user().id,
                event_id=kind.event_id,
                quantities={kind.id: 1},
                hold_for=HOLD,
                now=timezone.now(),
            )
