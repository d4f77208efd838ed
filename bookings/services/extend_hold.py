"""Give somebody more time to pay."""

import uuid
from datetime import datetime, timedelta

from django.db.models import F

from audit.services.record_entry import record_entry
from bookings.models import Booking
from common.problems import NotFound, Problem
from common.transactions import requires_transaction


class NotHeld(Problem):
    """The hold is over, paid, or was given back."""

    code = "not_held"
    title = "These seats are not held any more."


@requires_transaction
def extend_hold(
    *, administrator_id: uuid.UUID, booking_id: uuid.UUID, minutes: int, reason: str, now: datetime
) -> Booking:
    """Return the booking, held for so many minutes from now.

    Raises:
        NotFound, NotHeld
    """
    booking = Booking.objects.filter(id=booking_id).first()
    if booking is None:
        raise NotFound()
    until = now + timedelta(minutes=minutes)
    held = Booking.objects.filter(id=booking_id, status=Booking.Status.HELD, hold_expires_at__gt=now)
    if not held.update(hold_expires_at=until, version=F("version") + 1):
        raise NotHeld(booking_status=booking.status)
    record_entry(
        actor_id=administrator_id,
        action="bookings.extend_hold",
        target_type="bookings.booking",
        target_id=str(booking_id),
        changes={"hold_expires_at": [booking.hold_expires_at.isoformat(), until.isoformat()]},
        reason=reason,
    )
    return Booking.objects.told().get(id=booking_id)
