"""Note which days bookings have changed, to be recounted in a moment: a rush of bookings is one recount, not thousands."""

from uuid import UUID

from analytics.calendar_days import day_of
from analytics.models import DirtyDay
from analytics.selectors import list_bookings, list_refund_moments, list_time_zones
from common.transactions import requires_transaction, run_last_together


@requires_transaction
def mark_days_of_booking(*, booking_id: UUID, previous_event_id: UUID | None = None) -> None:
    """Mark the days on which the booking was begun, confirmed and cancelled, and those of its refunds.

    Those of the event that it was moved away from, too. All bookings of a use case are marked together, at its end.
    """
    run_last_together(_mark_days, (booking_id, previous_event_id))


def _mark_days(changed: list[tuple[UUID, UUID | None]]) -> None:
    ids = {booking_id for booking_id, _ in changed}
    refunded = list_refund_moments(booking_ids=ids)
    of_booking = {
        one.pk: (one.event_id, [one.created_at, one.confirmed_at, one.cancelled_at, *refunded.get(one.pk, ())])
        for one in list_bookings(booking_ids=ids)
    }
    pairs = {(of_booking[booking_id][0], booking_id) for booking_id in ids}
    pairs |= {(previous, booking_id) for booking_id, previous in changed if previous is not None}
    zones = list_time_zones(event_ids={event_id for event_id, _ in pairs})
    days = {
        (event_id, day_of(moment, zones[event_id]))
        for event_id, booking_id in pairs
        for moment in of_booking[booking_id][1]
        if moment is not None
    }
    DirtyDay.objects.bulk_create(
        [DirtyDay(event_id=event_id, day=day) for event_id, day in sorted(days)], ignore_conflicts=True
    )
