"""What bookings tells of whole events: stands at the port of events (config/wiring.py)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from bookings.models import Booking, EventCancellation
from common.money import Money
from events.models import Event
from events.models.lifecycle import Status
from events.ports import CancellationProgress, HeldBooking, Stakes

# What `end_booking` would promise, booking for booking (promise_refund.py): up to its price, from its own payments
# first, then from those of the booking that its seats were handed over from.
REFUNDS_SQL = """
    WITH live AS (
        SELECT coalesce(booking.source_id, booking.id) AS payer_id, booking.currency, booking.amount AS price,
               CASE WHEN booking.source_id IS NULL THEN 0 ELSE least(booking.amount, own.amount) END AS own
        FROM bookings_booking AS booking CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount - refunded), 0) AS amount FROM bookings_payment
            WHERE booking_id = booking.id AND status = 'succeeded'
        ) AS own
        WHERE booking.event_id = ANY(%s) AND booking.status IN ('confirmed', 'attended')
    ), family AS (
        SELECT payer_id, currency, sum(own) AS own, sum(price - own) AS lacking FROM live GROUP BY payer_id, currency
    )
    SELECT family.currency, sum(family.own + least(family.lacking, paid.amount)) AS refunds
    FROM family CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount - refunded), 0) AS amount FROM bookings_payment
        WHERE booking_id = family.payer_id AND status = 'succeeded'
    ) AS paid
    GROUP BY family.currency HAVING sum(family.own + least(family.lacking, paid.amount)) > 0 ORDER BY family.currency
"""


class FiguresOfBookings:
    """Counts and sums, never row by row."""

    def stakes_of(self, *, event_ids: Sequence[UUID]) -> Stakes:
        """Return the live bookings, and what they would be refunded if their events were cancelled now."""
        live = Booking.objects.active().filter(event_id__in=event_ids)
        with connection.cursor() as sql:
            sql.execute(REFUNDS_SQL, [list(event_ids)])
            refunds = tuple(Money(amount, currency) for currency, amount in sql.fetchall())
        return Stakes(bookings=live.count(), refunds=refunds)

    def cancellation_of(self, *, event_id: UUID) -> CancellationProgress | None:
        """Return how far the end of all bookings of a cancelled event is."""
        order = EventCancellation.objects.filter(event_id=event_id).first()
        alive = Booking.objects.active().filter(event_id=event_id).count()
        if order is None:
            # The order comes with the fact: until then nothing is ended of all that is there.
            is_cancelled = Event.objects.filter(id=event_id, status=Status.CANCELLED).exists()
            return CancellationProgress(total=alive, ended=0, failed=0, finished_at=None) if is_cancelled else None
        return CancellationProgress(
            total=order.total,
            ended=max(0, order.total - alive),
            failed=order.failures.count(),
            finished_at=order.finished_at,
        )

    def held_booking_of(self, *, user_id: UUID, event_id: UUID, now: datetime) -> HeldBooking | None:
        """Return the user's booking that waits for a payment."""
        waiting = Booking.objects.filter(status=Booking.Status.HELD, hold_expires_at__gt=now)
        held = waiting.filter(user_id=user_id, event_id=event_id).only("id", "hold_expires_at").first()
        return None if held is None else HeldBooking(id=held.id, expires_at=held.hold_expires_at)
