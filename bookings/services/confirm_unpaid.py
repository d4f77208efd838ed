"""Confirm a hold that nobody paid for here: paid by invoice, or not at all."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from bookings.models import Booking
from bookings.services.confirm_booking import confirm_booking
from common.transactions import requires_transaction


@requires_transaction
def confirm_unpaid(*, administrator_id: uuid.UUID, booking_id: uuid.UUID, reason: str, now: datetime) -> Booking:
    """Return the confirmed booking. A payment that still arrives goes back as a second one.

    Raises:
        NotFound, InvalidTransition: it isn't held any more.
    """
    booking = confirm_booking(booking_id=booking_id, now=now)
    record_entry(
        actor_id=administrator_id,
        action="bookings.confirm_unpaid",
        target_type="bookings.booking",
        target_id=str(booking_id),
        changes={"status": ["held", booking.status]},
        reason=reason,
    )
    return booking
