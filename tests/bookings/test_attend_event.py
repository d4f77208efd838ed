from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bookings.handlers import on_event_finished
from bookings.models import Booking, EventAttendance
from bookings.selectors import attended_event, list_due_attendances
from bookings.services import attend_event as service
from bookings.services.attend_event import attend_event, order_attendance
from bookings.tasks import sweep_attendances
from bus.models import OutboxRow
from bus.services.run_delivery import react
from bus.subscriptions import HANDLERS
from common.transactions import use_case
from events.models import Event, TicketType
from events.services.advance_by_clock import advance_by_clock
from tests.factories.bookings import confirm, hold
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db
# Two transactions: a batch, and that nothing is left.
QUERIES = 16


def finish(kind: TicketType) -> int:
    with use_case():
        order_attendance(event_id=kind.event_id, now=timezone.now())
    return attend_event(event_id=kind.event_id, now=timezone.now())


class TestAttendEvent:
    def test_makes_confirmed_bookings_attended_and_leaves_holds_alone(self) -> None:
        kind = make_ticket_type()
        came, held = confirm(ticket_type=kind), hold(ticket_type=kind)

        counts = [finish(kind) for _ in range(2)]

        assert counts == [1, 0]
        assert attended_event(user_id=came.user_id, event_id=kind.event_id)
        assert not attended_event(user_id=held.user_id, event_id=kind.event_id)
        assert OutboxRow.objects.filter(wire_type="bookings.booking.attended.v1").count() == 1

    @pytest.mark.parametrize("counts", [True, False])
    def test_counts_the_unscanned_as_the_organizer_has_decided(self, counts: bool) -> None:
        kind = make_ticket_type()
        booking = confirm(ticket_type=kind)
        Event.objects.filter(id=kind.event_id).update(counts_unscanned=counts)

        assert finish(kind) == int(counts)

        booking.refresh_from_db()
        assert (booking.status == "attended") is counts

    def test_goes_batch_by_batch_each_in_a_transaction_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "BATCH", 2)
        kind = make_ticket_type()
        for _ in range(5):
            confirm(ticket_type=kind)
        told: list[int] = []
        monkeypatch.setattr(service, "record_facts", lambda facts: told.append(len(facts)))

        assert finish(kind) == 5

        assert told == [2, 2, 1, 0]
        assert set(Booking.objects.values_list("status", "attended_at")) == {
            ("attended", EventAttendance.objects.get().attended_at)
        }

    @pytest.mark.parametrize("bookings", [1, 4])
    def test_asks_the_database_the_same_for_one_booking_and_for_many(
        self, bookings: int, django_assert_num_queries: Any
    ) -> None:
        kind = make_ticket_type()
        for _ in range(bookings):
            confirm(ticket_type=kind)
        with use_case():
            order_attendance(event_id=kind.event_id, now=timezone.now())

        with django_assert_num_queries(QUERIES):
            attend_event(event_id=kind.event_id, now=timezone.now())

    def test_goes_on_where_a_killed_worker_has_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "BATCH", 2)
        kind = make_ticket_type()
        for _ in range(3):
            confirm(ticket_type=kind)
        done = service._attend_some

        def die_at_the_second(order: EventAttendance) -> int:
            if Booking.objects.filter(status="attended").exists():
                raise KeyboardInterrupt
            return done(order)

        with monkeypatch.context() as patch:
            patch.setattr(service, "_attend_some", die_at_the_second)
            with pytest.raises(KeyboardInterrupt):
                finish(kind)
        assert (Booking.objects.filter(status="attended").count(), list_due_attendances()) == (2, [kind.event_id])

        sweep_attendances()

        assert Booking.objects.filter(status="attended").count() == 3
        assert OutboxRow.objects.filter(wire_type="bookings.booking.attended.v1").count() == 3
        assert list_due_attendances() == []

    @pytest.mark.django_db(transaction=True)
    def test_leaves_alone_what_another_worker_has_in_hand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = make_ticket_type()
        confirm(ticket_type=kind)
        attend_some, counts = service._attend_some, []

        def another() -> int:
            try:
                return attend_event(event_id=kind.event_id, now=timezone.now())
            finally:
                connection.close()

        def meet_another(order: EventAttendance) -> int:
            monkeypatch.setattr(service, "_attend_some", attend_some)
            with ThreadPoolExecutor(1) as threads:
                counts.append(threads.submit(another).result())
            return attend_some(order)

        monkeypatch.setattr(service, "_attend_some", meet_another)

        counts.append(finish(kind))

        assert counts == [0, 1]

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

        sweep_attendances()
        assert not attended_event(user_id=booking.user_id, event_id=kind.event_id)

    def test_is_done_by_the_events_fact(self) -> None:
        handler = HANDLERS["bookings.on_event_finished"]

        assert (handler.wire_type, handler.react) == ("events.event.finished.v1", on_event_finished)
