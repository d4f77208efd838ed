from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings.handlers import on_event_cancelled, on_event_finished
from bookings.models import Booking, EventCancellation, Refund
from bookings.selectors import attended_event, list_due_event_cancellations
from bookings.services.attend_event import attend_event
from bookings.services.cancel_event_bookings import LEASE, cancel_event_bookings, order_event_cancellation
from bus.models import OutboxRow
from bus.services.run_delivery import react
from bus.subscriptions import HANDLERS
from common.transactions import use_case
from events.models import Event, TicketType
from events.services.advance_by_clock import advance_by_clock
from tests.factories.bookings import confirm, hold, seats_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


def order(kind: TicketType) -> None:
    with use_case():
        order_event_cancellation(event_id=kind.event_id, reason="A storm", now=timezone.now())


class TestCancelEventBookings:
    def test_ends_every_booking_with_all_money_back(self) -> None:
        kind = make_ticket_type()
        paid, held = confirm(ticket_type=kind, seats=2), hold(ticket_type=kind)
        with use_case():
            attend_event(event_id=kind.event_id, now=timezone.now())
        order(kind)

        ended = cancel_event_bookings(event_id=kind.event_id, now=timezone.now())

        assert ended == 2
        assert set(Booking.objects.values_list("status", "cancelled_by", "cancel_reason")) == {
            ("cancelled", "event", "A storm")
        }
        assert [(one.amount, one.reason) for one in Refund.objects.all()] == [(paid.amount, "event_cancelled")]
        assert seats_of(kind) == (0, 0)
        assert EventCancellation.objects.get().finished_at is not None
        assert held.amount == Decimal("1000.00")

    def test_refunds_nobody_twice(self) -> None:
        kind = make_ticket_type()
        confirm(ticket_type=kind)

        for _ in range(2):
            order(kind)
            cancel_event_bookings(event_id=kind.event_id, now=timezone.now() + LEASE * 2)

        assert Refund.objects.count() == 1

    def test_goes_on_after_a_booking_that_cannot_be_ended_and_tries_it_again(self) -> None:
        kind, now = make_ticket_type(), timezone.now()
        broken, sound = confirm(ticket_type=kind, seats=2), confirm(ticket_type=kind)
        order(kind)
        TicketType.objects.filter(id=kind.id).update(sold=1)

        cancel_event_bookings(event_id=kind.event_id, now=timezone.now())

        work = EventCancellation.objects.get()
        assert Booking.objects.get(id=sound.id).status == "cancelled"
        assert list(work.failures) == [str(broken.id)]
        assert "SeatCountersDrifted" in work.failures[str(broken.id)]
        assert work.finished_at is None

        TicketType.objects.filter(id=kind.id).update(sold=2)
        cancel_event_bookings(event_id=kind.event_id, now=now + timedelta(hours=1))

        assert Booking.objects.get(id=broken.id).status == "cancelled"
        assert EventCancellation.objects.get().finished_at is not None

    def test_is_taken_up_again_after_a_crash(self) -> None:
        kind, now = make_ticket_type(), timezone.now()
        confirm(ticket_type=kind)
        order(kind)
        EventCancellation.objects.update(next_attempt_at=now + LEASE)

        before, after = list_due_event_cancellations(now=now), list_due_event_cancellations(now=now + LEASE)

        assert (before, after) == ([], [kind.event_id])

    def test_is_ordered_by_the_events_fact(self) -> None:
        handler = HANDLERS["bookings.on_event_cancelled"]

        assert (handler.wire_type, handler.react) == ("events.event.cancelled.v1", on_event_cancelled)


class TestAttendEvent:
    def test_makes_confirmed_bookings_attended_and_leaves_holds_alone(self) -> None:
        kind = make_ticket_type()
        came, held = confirm(ticket_type=kind), hold(ticket_type=kind)

        with use_case():
            counts = [attend_event(event_id=kind.event_id, now=timezone.now()) for _ in range(2)]

        assert counts == [1, 0]
        assert attended_event(user_id=came.user_id, event_id=kind.event_id)
        assert not attended_event(user_id=held.user_id, event_id=kind.event_id)
        assert OutboxRow.objects.filter(wire_type="bookings.booking.attended.v1").count() == 1

    def test_nobody_attends_what_was_taken_down_until_its_end(self) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)
        over = timezone.now() - timedelta(hours=1)
        Event.objects.filter(id=kind.event_id).update(
            status="suspended", status_reason="Complaints", starts_at=over - timedelta(hours=2), ends_at=over
        )

        with use_case():
            advance_by_clock(now=timezone.now())
            react(
                handler_name="bookings.on_event_finished",
                row=OutboxRow.objects.get(wire_type="events.event.finished.v1"),
            )

        assert not attended_event(user_id=booking.user_id, event_id=kind.event_id)

    def test_is_done_by_the_events_fact(self) -> None:
        handler = HANDLERS["bookings.on_event_finished"]

        assert (handler.wire_type, handler.react) == ("events.event.finished.v1", on_event_finished)
