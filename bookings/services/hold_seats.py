"""Hold seats of an event for a person.

All wanted seats or none, for a limited time, at today's prices and under today's refund policy. A person has one active
booking per event. When nothing is to be paid, the booking is confirmed at once.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects

from bookings.domain_events import BookingHeld, told_of
from bookings.models import Booking, BookingItem
from bookings.services.confirm_booking import confirm_booking
from bookings.services.expire_holds import expire_hold
from bookings.services.quote_seats import quote_sale
from bus.services.record_fact import record_fact
from common.problems import Problem
from common.transactions import requires_transaction, run_last, violated_constraint
from events.services.check_sale import Sale, check_sale
from events.services.take_seats import take_seats

ONE_ACTIVE = "bookings_booking_one_active_per_event"


class AlreadyBooked(Problem):
    """The person has an active booking of this event: `booking_id`."""

    code = "already_booked"
    title = "You already have a booking for this event."


@requires_transaction
def hold_seats(
    *,
    user_id: uuid.UUID,
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    hold_for: timedelta,
    now: datetime,
) -> Booking:
    """Return the new booking, held or (when free) confirmed. The seats themselves are taken last, before the COMMIT.

    Raises:
        AlreadyBooked
        NotFound, EventCancelled, NotOnSale, LimitPerBooking, InvalidInput: from `check_sale`
        SeatsSoldOut: from `take_seats`, at the end of the use case
    """
    sale = check_sale(event_id=event_id, quantities=quantities, now=now)
    _refuse_second_booking(user_id, event_id, now)
    booking = _insert(user_id, sale, hold_expires_at=now + hold_for, now=now)
    run_last(partial(take_seats, event_id=event_id, quantities=dict(quantities)))
    if not booking.total:
        return confirm_booking(booking_id=booking.id, now=now)
    record_fact(BookingHeld(**told_of(booking), hold_expires_at=booking.hold_expires_at))
    return booking


def _refuse_second_booking(user_id: uuid.UUID, event_id: uuid.UUID, now: datetime) -> None:
    present = Booking.objects.active().of_user(user_id).filter(event_id=event_id).first()
    if present is not None and not expire_hold(booking_id=present.id, now=now):
        raise AlreadyBooked(booking_id=str(present.id))


def _insert(user_id: uuid.UUID, sale: Sale, *, hold_expires_at: datetime, now: datetime) -> Booking:
    total = quote_sale(sale).total
    booking = Booking(
        user_id=user_id,
        event=sale.event,
        status=Booking.Status.HELD,
        seats=sum(quantity for _, quantity in sale.lines),
        amount=total.amount,
        currency=total.currency,
        refund_policy=sale.event.refund_policy,
        cancellable_hours_before=sale.event.cancellable_hours_before,
        hold_expires_at=hold_expires_at,
        created_at=now,
    )
    try:
        # A savepoint, so that the refusal can name the booking that won the race.
        with transaction.atomic():
            booking.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) != ONE_ACTIVE:
            raise
        winner = Booking.objects.active().of_user(user_id).filter(event=sale.event).first()
        raise AlreadyBooked(booking_id=str(winner.id) if winner else None) from error
    BookingItem.objects.bulk_create(
        BookingItem(
            booking=booking,
            ticket_type=one,
            name=one.name,
            quantity=quantity,
            unit_price=one.price,
            currency=one.currency,
        )
        for one, quantity in sale.lines
    )
    prefetch_related_objects([booking], "items")
    return booking
