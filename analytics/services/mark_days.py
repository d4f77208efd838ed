"""Note which days a booking has changed, to be recounted in a moment: a rush of bookings is one recount, not thousands."""

from uuid import UUID

from analytics.calendar_days import day_of
from analytics.models import DirtyDay
from analytics.selectors import get_booking
from common.transactions import requires_transaction


@requires_transaction
def mark_days_of_booking(*, booking_id: UUID) -> None:
    """Mark the days on which the booking was begun, confirmed and cancelled."""
    booking = get_booking(booking_id=booking_id)
    moments = [booking.created_at, booking.confirmed_at, booking.cancelled_at]
    days = {day_of(moment, booking.event.time_zone) for moment in moments if moment is not None}
    DirtyDay.objects.bulk_create(
        [DirtyDay(event_id=booking.event_id, day=day) for day in sorted(days)], ignore_conflicts=True
    )
