"""Hold seats of an event for a person.

All wanted seats or none, for a limited time, at today's prices and under today's refund policy. A promo code and points
may pay a part; both are kept with the hold and given back with it. A person has one active booking per event. When
nothing is to be paid, the booking is confirmed at once.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects

from bookings.domain_events import BookingHeld, told_of
from bookings.models import Booking, BookingItem
from bookings.ports import PointsNotAvailable, points
from bookings.services.confirm_booking import confirm_booking
from bookings.services.expire_holds import expire_hold
from bookings.services.quote_seats import FULL_PRICE, Quote, Wish, quote_sale
from bus.services.record_fact import record_fact
from common.problems import Problem
from common.transactions import requires_transaction, run_last, violated_constraint
from events.services.check_sale import Sale, check_sale
from events.services.take_promo_use import take_promo_use
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
    wish: Wish = FULL_PRICE,
) -> Booking:
    """Return the new booking, held or (when free) confirmed. The seats themselves are taken last, before the COMMIT.

    Raises:
        AlreadyBooked, PointsNotAvailable
        PromoInvalid, PromoExpired, PromoExhausted, PromoNotApplicable: from `check_promo_code`
        NotFound, EventCancelled, NotOnSale, LimitPerBooking, InvalidInput: from `check_sale`
        SeatsSoldOut: from `take_seats`, at the end of the use case
    """
    sale = check_sale(event_id=event_id, quantities=quantities, access_code=wish.access_code, now=now)
    _refuse_second_booking(user_id, event_id, now)
    quote = quote_sale(sale, user_id=user_id, wish=wish, now=now)
    if quote.points.points < wish.points:
        raise PointsNotAvailable(available=str(quote.points.points), why=quote.points.why_fewer)
    booking = insert_booking(user_id=user_id, sale=sale, quote=quote, hold_expires_at=now + hold_for, now=now)
    if booking.points:
        points().reserve(booking_id=booking.id, user_id=user_id, points=booking.points, now=now)
    run_last(partial(take_seats, event_id=event_id, quantities=dict(quantities)))
    if quote.promo:
        run_last(partial(take_promo_use, promo_code_id=quote.promo.id, user_id=user_id))
    if not booking.total:
        return confirm_booking(booking_id=booking.id, now=now)
    record_fact(BookingHeld(**told_of(booking), hold_expires_at=booking.hold_expires_at))
    return booking


def _refuse_second_booking(user_id: uuid.UUID, event_id: uuid.UUID, now: datetime) -> None:
    present = Booking.objects.active().of_user(user_id).filter(event_id=event_id).first()
    if present is not None and not expire_hold(booking_id=present.id, now=now):
        raise AlreadyBooked(booking_id=str(present.id))


def insert_booking(
    *, user_id: uuid.UUID, sale: Sale, quote: Quote, hold_expires_at: datetime, now: datetime
) -> Booking:
    """Write a held booking and its items; its seats are the caller's to take.

    Raises:
        AlreadyBooked
    """
    booking = Booking(
        user_id=user_id,
        event=sale.event,
        status=Booking.Status.HELD,
        seats=sum(quantity for _, quantity in sale.lines),
        amount=quote.total.amount,
        currency=quote.total.currency,
        promo_code=quote.promo,
        discount=quote.discount.amount,
        points=quote.points.points,
        points_worth=quote.points.worth.amount,
        # Which version of the event promised it, unless the policy has a version of its own.
        refund_policy={"version": sale.event.version} | sale.event.refund_policy,
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
            ticket_type_id=line.ticket_type,
            name=line.name,
            quantity=line.quantity,
            unit_price=line.price.amount,
            discount=line.discount.amount,
            currency=line.price.currency,
        )
        for line in quote.items
    )
    prefetch_related_objects([booking], "items")
    return booking
