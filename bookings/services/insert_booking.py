"""Write a held booking with its items: one active booking per person and event."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects

from bookings.models import Booking, BookingItem
from bookings.services.quote_seats import Quote
from common.problems import Problem
from common.transactions import requires_transaction, violated_constraint
from events.services.check_sale import Sale

ONE_ACTIVE = "bookings_booking_one_active_per_event"


class AlreadyBooked(Problem):
    """The person has an active booking of this event: `booking_id`."""

    code = "already_booked"
    title = "You already have a booking for this event."


@requires_transaction
def insert_booking(
    *,
    user_id: uuid.UUID,
    sale: Sale,
    quote: Quote,
    hold_expires_at: datetime,
    now: datetime,
    is_offer: bool = False,
) -> Booking:
    """Return the new booking; its seats are the caller's to take.

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
        is_offer=is_offer,
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
