"""End the holds of an event that was taken down: nobody pays for what may never take place. Tickets stay."""

import uuid
from datetime import datetime

from django.db.models import F

from bookings.models import Booking, BookingChange
from common.transactions import requires_transaction


@requires_transaction
def suspend_bookings(*, event_id: uuid.UUID, now: datetime) -> int:
    """Let the time of all holds and open changes of the event be over now; return how many there were.

    Two statements, however many: the job that ends what is overdue does the rest within seconds, each in a transaction
    of its own. A payment that comes after that is given back, as the event doesn't sell.
    """
    held = Booking.objects.filter(event_id=event_id, status=Booking.Status.HELD, hold_expires_at__gt=now)
    changes = BookingChange.objects.open().filter(booking__event_id=event_id, hold_expires_at__gt=now)
    return held.update(hold_expires_at=now, version=F("version") + 1) + changes.update(hold_expires_at=now)
