"""analytics.services.mark_days, analytics.services.roll_up_day and analytics.services.rebuild_period."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analytics import handlers
from analytics.models import DirtyDay, EventDay
from analytics.services.mark_days import mark_days_of_booking
from analytics.tasks import roll_up_days
from bookings.models import Booking
from bus.facts import ReceivedFact
from bus.subscriptions import HANDLERS
from common.transactions import use_case
from events.models import Event
from tests.factories.analytics import cancel, make_booking, make_hold, promise
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db
# Noon in Moscow, where the events are.
NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)


def hear(booking: Booking, react: Any, **more: Any) -> None:
    """Hand a fact about the booking to a handler, as the bus does."""
    schema = next(one.schema for one in HANDLERS.values() if one.react is react)
    fact = ReceivedFact(
        id="1",
        type="",
        key=str(booking.pk),
        occurred_at=NOON,
        data=schema(booking_id=booking.pk, **more),
    )
    with use_case():
        react(fact)


def figures(event: Event) -> dict[date, tuple[Any, ...]]:
    rows = EventDay.objects.filter(event=event)
    return {row.day: (row.holds, row.confirmed, row.seats, row.revenue, row.cancelled, row.refunds) for row in rows}


class TestHandlers:
    def test_listen_to_the_bookings_facts(self) -> None:
        mine = {one.wire_type for name, one in HANDLERS.items() if name.startswith("analytics.")}

        heard = {"held", "confirmed", "changed", "moved", "transferred", "cancelled", "refunded"}
        assert mine == {f"bookings.booking.{what}.v1" for what in heard}

    def test_count_what_the_rows_say_however_often_they_hear_it(self) -> None:
        event = make_event()
        paid, held = make_booking(event=event, at=NOON, seats=2, amount="2500.00"), make_hold(event=event, at=NOON)

        for _ in range(3):
            hear(paid, handlers.on_booking_held)
            hear(paid, handlers.on_booking_confirmed)
            hear(held, handlers.on_booking_held)
            roll_up_days()

        assert figures(event) == {DAY: (2, 1, 2, Decimal("2500.00"), 0, Decimal(0))}
        assert not DirtyDay.objects.exists()

    def test_mark_the_days_of_many_bookings_with_as_few_statements_as_of_one(
        self, django_assert_num_queries: Any
    ) -> None:
        bookings = [make_booking(event=make_event(), at=NOON) for _ in range(5)]

        # BEGIN, COMMIT; bookings, refunds, time zones, days.
        with django_assert_num_queries(6), use_case():
            for booking in bookings:
                mark_days_of_booking(booking_id=booking.pk)

        assert DirtyDay.objects.count() == 5

    def test_put_a_cancellation_on_its_own_day(self) -> None:
        event = make_event()
        booking = make_booking(event=event, at=NOON)
        cancel(booking, at=NOON + timedelta(days=3), refund="500.00")

        hear(booking, handlers.on_booking_cancelled)
        roll_up_days()

        assert figures(event) == {
            DAY: (1, 1, 1, Decimal("1000.00"), 0, Decimal(0)),
            DAY + timedelta(days=3): (0, 0, 0, Decimal(0), 1, Decimal("500.00")),
        }

    def test_leave_out_money_that_never_was_revenue(self) -> None:
        event = make_event()
        late = make_booking(event=event, at=NOON)
        cancel(late, at=NOON, refund="1000.00", reason="late_payment")

        hear(late, handlers.on_booking_cancelled)
        roll_up_days()

        assert figures(event)[DAY][-1] == Decimal(0)

    def test_follow_a_booking_that_has_other_seats(self) -> None:
        event = make_event()
        booking = make_booking(event=event, at=NOON, seats=3, amount="3000.00")
        hear(booking, handlers.on_booking_confirmed)
        roll_up_days()
        Booking.objects.filter(pk=booking.pk).update(seats=1, amount="1000.00")

        hear(booking, handlers.on_booking_changed)
        roll_up_days()

        assert figures(event)[DAY][2:4] == (1, Decimal("1000.00"))

    def test_follow_a_booking_to_another_event(self) -> None:
        before, after = make_event(), make_event(time_zone="Asia/Kamchatka")
        booking = make_booking(event=before, at=NOON)
        hear(booking, handlers.on_booking_confirmed)
        roll_up_days()
        Booking.objects.filter(pk=booking.pk).update(event=after)

        hear(booking, handlers.on_booking_moved, previous_event_id=before.pk)
        roll_up_days()

        assert figures(before)[DAY][1:4] == (0, 0, Decimal(0))
        assert figures(after)[DAY][1:4] == (1, 1, Decimal("1000.00"))

    def test_follow_a_seat_that_is_handed_over(self) -> None:
        event = make_event()
        giver = make_booking(event=event, at=NOON, seats=2, amount="2000.00")
        hear(giver, handlers.on_booking_confirmed)
        roll_up_days()
        Booking.objects.filter(pk=giver.pk).update(seats=1, amount="1000.00")
        receiver = make_booking(event=event, at=NOON, confirmed_at=NOON + timedelta(days=1), source=giver)

        hear(giver, handlers.on_booking_transferred, receiver_booking_id=receiver.pk)
        roll_up_days()

        assert [row[2:4] for row in figures(event).values()] == [(1, Decimal("1000.00"))] * 2

    @pytest.mark.parametrize("reason", ["goodwill", "at_provider", "cancelled"])
    def test_put_a_refund_of_a_kept_booking_on_its_own_day(self, reason: str) -> None:
        event = make_event()
        booking = make_booking(event=event, at=NOON)
        promise(booking, at=NOON + timedelta(days=2), amount="300.00", reason=reason)

        hear(booking, handlers.on_booking_refunded)
        roll_up_days()

        assert figures(event)[DAY + timedelta(days=2)] == (0, 0, 0, Decimal(0), 0, Decimal("300.00"))

    def test_take_the_day_of_the_place(self) -> None:
        kamchatka = make_event(time_zone="Asia/Kamchatka")
        evening = make_booking(event=kamchatka, at=datetime(2026, 11, 20, 12, 30, tzinfo=UTC))

        hear(evening, handlers.on_booking_confirmed)
        roll_up_days()

        assert list(figures(kamchatka)) == [date(2026, 11, 21)]

    def test_keep_the_views(self) -> None:
        event = make_event()
        EventDay.objects.create(event=event, day=DAY, views=7, visitors=3)

        hear(make_booking(event=event, at=NOON), handlers.on_booking_confirmed)
        roll_up_days()

        row = EventDay.objects.get()
        assert (row.views, row.visitors, row.confirmed) == (7, 3, 1)


class TestRebuildAnalytics:
    def test_gives_the_figures_that_the_handlers_gave(self) -> None:
        events = [make_event(), make_event(time_zone="Asia/Kamchatka"), make_event(time_zone="America/New_York")]
        for hour in range(0, 72, 5):
            event, at = events[hour % 3], NOON + timedelta(hours=hour)
            paid, held = make_booking(event=event, at=at, amount=f"{hour + 1}.50"), make_hold(event=event, at=at)
            hear(paid, handlers.on_booking_confirmed)
            hear(held, handlers.on_booking_held)
            if hour % 2:
                cancel(paid, at=at + timedelta(hours=20), refund="0.50")
                hear(paid, handlers.on_booking_cancelled)
        roll_up_days()
        before = [figures(event) for event in events]
        EventDay.objects.update(holds=99, confirmed=99, seats=99, revenue=99, cancelled=99, refunds=99)

        call_command("rebuild_analytics", "2026-11-19", "2026-11-26")

        assert [figures(event) for event in events] == before
        assert sum(len(one) for one in before) > 6

    def test_makes_days_that_no_fact_has_told_of(self) -> None:
        event = make_event()
        make_booking(event=event, at=NOON)

        call_command("rebuild_analytics", "2026-11-20", "2026-11-20")

        assert figures(event)[DAY][:2] == (1, 1)

    def test_leaves_other_days_alone(self) -> None:
        event = make_event()
        make_booking(event=event, at=NOON)

        call_command("rebuild_analytics", "2026-11-21", "2026-11-30")

        assert figures(event) == {}

    def test_refuses_a_reversed_period(self) -> None:
        with pytest.raises(CommandError):
            call_command("rebuild_analytics", "2026-11-20", "2026-11-19")
