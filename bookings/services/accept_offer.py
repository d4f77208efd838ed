"""Accept seats that cost nothing: an offer of the waiting list that needs no payment."""

import uuid
from datetime import datetime

from bookings.models import Booking
from bookings.selectors import get_booking_of_user
from bookings.services.answer_questions import demand_answers
from bookings.services.confirm_booking import confirm_booking
from bookings.services.start_payment import HoldExpired
from common.problems import Problem
from common.transactions import requires_transaction


class PaymentNeeded(Problem):
    """The seats cost something: they are confirmed by their payment."""

    code = "payment_needed"
    title = "These seats are confirmed by paying for them."


@requires_transaction
def accept_offer(*, user_id: uuid.UUID, booking_id: uuid.UUID, now: datetime) -> Booking:
    """Return the confirmed booking.

    Raises:
        NotFound: it isn't the user's.
        PaymentNeeded, HoldExpired, AnswersMissing
        InvalidTransition: it isn't held.
    """
    booking = get_booking_of_user(user_id=user_id, booking_id=booking_id)
    if booking.amount:
        raise PaymentNeeded()
    if booking.hold_expires_at <= now:
        raise HoldExpired()
    demand_answers(booking=booking)
    return confirm_booking(booking_id=booking_id, now=now)
