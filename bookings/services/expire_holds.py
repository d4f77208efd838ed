"""Expire holds whose time is over: their seats are free again, each exactly once."""

import uuid
from datetime import datetime
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import Q

from bookings.domain_events import BookingExpired, told_of
from bookings.models import Booking
from bookings.ports import points
from bookings.selectors import list_overdue_holds
from bookings.services.change_status import InvalidTransition, change_status
from bookings.services.free_seats import free_held_seats
from bookings.services.offer_seats import end_offer
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction, run_last, use_case
from events.services.return_promo_use import return_promo_use

log = structlog.get_logger(__name__)

BATCH = 500


def expire_holds(*, now: datetime) -> int:
    """Expire what is overdue, each hold in its own transaction; return how many. One that can't stops no other."""
    expired = 0
    for booking_id in list_overdue_holds(now=now, limit=BATCH):
        try:
            with use_case():
                is_expired = expire_hold(booking_id=booking_id, now=now)
        except (OperationalError, InterfaceError):
            # The database is away: the next sweep goes on.
            raise
        except Exception:
            log.exception("booking.hold_not_expired", booking_id=str(booking_id))
        else:
            expired += is_expired
    if expired:
        log.info("booking.holds_expired", count=expired)
    return expired


@requires_transaction
def expire_hold(*, booking_id: uuid.UUID, now: datetime) -> bool:
    """Expire one hold if its time is over; return whether it was done now."""
    try:
        booking = change_status(
            booking_id=booking_id, action="expire", only=Q(hold_expires_at__lte=now), expired_at=now
        )
    except InvalidTransition:
        # Paid, cancelled, expired by somebody else, or not yet due: all of them are as they should be.
        return False
    let_go(booking=booking, now=now)
    record_fact(BookingExpired(**told_of(booking)))
    return True


@requires_transaction
def let_go(*, booking: Booking, now: datetime) -> None:
    """Give back what an ended hold kept: its points, its seats, the use of its promo code."""
    if booking.points:
        points().release(booking_id=booking.id, now=now)
    end_offer(booking=booking, now=now)
    run_last(partial(free_held_seats, event_id=booking.event_id, quantities=booking.quantities, now=now))
    if booking.promo_code_id:
        run_last(partial(return_promo_use, promo_code_id=booking.promo_code_id, user_id=booking.user_id))


@requires_transaction
def open_booking(*, booking: Booking, now: datetime) -> Booking:
    """Return a booking as it is now: a hold that is over expires when somebody looks at it."""
    overdue = booking.status == Booking.Status.HELD and booking.hold_expires_at <= now
    if not overdue or not expire_hold(booking_id=booking.id, now=now):
        return booking
    return Booking.objects.told().get(id=booking.id)
