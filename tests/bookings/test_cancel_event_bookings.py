import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db import OperationalError
from django.utils import timezone
from psycopg.errors import AdminShutdown, DeadlockDetected

from bookings.handlers import on_event_cancelled
from bookings.models import Booking, CancellationFailure, EventCancellation, Refund
from bookings.selectors import list_due_event_cancellations
from bookings.services import cancel_event_bookings as service
from bookings.services.attend_event import attend_event, order_attendance
from bookings.services.cancel_event_bookings import LEASE, _cancel, cancel_event_bookings, order_event_cancellation
from bus.subscriptions import HANDLERS
from common.transactions import use_case
from events.models import TicketType
from tests.factories.bookings import confirm, hold, seats_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


def order(kind: TicketType) -> None:
    with use_case():
        order_event_cancellation(event_id=kind.event_id, reason="A storm", now=timezone.now())


def finish(kind: TicketType) -> int:
    with use_case():
        order_attendance(event_id=kind.event_id, now=timezone.now())
    return attend_event(event_id=kind.event_id, now=timezone.now())


def giving_way(monkeypatch: pytest.MonkeyPatch, *, times: int, only: uuid.UUID | None = None) -> list[uuid.UUID]:
    """Let the first attempts at a booking end in a deadlock; return all that was tried."""
    tries: list[uuid.UUID] = []

    def end(booking_id: uuid.UUID, reason: str, now: datetime) -> bool:
        tries.append(booking_id)
        if tries.count(booking_id) <= times and only in (None, booking_id):
            raise OperationalError from DeadlockDetected()
        return _cancel(booking_id, reason, now)

    monkeypatch.setattr(service, "_cancel", end)
    return tries


