"""End a booking: its seats go back, its tickets are void, its money is promised back. Shared by all who cancel."""

import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial

from bookings.domain_events import BookingCancelled, told_of
from bookings.models import Booking, Ticket
from bookings.models.payment import RefundReason
from bookings.services.change_status import change_status
from bookings.services.end_change import end_open_change
from bookings.services.expire_holds import let_go
from bookings.services.free_seats import free_sold_seats
from bookings.services.promise_refund import promise_refund
from bookings.services.return_points import return_points
from bus.services.record_fact import record_fact
from common.money import Money
from common.transactions import requires_transaction, run_last
from events.services.return_promo_use import return_promo_use
from events.services.withdraw_access import withdraw_access


def all_points_of(booking: Booking) -> Decimal:
    """Return the points that have not gone back yet."""
    return booking.points - booking.points_returned


@requires_transaction
def end_booking(
    *,
    booking_id: uuid.UUID,
    action: str,
    cancelled_by: str,
    reason: str,
    refund_of: Callable[[Booking], Money],
    refund_reason: RefundReason,
    actor_id: uuid.UUID | None,
    now: datetime,
    version: int | None = None,
    points_of: Callable[[Booking], Decimal] = all_points_of,
) -> Booking:
    """Return the cancelled booking.

    `refund_of` and `points_of` say what comes back of money and points; they are asked once the booking is locked, so
    their answers can't grow old.

    Raises:
        InvalidTransition, StaleVersion, NotFound
    """
    booking = change_status(
        booking_id=booking_id,
        action=action,
        version=version,
        cancelled_at=now,
        cancelled_by=cancelled_by,
        cancel_reason=reason,
    )
    refund = refund_of(booking)
    promise_refund(booking=booking, amount=refund, reason=refund_reason, actor_id=actor_id, now=now)
    if booking.confirmed_at is None:
        let_go(booking=booking, now=now)
    else:
        _take_back(booking, points_of(booking), now)
    record_fact(BookingCancelled(**told_of(booking), cancelled_by=cancelled_by, refund=refund.amount))
    return booking


def _take_back(booking: Booking, points_back: Decimal, now: datetime) -> None:
    """Take back what a confirmed booking had; the use of its promo code counts no more."""
    end_open_change(booking_id=booking.id, now=now)
    return_points(booking=booking, amount=points_back, now=now)
    Ticket.objects.of_booking(booking.id).valid().update(voided_at=now)
    withdraw_access(user_id=booking.user_id, event_id=booking.event_id)
    run_last(partial(free_sold_seats, event_id=booking.event_id, quantities=booking.quantities, now=now))
    # Seats that were handed over to this person are not their use of the code.
    if booking.promo_code_id and booking.source_id is None:
        run_last(partial(return_promo_use, promo_code_id=booking.promo_code_id, user_id=booking.user_id))
