"""When an event has ended, its confirmed bookings count as attended, scanned at the door or not."""

import uuid
from datetime import datetime

from django.db.models import F

from bookings.domain_events import BookingAttended, told_of
from bookings.models import Booking
from bookings.models.lifecycle import TRANSITIONS
from bus.services.record_fact import record_facts
from common.transactions import requires_transaction
from events.models import Event


@requires_transaction
def attend_event(*, event_id: uuid.UUID, now: datetime) -> int:
    """Mark all confirmed bookings of an event in one statement; return how many there were.

    Unless its organizer has decided that only who was scanned has attended.
    """
    if not Event.objects.filter(id=event_id, counts_unscanned=True).exists():
        return 0
    step = TRANSITIONS["attend"]
    confirmed = Booking.objects.filter(event_id=event_id, status__in=step.sources)
    if not confirmed.update(status=step.target, attended_at=now, version=F("version") + 1):
        return 0
    attended = Booking.objects.told().filter(event_id=event_id, status=step.target, attended_at=now).order_by("id")
    facts = [BookingAttended(**told_of(booking)) for booking in attended]
    record_facts(list(facts))
    return len(facts)
