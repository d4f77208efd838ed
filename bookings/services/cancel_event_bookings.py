"""End every booking of a cancelled event, with all money back.

The order is one row; a job works it off, each booking in its own transaction, and takes it up again until no active
booking is left. Nobody is refunded twice: a booking that is cancelled can't be cancelled again.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from bookings.models import Booking, CancellationFailure, EventCancellation, Refund
from bookings.selectors import list_active_booking_ids
from bookings.services.change_status import InvalidTransition
from bookings.services.end_booking import end_booking
from bookings.services.leave_waiting_list import close_waiting_list
from bookings.services.quote_refund import paid_for
from bus.wakeup import queue_after_commit
from common.transactions import gave_way, requires_transaction, use_case

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
RENEWED_AFTER = LEASE / 3
RETRY_SECONDS = 5
LONGEST_RETRY_SECONDS = 600
MOST_TRIES = 3
Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Another worker has taken the order over: this one was away for too long."""


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


def cancel_event_bookings(*, event_id: uuid.UUID, clock: Clock) -> int:
    """Work an order off, as far as it goes; return how many bookings were ended now.

    Takes as long as it takes, so it asks the clock as it goes: the lease is renewed on the way.
    """
    order = _take_lease(event_id, clock())
    if order is None:
        return 0
    ended = 0
    try:
        for booking_id in list_active_booking_ids(event_id=event_id):
            order = _renew_lease(order, clock())
            try:
                ended += _cancel_in_a_throng(booking_id, order.reason, clock())
            except Exception as error:
                if isinstance(error, OperationalError | InterfaceError) and not gave_way(error):
                    # The database is away: the sweep goes on when the lease has run out.
                    raise
                log.exception("booking.not_cancelled_with_event", booking_id=str(booking_id))
                _note_failure(order, booking_id, error, clock())
        _record(order, clock())
    except LeaseLost:
        log.warning("booking.event_cancellation_taken_over", event_id=str(event_id))
    return ended


def _take_lease(event_id: uuid.UUID, now: datetime) -> EventCancellation | None:
    """Keep the sweep away while this job is at work; should it die, the sweep comes after the lease."""
    with use_case():
        if not EventCancellation.objects.due(now).filter(event_id=event_id).update(next_attempt_at=now + LEASE):
            return None
        return EventCancellation.objects.get(event_id=event_id)


def _renew_lease(order: EventCancellation, now: datetime) -> EventCancellation:
    """Return the order, leased anew when a third of its lease is over.

    Raises:
        LeaseLost
    """
    if now < order.next_attempt_at - LEASE + RENEWED_AFTER:
        return order
    with use_case():
        if not _mine(order).update(next_attempt_at=now + LEASE):
            raise LeaseLost
    order.next_attempt_at = now + LEASE
    return order


def _mine(order: EventCancellation) -> QuerySet[EventCancellation]:
    """Return the order while this worker's lease holds."""
    leased = {"finished_at__isnull": True, "next_attempt_at": order.next_attempt_at}
    return EventCancellation.objects.filter(event_id=order.event_id, **leased)


def _cancel_in_a_throng(booking_id: uuid.UUID, reason: str, now: datetime) -> bool:
    """Try again at once when others wanted the same rows: people cancel and pay while their event is called off.

    Raises:
        OperationalError: it gave way each time, or the database is away.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return _cancel(booking_id, reason, now)
        except OperationalError as error:
            if not gave_way(error):
                raise
            log.warning("booking.cancellation_gave_way", booking_id=str(booking_id))
    return _cancel(booking_id, reason, now)


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


def _note_failure(order: EventCancellation, booking_id: uuid.UUID, error: Exception, now: datetime) -> None:
    """Keep the last error of a booking; at once, so that a crash later on takes nothing from the list."""
    with use_case():
        CancellationFailure.objects.update_or_create(
            booking_id=booking_id,
            defaults={
                "cancellation_id": order.event_id,
                "error": f"{type(error).__name__}: {error}".replace("\0", "")[:500],
                "failed_at": now,
            },
        )


def _record(order: EventCancellation, now: datetime) -> None:
    """Finish the order, or say when it goes on; forget the failures of what has ended since.

    Raises:
        LeaseLost
    """
    delay = min(LONGEST_RETRY_SECONDS, RETRY_SECONDS * 2 ** min(order.attempts, 10))
    outcome: dict[str, object] = {
        "attempts": order.attempts + 1,
        "next_attempt_at": now + timedelta(seconds=delay),
    }
    with use_case():
        alive = Booking.objects.active().filter(event_id=order.event_id)
        if not alive.exists():
            outcome = {"finished_at": now}
        order.failures.exclude(booking__in=alive).delete()
        if not _mine(order).update(**outcome):
            raise LeaseLost
