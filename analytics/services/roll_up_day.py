"""Recount one event's day from the bookings' rows: whatever happened before, afterwards the figures are right."""

from datetime import date
from uuid import UUID

from analytics.models import DirtyDay, EventDay
from analytics.selectors import count_bookings
from common.transactions import requires_transaction


@requires_transaction
def roll_up_day(*, event_id: UUID, day: date) -> None:
    """Write what the rows say; views stay as they were counted.

    The mark goes first: a fact that arrives during the count waits for this transaction and then marks the day again.
    """
    DirtyDay.objects.filter(event_id=event_id, day=day).delete()
    EventDay.objects.bulk_create([EventDay(event_id=event_id, day=day)], ignore_conflicts=True)
    # Locked before the bookings are read: of two recounts the later one reads later.
    row = EventDay.objects.locked().get(event_id=event_id, day=day)
    EventDay.objects.filter(pk=row.pk).update(**count_bookings(event_id=event_id, day=day))
