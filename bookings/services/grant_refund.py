"""Give any amount of a booking's money back, without ending the booking."""

import uuid
from datetime import datetime
from decimal import Decimal

from audit.services.record_entry import record_entry
from bookings.models import Booking, Refund
from bookings.services.promise_refund import promise_refund, refundable_of
from common.money import Money
from common.problems import NotFound, Problem
from common.transactions import requires_transaction


class RefundTooLarge(Problem):
    """More than is left of what was paid: `refundable`."""

    code = "refund_too_large"
    title = "That is more than is left of what was paid."


@requires_transaction
def grant_refund(
    *, administrator_id: uuid.UUID, booking_id: uuid.UUID, amount: Decimal, reason: str, now: datetime
) -> Money:
    """Promise the amount, and return it.

    Raises:
        NotFound, RefundTooLarge
    """
    booking = Booking.objects.locked().filter(id=booking_id).first()
    if booking is None:
        raise NotFound()
    wanted, left = Money(amount, booking.currency), refundable_of(booking=booking)
    if not wanted or left < wanted:
        raise RefundTooLarge(refundable=left.as_json())
    promise_refund(booking=booking, amount=wanted, reason=Refund.Reason.GOODWILL, actor_id=administrator_id, now=now)
    record_entry(
        actor_id=administrator_id,
        action="bookings.grant_refund",
        target_type="bookings.booking",
        target_id=str(booking_id),
        changes={"refundable": [str(left.amount), str((left - wanted).amount)]},
        reason=reason,
    )
    return wanted
