"""Cancel one's own booking: a hold at any time, a confirmed booking until the event's limit, under its refund policy."""

import uuid
from datetime import datetime

from bookings.models import Booking, Refund
from bookings.selectors import get_booking_of_user
from bookings.services.end_booking import end_booking
from bookings.services.quote_refund import free_until, quote_refund
from common.money import Money
from common.problems import Problem
from common.transactions import requires_transaction


class CancellationClosed(Problem):
    """It is too late to cancel: the limit was at `closed_at`."""

    code = "cancellation_closed"
    title = "It is too late to cancel this booking."


@requires_transaction
def cancel_booking(*, user_id: uuid.UUID, booking_id: uuid.UUID, now: datetime, version: int | None = None) -> Booking:
    """Return the cancelled booking; what comes back is exactly what `quote_refund` says for `now`.

    Raises:
        NotFound: it isn't the user's.
        CancellationClosed, InvalidTransition, StaleVersion
    """
    get_booking_of_user(user_id=user_id, booking_id=booking_id)

    def refund_of(booking: Booking) -> Money:
        # Asked under the booking's lock: a payment may have confirmed it a moment ago.
        check_cancellable(booking=booking, now=now)
        return quote_refund(booking=booking, now=now).amount

    return end_booking(
        booking_id=booking_id,
        action="cancel",
        cancelled_by=Booking.CancelledBy.USER,
        reason="",
        refund_of=refund_of,
        refund_reason=Refund.Reason.CANCELLED,
        actor_id=user_id,
        now=now,
        version=version,
        points_of=lambda booking: quote_refund(booking=booking, now=now).points,
    )


def check_cancellable(*, booking: Booking, now: datetime) -> None:
    """Refuse what comes too late; a hold may end at any time, and an event that was moved may be left until its limit.

    Raises:
        CancellationClosed
    """
    closes_at = closes_for_changes(booking=booking)
    if booking.confirmed_at and now >= closes_at:
        raise CancellationClosed(closed_at=closes_at)


def closes_for_changes(*, booking: Booking) -> datetime:
    """Return until when the person may cancel, change or hand over."""
    free = free_until(booking=booking)
    return booking.cancellable_until if free is None else max(free, booking.cancellable_until)
