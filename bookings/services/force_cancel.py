"""Cancel any active booking for an administrator, late or attended, with all money back that is left.

Of a payment for seats that were handed over, only the booking's own share goes back: the others keep theirs.
"""

import uuid
from datetime import datetime

from django.db.models import Q

from audit.services.record_entry import record_entry
from bookings.models import Booking, Refund
from bookings.services.end_booking import end_booking
from bookings.services.promise_refund import refundable_of
from bookings.services.quote_refund import paid_for
from common.money import Money
from common.transactions import requires_transaction


@requires_transaction
def force_cancel(*, administrator_id: uuid.UUID, booking_id: uuid.UUID, reason: str, now: datetime) -> Booking:
    """Return the cancelled booking; its holder reads the reason.

    Raises:
        NotFound, InvalidTransition
    """
    before = Booking.objects.filter(id=booking_id).values_list("status", flat=True).first()
    booking = end_booking(
        booking_id=booking_id,
        action="call_off",
        cancelled_by=Booking.CancelledBy.ADMINISTRATOR,
        reason=reason,
        refund_of=_left_of,
        refund_reason=Refund.Reason.CANCELLED,
        actor_id=administrator_id,
        now=now,
    )
    record_entry(
        actor_id=administrator_id,
        action="bookings.force_cancel",
        target_type="bookings.booking",
        target_id=str(booking_id),
        changes={"status": [before, booking.status]},
        reason=reason,
    )
    return booking


def _left_of(booking: Booking) -> Money:
    paid_together = Q(id=booking.payer_id) | Q(source_id=booking.payer_id)
    if Booking.objects.active().filter(paid_together).exclude(id=booking.id).exists():
        return paid_for(booking=booking).money
    return refundable_of(booking=booking)
