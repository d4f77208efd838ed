"""What bookings tells of whole events: stands at the port of events (config/wiring.py)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Sum

from bookings.models import Booking, EventCancellation, Payment
from common.money import Money
from events.ports import CancellationProgress, HeldBooking, Stakes


class FiguresOfBookings:
    """Counts and sums, never row by row."""

    def stakes_of(self, *, event_ids: Sequence[UUID]) -> Stakes:
        """Return the live bookings, and what is left of their payments."""
        live = Booking.objects.active().filter(event_id__in=event_ids)
        left = (
            Payment.objects.succeeded()
            .filter(booking__in=live)
            .values_list("currency")
            .annotate(left=Sum(F("amount") - F("refunded")))
            .order_by("currency")
        )
        refunds = tuple(Money(amount, currency) for currency, amount in left if amount)
        return Stakes(bookings=live.count(), refunds=refunds)

    def cancellation_of(self, *, event_id: UUID) -> CancellationProgress | None:
        """Return how far the order to end all bookings of an event is."""
        order = EventCancellation.objects.filter(event_id=event_id).first()
        if order is None:
            return None
        alive = Booking.objects.active().filter(event_id=event_id).count()
        return CancellationProgress(
            total=order.total,
            ended=max(0, order.total - alive),
            failed=len(order.failures),
            finished_at=order.finished_at,
        )

    def held_booking_of(self, *, user_id: UUID, event_id: UUID, now: datetime) -> HeldBooking | None:
        """Return the user's booking that waits for a payment."""
        waiting = Booking.objects.filter(status=Booking.Status.HELD, hold_expires_at__gt=now)
        held = waiting.filter(user_id=user_id, event_id=event_id).only("id", "hold_expires_at").first()
        return None if held is None else HeldBooking(id=held.id, expires_at=held.hold_expires_at)
