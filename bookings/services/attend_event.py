"""When an event has ended, its confirmed bookings count as attended, scanned at the door or not.

The event's end writes one row, the order; a job works it off, some hundred bookings in a transaction, and is done when
no confirmed booking is left. It may be started again at any time: who has attended can't attend again.
"""

import uuid
from datetime import datetime

from django.db.models import F

from bookings.domain_events import BookingAttended, told_of
from bookings.models import Booking, EventAttendance
from bookings.models.lifecycle import TRANSITIONS
from bus.services.record_fact import record_facts
from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction, use_case
from events.models import Event

BATCH = 500


@requires_transaction
def order_attendance(*, event_id: uuid.UUID, now: datetime) -> None:
    """Order that all confirmed bookings of an event count as attended; ordered again, it is the same order.

    Unless its organizer has decided that only who was scanned has attended.
    """
    if not Event.objects.filter(id=event_id, counts_unscanned=True).exists():
        return
    _, is_new = EventAttendance.objects.get_or_create(event_id=event_id, defaults={"attended_at": now})
    if is_new:
        queue_after_commit("bookings.attend_event", [str(event_id)], queue="bulk")


def attend_event(*, event_id: uuid.UUID, now: datetime) -> int:
    """Work an order off, batch by batch, unless another worker is at it; return how many bookings were marked now."""
    attended = 0
    while True:
        with use_case():
            # The sweep comes again while a large event is being worked off: workers must not queue up for its batches.
            order = EventAttendance.objects.due().locked().filter(event_id=event_id).first()
            if order is None:
                return attended
            marked = _attend_some(order)
            if not marked:
                EventAttendance.objects.due().filter(event_id=event_id).finish(now)
        attended += marked


def _attend_some(order: EventAttendance) -> int:
    """Mark a batch in one statement; return how many there were left to mark."""
    step = TRANSITIONS["attend"]
    confirmed = Booking.objects.filter(event_id=order.event_id, status__in=step.sources)
    batch = list(confirmed.locked().values_list("id", flat=True)[:BATCH])
    Booking.objects.filter(id__in=batch).update(
        status=step.target, attended_at=order.attended_at, version=F("version") + 1
    )
    attended = Booking.objects.told().filter(id__in=batch).order_by("id")
    record_facts([BookingAttended(**told_of(booking)) for booking in attended])
    return len(batch)
