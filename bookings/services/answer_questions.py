"""Answer what the event asks for seats that one has already: offered, changed, handed over, or given by the organizer.

Whoever books answers while booking; these seats came another way, or the question did. Until the event starts.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from bookings.models import Booking
from bookings.models.lifecycle import BookingStatus
from bookings.selectors import get_booking_of_user
from common.problems import Problem
from common.transactions import requires_transaction
from events.services.complete_answers import complete_answers, missing_answers
from events.services.record_answers import GivenAnswer

ANSWERABLE = (BookingStatus.HELD, BookingStatus.CONFIRMED)


class AnswersClosed(Problem):
    """The booking has ended, or the event has begun: `booking_status`, `starts_at`."""

    code = "answers_closed"
    title = "Questions can't be answered any more."


class AnswersMissing(Problem):
    """The seats were offered, and what the event asks isn't answered for each: `missing` answers."""

    code = "answers_missing"
    title = "Answer the organizer's questions first."


@requires_transaction
def answer_questions(
    *, user_id: uuid.UUID, booking_id: uuid.UUID, answers: Sequence[GivenAnswer], now: datetime
) -> Booking:
    """Return the booking, complete: what was answered before counts on, unless it is answered anew.

    Raises:
        NotFound: the booking isn't the user's.
        AnswersClosed
        InvalidInput: something required is missing, or an answer fits no question.
    """
    get_booking_of_user(user_id=user_id, booking_id=booking_id)
    # Its seats stay as they are while their answers are written.
    Booking.objects.locked().get(id=booking_id)
    booking = get_booking_of_user(user_id=user_id, booking_id=booking_id)
    if not is_answerable(booking=booking, now=now):
        raise AnswersClosed(booking_status=booking.status, starts_at=booking.event.starts_at)
    complete_answers(
        event_id=booking.event_id,
        booking_id=booking_id,
        user_id=user_id,
        quantities=booking.quantities,
        answers=answers,
        now=now,
    )
    return booking


def is_answerable(*, booking: Booking, now: datetime) -> bool:
    """Tell whether questions may be answered for the booking."""
    return booking.status in ANSWERABLE and now < booking.event.starts_at


def count_missing(*, booking: Booking) -> int:
    """Return how many required answers the booking lacks."""
    return missing_answers(event_id=booking.event_id, booking_id=booking.id, quantities=booking.quantities)


def demand_answers(*, booking: Booking) -> None:
    """Refuse to go on with offered seats whose questions aren't answered.

    Raises:
        AnswersMissing
    """
    if booking.is_offer and (missing := count_missing(booking=booking)):
        raise AnswersMissing(missing=missing)
