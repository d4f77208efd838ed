"""Note which days a booking has changed, to be recounted in a moment: a rush of bookings is one recount, not thousands."""

from uuid import UUID

from analytics.calendar_days import day_of
from analytics.models import DirtyDay
from analytics.selectors import get_booking, get_event, list_refund_moments
from common.transactions import requires_transaction


@requires_transaction
def mark_days_of_booking(*, booking_id: UUID, previous_event_id: UUID | None = None) -> None:
    """Mark the days on which the booking was begun, confirmed and cancelled, and those of its refunds.

    Those of the event that it was moved away from, too.
    """
    booking = get_booking(booking_id=booking_id)
    moments = [booking.created_at, booking.confirmed_at, booking.cancelled_at]
    moments += list_refund_moments(booking_id=booking_id)
    events = [booking.event] if previous_event_id is None else [booking.event, get_event(event_id=previous_event_id)]
    days = {(one.pk, day_of(moment, one.time_zone)) for one in events for moment in moments if moment is not None}
    DirtyDay.objects.bulk_create(
        [DirtyDay(event_id=event_id, day=day) for event_id, day in sorted(days)], ignore_conflicts=True
    )
