"""Hold seats of an event for a person.

All wanted seats or none, for a limited time, at today's prices and under today's refund policy. A promo code and points
may pay a part; both are kept with the hold and given back with it. A person has one active booking per event. When
nothing is to be paid, the booking is confirmed at once.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from bookings.domain_events import BookingHeld, told_of
from bookings.models import Booking
from bookings.ports import PointsNotAvailable, points
from bookings.services.confirm_booking import confirm_booking
from bookings.services.expire_holds import expire_hold
from bookings.services.insert_booking import AlreadyBooked, find_active_booking, insert_booking
from bookings.services.quote_seats import FULL_PRICE, Wish, quote_sale
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction, run_last
from events.services.check_sale import check_sale
from events.services.record_answers import GivenAnswer, record_answers
from events.services.take_promo_use import take_promo_use
from events.services.take_seats import take_seats


@requires_transaction
def hold_seats(
    *,
    user_id: uuid.UUID,
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    hold_for: timedelta,
    now: datetime,
    wish: Wish = FULL_PRICE,
    answers: Sequence[GivenAnswer] = (),
) -> Booking:
    """Return the new booking, held or (when free) confirmed. The seats themselves are taken last, before the COMMIT.

    Raises:
        AlreadyBooked, PointsNotAvailable
        PromoInvalid, PromoExpired, PromoExhausted, PromoNotApplicable: from `check_promo_code`
        NotFound, EventCancelled, NotOnSale, LimitPerBooking, InvalidInput: from `check_sale`
        InvalidInput: from `record_answers`, what the event asks isn't answered for each seat
        SeatsSoldOut: from `take_seats`, at the end of the use case
    """
    sale = check_sale(
        event_id=event_id, quantities=quantities, access_code=wish.access_code, promo_code=wish.promo_code, now=now
    )
    if wish.promo_code or wish.points:
        # A hold whose time is over gives its points back before they are counted; and nobody is told that their code
        # is used up by the very booking that they have.
        _refuse_second_booking(user_id, event_id, now)
    quote = quote_sale(sale, user_id=user_id, wish=wish, now=now)
    if quote.points.points < wish.points:
        raise PointsNotAvailable(available=str(quote.points.points), why=quote.points.why_fewer)
    insert = partial(insert_booking, user_id=user_id, sale=sale, quote=quote, hold_expires_at=now + hold_for, now=now)
    try:
        booking = insert()
    except AlreadyBooked:
        _refuse_second_booking(user_id, event_id, now)
        booking = insert()
    if sale.asks or answers:
        record_answers(
            event_id=event_id, booking_id=booking.id, user_id=user_id, quantities=quantities, answers=answers, now=now
        )
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
    """Raise AlreadyBooked, unless the booking in the way is a hold whose time is over: it expires now."""
    present = find_active_booking(user_id=user_id, event_id=event_id)
    if present is not None and not expire_hold(booking_id=present.id, now=now):
        raise AlreadyBooked(booking_id=str(present.id))
