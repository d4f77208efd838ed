"""Offer free seats to those who wait: first come, first served, where a later party that fits may pass one that doesn't.

An offer is a hold made for the person: it expires, is paid and counted as any other. The event's row must be locked
already, by a statement that frees seats or by `freeze_seats`; so two transactions never offer to the same party.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, connection, transaction

from bookings.domain_events import BookingHeld, WaitingListOffered, told_of
from bookings.models import Booking, WaitingEntry
from bookings.services.insert_booking import insert_booking
from bookings.services.quote_seats import quote_sale
from bus.services.record_fact import record_facts
from common.problems import Problem
from common.transactions import requires_transaction
from events.services.check_sale import check_sale
from events.services.complete_answers import note_answers
from events.services.record_answers import GivenAnswer
from events.services.take_seats import take_seats

log = structlog.get_logger(__name__)

OFFER_FOR = timedelta(minutes=30)
# A person who is booking at this very moment waits for our lock; waiting for theirs would be a deadlock.
PATIENCE = "100ms"
# Types that aren't sold now are left out here: to try and be refused takes statements for everybody who waits.
FIRST_THAT_FITS = """
    SELECT entry.id
    FROM bookings_waitingentry AS entry JOIN events_event AS event ON event.id = entry.event_id
    WHERE entry.event_id = %(event)s AND entry.status = 'waiting' AND entry.id <> ALL(%(passed)s)
      AND event.status IN ('published', 'running')
      AND (event.capacity IS NULL OR event.capacity - event.held - event.sold >= entry.seats)
      AND NOT EXISTS (
          SELECT FROM bookings_waitingitem AS item JOIN events_tickettype AS kind ON kind.id = item.ticket_type_id
          WHERE item.entry_id = entry.id AND (
              kind.capacity - kind.held - kind.sold < item.quantity
              OR %(now)s < kind.sale_opens_at OR %(now)s >= coalesce(kind.sale_closes_at, event.starts_at)
              OR upper(kind.access_code) NOT IN ('', upper(entry.access_code))
              OR item.quantity NOT BETWEEN kind.min_per_booking AND kind.max_per_booking
          )
      )
      AND NOT EXISTS (
          SELECT FROM bookings_booking AS booking
          WHERE booking.user_id = entry.user_id AND booking.event_id = entry.event_id
            AND booking.status IN ('held', 'confirmed', 'attended')
      )
    ORDER BY entry.joined_at, entry.id LIMIT 1
"""


@requires_transaction
def offer_seats(*, event_id: uuid.UUID, now: datetime) -> int:
    """Hold what is free for those who wait; return how many parties got an offer."""
    offered = 0
    passed: list[uuid.UUID] = []
    while (entry_id := _first_that_fits(event_id, passed, now)) is not None:
        passed.append(entry_id)
        offered += _offer(entry_id, now)
    return offered


def _first_that_fits(event_id: uuid.UUID, passed: list[uuid.UUID], now: datetime) -> uuid.UUID | None:
    with connection.cursor() as sql:
        sql.execute(FIRST_THAT_FITS, {"event": event_id, "passed": passed, "now": now})
        row = sql.fetchone()
    return row[0] if row else None


def _offer(entry_id: uuid.UUID, now: datetime) -> bool:
    """Offer to one party; False when it can't be now, then a later sweep tries again."""
    try:
        with transaction.atomic():
            with connection.cursor() as sql:
                sql.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            _hold(WaitingEntry.objects.prefetch_related("items").get(id=entry_id), now)
    except (Problem, OperationalError) as refusal:
        log.info("waiting_list.passed_over", entry_id=str(entry_id), why=type(refusal).__name__)
        return False
    return True


def _hold(entry: WaitingEntry, now: datetime) -> None:
    sale = check_sale(event_id=entry.event_id, quantities=entry.quantities, access_code=entry.access_code, now=now)
    quote = quote_sale(sale, user_id=entry.user_id, now=now)
    booking = insert_booking(
        user_id=entry.user_id, sale=sale, quote=quote, hold_expires_at=now + OFFER_FOR, now=now, is_offer=True
    )
    if entry.answers:
        note_answers(
            event_id=entry.event_id,
            booking_id=booking.id,
            user_id=entry.user_id,
            quantities=entry.quantities,
            answers=[GivenAnswer.from_json(one) for one in entry.answers],
            now=now,
        )
    take_seats(event_id=entry.event_id, quantities=entry.quantities)
    waiting = WaitingEntry.objects.waiting().filter(id=entry.id)
    # The answers are the booking's now.
    waiting.update(status=WaitingEntry.Status.OFFERED, booking=booking, offered_at=now, answers=[])
    told = told_of(booking) | {"hold_expires_at": booking.hold_expires_at}
    record_facts([BookingHeld(**told), WaitingListOffered(**told)])


@requires_transaction
def end_offer(*, booking: Booking, now: datetime) -> None:
    """Note that an offer is taken or let go; the person waits no more."""
    if booking.is_offer:
        offered = WaitingEntry.objects.filter(booking=booking, status=WaitingEntry.Status.OFFERED)
        offered.update(status=WaitingEntry.Status.DONE, ended_at=now)
