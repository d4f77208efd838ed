"""Write a held booking with its items: one active booking per person and event."""

import uuid
from datetime import datetime

from django.db import connection

from bookings.models import Booking, BookingItem
from bookings.models.lifecycle import ACTIVE
from bookings.services.quote_seats import Quote
from common.problems import Problem
from common.statements import insert_all_columns, prepared_cursor, values_of
from common.transactions import requires_transaction
from events.services.check_sale import Sale

ONE_ACTIVE = "bookings_booking_one_active_per_event"
# Booking and items in one statement. Who has an active booking gets no row and no error, so no savepoint is needed.
INSERT_SQL = f"""
    WITH held AS (
        INSERT INTO bookings_booking {insert_all_columns(Booking)}
        ON CONFLICT (user_id, event_id) WHERE status IN ({", ".join(f"'{status}'" for status in ACTIVE)}) DO NOTHING RETURNING id
    )
    INSERT INTO bookings_bookingitem (booking_id, ticket_type_id, name, quantity, unit_price, discount, currency)
    SELECT held.id, line.ticket_type_id, line.name, line.quantity, line.unit_price, line.discount, line.currency
    FROM held, unnest(%s::uuid[], %s::text[], %s::int[], %s::numeric[], %s::numeric[], %s::text[])
         WITH ORDINALITY AS line (ticket_type_id, name, quantity, unit_price, discount, currency, number)
    ORDER BY line.number
    RETURNING id, ticket_type_id
"""  # noqa: S608  (names of our own columns and states)


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
    items = [
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
    ]
    if not _insert(booking, items):
        present = find_active_booking(user_id=user_id, event_id=sale.event.id)
        raise AlreadyBooked(booking_id=str(present.id) if present else None)
    return booking


def find_active_booking(*, user_id: uuid.UUID, event_id: uuid.UUID) -> Booking | None:
    """Return the person's active booking of the event."""
    return Booking.objects.active().of_user(user_id).filter(event_id=event_id).first()


def _insert(booking: Booking, items: list[BookingItem]) -> bool:
    lines = [
        [getattr(item, name) for item in items]
        for name in ("ticket_type_id", "name", "quantity", "unit_price", "discount", "currency")
    ]
    with prepared_cursor() as sql:
        sql.execute(INSERT_SQL, [*values_of(booking), *lines])
        ids = {type_id: item_id for item_id, type_id in sql.fetchall()}
    if not ids:
        return False
    for row in (booking, *items):
        row._state.adding, row._state.db = False, connection.alias
    for item in items:
        item.pk = ids[item.ticket_type_id]
    # What was just written need not be read.
    told = BookingItem.objects.all()
    told._result_cache = items
    booking._prefetched_objects_cache = {"items": told}  # type: ignore[attr-defined]  # Django makes it on demand
    return True