class TestCancelEventBookings:
    def test_ends_every_booking_with_all_money_back(self) -> None:
        kind = make_ticket_type()
        paid, held = confirm(ticket_type=kind, seats=2), hold(ticket_type=kind)
        finish(kind)
        order(kind)

        ended = cancel_event_bookings(event_id=kind.event_id, clock=timezone.now)

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
            cancel_event_bookings(event_id=kind.event_id, clock=lambda: timezone.now() + LEASE * 2)

        assert Refund.objects.count() == 1

    def test_goes_on_after_a_booking_that_cannot_be_ended_and_tries_it_again(self) -> None:
        kind, now = make_ticket_type(), timezone.now()
        broken, sound = confirm(ticket_type=kind, seats=2), confirm(ticket_type=kind)
        order(kind)
        TicketType.objects.filter(id=kind.id).update(sold=1)

        cancel_event_bookings(event_id=kind.event_id, clock=timezone.now)

        work = EventCancellation.objects.get()
        assert Booking.objects.get(id=sound.id).status == "cancelled"
        [failure] = work.failures.all()
        assert failure.booking_id == broken.id
        assert "SeatCountersDrifted" in failure.error
        assert work.finished_at is None

        TicketType.objects.filter(id=kind.id).update(sold=2)
        cancel_event_bookings(event_id=kind.event_id, clock=lambda: now + timedelta(hours=1))

        assert Booking.objects.get(id=broken.id).status == "cancelled"
        assert EventCancellation.objects.get().finished_at is not None
        assert not work.failures.exists()

    def test_keeps_the_last_error_of_each_booking_over_its_rounds(self) -> None:
        kind = make_ticket_type()
        broken, other = confirm(ticket_type=kind, seats=3), confirm(ticket_type=kind, seats=3)
        order(kind)
        now = timezone.now()
        TicketType.objects.filter(id=kind.id).update(sold=1)
        cancel_event_bookings(event_id=kind.event_id, clock=lambda: now)
        first = set(CancellationFailure.objects.values_list("booking_id", "failed_at"))
        TicketType.objects.filter(id=kind.id).update(sold=3)
        later = now + timedelta(hours=1)

        cancel_event_bookings(event_id=kind.event_id, clock=lambda: later)

        assert first == {(broken.id, now), (other.id, now)}
        [left] = CancellationFailure.objects.all()
        assert (left.failed_at, left.booking.status) == (later, "confirmed")

    def test_is_taken_up_again_after_a_crash(self) -> None:
        kind, now = make_ticket_type(), timezone.now()
        confirm(ticket_type=kind)
        order(kind)
        EventCancellation.objects.update(next_attempt_at=now + LEASE)

        before, after = list_due_event_cancellations(now=now), list_due_event_cancellations(now=now + LEASE)

        assert (before, after) == ([], [kind.event_id])

    def test_keeps_its_lease_for_as_long_as_it_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = make_ticket_type()
        for _ in range(5):
            confirm(ticket_type=kind)
        order(kind)
        # Each booking takes half a lease: without renewals, others would take the order over from the third on.
        started_at = timezone.now()
        clock = (started_at + number * LEASE / 2 for number in count())
        taken_over: list[object] = []

        def end(booking_id: uuid.UUID, reason: str, now: datetime) -> bool:
            taken_over.extend(list_due_event_cancellations(now=now))
            return _cancel(booking_id, reason, now)

        monkeypatch.setattr(service, "_cancel", end)

        ended = cancel_event_bookings(event_id=kind.event_id, clock=lambda: next(clock))

        assert (ended, taken_over) == (5, [])
        assert EventCancellation.objects.get().finished_at is not None

    def test_stops_when_another_worker_has_taken_it_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = make_ticket_type()
        for _ in range(3):
            confirm(ticket_type=kind)
        order(kind)
        now = timezone.now()
        times = [now, now, now, now + LEASE * 2]

        def end(booking_id: uuid.UUID, reason: str, at: datetime) -> bool:
            # It stands still for two leases; somebody else begins meanwhile.
            EventCancellation.objects.update(next_attempt_at=now + LEASE * 3)
            return _cancel(booking_id, reason, at)

        monkeypatch.setattr(service, "_cancel", end)

        ended = cancel_event_bookings(event_id=kind.event_id, clock=lambda: times.pop(0))

        work = EventCancellation.objects.get()
        assert (ended, work.attempts, work.next_attempt_at) == (1, 0, now + LEASE * 3)

    def test_tries_at_once_again_when_it_gave_way_to_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = make_ticket_type()
        bookings = [confirm(ticket_type=kind) for _ in range(2)]
        order(kind)
        tries = giving_way(monkeypatch, times=service.MOST_TRIES - 1)

        ended = cancel_event_bookings(event_id=kind.event_id, clock=timezone.now)

        assert ended == 2
        assert sorted(tries) == sorted(booking.id for booking in bookings for _ in range(service.MOST_TRIES))
        assert EventCancellation.objects.get().finished_at is not None

    def test_goes_on_to_the_others_when_one_gives_way_each_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = make_ticket_type()
        first, second = (confirm(ticket_type=kind) for _ in range(2))
        order(kind)
        now = timezone.now()
        giving_way(monkeypatch, times=service.MOST_TRIES, only=first.id)

        ended = cancel_event_bookings(event_id=kind.event_id, clock=lambda: now)

        work = EventCancellation.objects.get()
        assert (ended, Booking.objects.get(id=second.id).status) == (1, "cancelled")
        assert [one.booking_id for one in work.failures.all()] == [first.id]
        # Its next round comes soon, not when the lease has run out.
        assert work.next_attempt_at == now + timedelta(seconds=service.RETRY_SECONDS)

    def test_leaves_the_rest_to_the_sweep_when_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = make_ticket_type()
        confirm(ticket_type=kind)
        order(kind)
        now = timezone.now()

        def fail(*_: object) -> bool:
            raise OperationalError from AdminShutdown()

        monkeypatch.setattr(service, "_cancel", fail)

        with pytest.raises(OperationalError):
            cancel_event_bookings(event_id=kind.event_id, clock=lambda: now)

        work = EventCancellation.objects.get()
        assert (work.next_attempt_at, work.failures.exists()) == (now + LEASE, False)

    def test_is_ordered_by_the_events_fact(self) -> None:
        handler = HANDLERS["bookings.on_event_cancelled"]

        assert (handler.wire_type, handler.react) == ("events.event.cancelled.v1", on_event_cancelled)
