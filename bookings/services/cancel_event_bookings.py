"""End every booking of a cancelled event, with all money back.

The order is one row; a job works it off, each booking in its own transaction, and takes it up again until no active
booking is left. Nobody is refunded twice: a booking that is cancelled can't be cancelled again.
"""

import uuid
from datetime import datetime, timedelta

import structlog

from bookings.models import Booking, EventCancellation, Refund
from bookings.selectors import list_active_booking_ids
from bookings.services.change_status import InvalidTransition
from bookings.services.end_booking import end_booking
from bookings.services.leave_waiting_list import close_waiting_list
from bookings.services.quote_refund import paid_for
from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction, use_case

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
RETRY_SECONDS = 5
LONGEST_RETRY_SECONDS = 600


@requires_transaction
def order_event_cancellation(*, event_id: uuid.UUID, reason: str, now: datetime) -> None:
    """Order the end of all bookings of an event; ordered again, it is the same order."""
    close_waiting_list(event_id=event_id, now=now)
    total = Booking.objects.active().filter(event_id=event_id).count()
    _, is_new = EventCancellation.objects.get_or_create(
        event_id=event_id, defaults={"reason": reason or "-", "total": total, "next_attempt_at": now}
    )
    if is_new:
        queue_after_commit("bookings.cancel_event_bookings", [str(event_id)], queue="bulk")


def cancel_event_bookings(*, event_id: uuid.UUID, now: datetime) -> int:
    """Work an order off, as far as it goes; return how many bookings were ended now."""
    order = _take_lease(event_id, now)
    if order is None:
        return 0
    ended, failures = 0, {}
    for booking_id in list_active_booking_ids(event_id=event_id):
        try:
            ended += _cancel(booking_id, order.reason, now)
        except Exception as error:
            log.exception("booking.not_cancelled_with_event", booking_id=str(booking_id))
            failures[str(booking_id)] = f"{type(error).__name__}: {error}"[:500]
    _record(order, failures, now)
    return ended


def _take_lease(event_id: uuid.UUID, now: datetime) -> EventCancellation | None:
    """Keep the sweep away while this job is at work; should it die, the sweep comes after the lease."""
    with use_case():
        if not EventCancellation.objects.due(now).filter(event_id=event_id).update(next_attempt_at=now + LEASE):
            return None
        return EventCancellation.objects.get(event_id=event_id)


def _cancel(booking_id: uuid.UUID, reason: str, now: datetime) -> bool:
    try:
        with use_case():
            end_booking(
                booking_id=booking_id,
                action="call_off",
                cancelled_by=Booking.CancelledBy.EVENT,
                reason=reason,
                # Of handed-over seats each booking gives back its own share of the one payment.
                refund_of=lambda booking: paid_for(booking=booking).money,
                refund_reason=Refund.Reason.EVENT_CANCELLED,
                actor_id=None,
                now=now,
            )
    except InvalidTransition:
        # It has ended by itself since the list was made.
        return False
    return True


def _record(order: EventCancellation, failures: dict[str, str], now: datetime) -> None:
    """Finish the order, or say when it goes on."""
    with use_case():
        mine = EventCancellation.objects.filter(event_id=order.event_id, finished_at__isnull=True)
        if not Booking.objects.active().filter(event_id=order.event_id).exists():
            mine.update(finished_at=now, failures={})
            return
        delay = min(LONGEST_RETRY_SECONDS, RETRY_SECONDS * 2 ** min(order.attempts, 10))
        mine.update(failures=failures, attempts=order.attempts + 1, next_attempt_at=now + timedelta(seconds=delay))
