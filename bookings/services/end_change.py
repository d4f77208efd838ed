"""End a change that was not paid: the seats held for it go back, the booking stays as it was."""

import uuid
from datetime import datetime
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError

from bookings.models import BookingChange
from bookings.selectors import list_overdue_changes
from bookings.services.free_seats import free_held_seats
from common.transactions import requires_transaction, run_last, use_case

log = structlog.get_logger(__name__)

BATCH = 500


def expire_changes(*, now: datetime) -> int:
    """End what is overdue, each change in its own transaction; return how many. One that can't stops no other."""
    ended = 0
    for booking_id in list_overdue_changes(now=now, limit=BATCH):
        try:
            with use_case():
                is_ended = end_overdue_change(booking_id=booking_id, now=now)
        except (OperationalError, InterfaceError):
            # The database is away: the next sweep goes on.
            raise
        except Exception:
            log.exception("booking.change_not_ended", booking_id=str(booking_id))
        else:
            ended += is_ended
    return ended


@requires_transaction
def end_overdue_change(*, booking_id: uuid.UUID, now: datetime) -> bool:
    """End the booking's open change if its time is over; return whether it was done now."""
    change = BookingChange.objects.overdue(now).told().select_related("booking").filter(booking_id=booking_id).first()
    return change is not None and _end(change, now)


@requires_transaction
def end_open_change(*, booking_id: uuid.UUID, now: datetime) -> bool:
    """End the booking's open change: the booking itself ends."""
    change = BookingChange.objects.open().told().select_related("booking").filter(booking_id=booking_id).first()
    return change is not None and _end(change, now)


def _end(change: BookingChange, now: datetime) -> bool:
    still = BookingChange.objects.open().filter(id=change.id)
    if not still.update(status=BookingChange.Status.ENDED, ended_at=now, answers=[]):
        return False
    if change.added:
        run_last(partial(free_held_seats, event_id=change.booking.event_id, quantities=change.added, now=now))
    return True
