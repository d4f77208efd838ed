"""End a change that waits for its payment, for an administrator: its seats go back, the booking stays as it was."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from bookings.models import BookingChange
from bookings.services.end_change import end_open_change
from common.problems import NotFound
from common.transactions import requires_transaction


@requires_transaction
def force_end_change(*, administrator_id: uuid.UUID, change_id: uuid.UUID, reason: str, now: datetime) -> None:
    """End the change; a payment that comes all the same is given back.

    Raises:
        NotFound: there is no such change, or it has ended already.
    """
    change = BookingChange.objects.open().filter(id=change_id).first()
    if change is None or not end_open_change(booking_id=change.booking_id, now=now):
        raise NotFound()
    record_entry(
        actor_id=administrator_id,
        action="bookings.force_end_change",
        target_type="bookings.booking",
        target_id=str(change.booking_id),
        changes={"change": [str(change.id), None]},
        reason=reason,
    )
