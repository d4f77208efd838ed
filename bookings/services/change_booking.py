"""Change the seats of one's own confirmed booking: one step, all or nothing.

What costs no more is done at once: old seats go back, new ones are taken, and the difference comes back by the policy.
What costs more holds the seats that come on top and waits for their payment; until it has come, and should it never
come, the booking is exactly as it was.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import F

from bookings.models import Booking, BookingChange, BookingChangeItem, Ticket
from bookings.models.lifecycle import allowed_from
from bookings.selectors import get_booking_of_user
from bookings.services.apply_change import apply_quote
from bookings.services.cancel_booking import check_cancellable
from bookings.services.change_status import InvalidTransition
from bookings.services.end_change import end_overdue_change
from bookings.services.quote_change import ChangeQuote, quote_change
from common.problems import Problem, StaleVersion
from common.transactions import requires_transaction, run_last, violations
from events.services.complete_answers import check_completion
from events.services.record_answers import GivenAnswer
from events.services.take_seats import take_seats


class ChangeInProgress(Problem):
    """A change of this booking waits for its payment until `hold_expires_at`."""

    code = "change_in_progress"
    title = "Another change of this booking is waiting for its payment."


class TicketsOnTheirWay(Problem):
    """A ticket of this booking was offered to somebody."""

    code = "tickets_on_their_way"
    title = "A ticket of this booking is being handed over. Take it back first."


@requires_transaction
def change_booking(
    *,
    user_id: uuid.UUID,
    booking_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    hold_for: timedelta,
    now: datetime,
    version: int | None = None,
    access_code: str = "",
    answers: Sequence[GivenAnswer] = (),
) -> Booking:
    """Return the booking: changed, or with an open change that waits for its payment.

    Raises:
        NotFound: it isn't the user's.
        InvalidTransition: it isn't confirmed, or somebody has been let in.
        CancellationClosed, ChangeInProgress, TicketsOnTheirWay, StaleVersion
        NothingToChange and what `check_sale` refuses: from `quote_change`
        InvalidInput: from `check_completion`, what the event asks isn't answered for each seat
        SeatsSoldOut: from `take_seats`, at the end of the use case
    """
    get_booking_of_user(user_id=user_id, booking_id=booking_id)
    Booking.objects.locked().get(id=booking_id)
    booking = get_booking_of_user(user_id=user_id, booking_id=booking_id)
    end_overdue_change(booking_id=booking_id, now=now)
    check_changeable(booking=booking, version=version, now=now)
    quote = quote_change(booking=booking, quantities=quantities, access_code=access_code, now=now)
    check_completion(event_id=booking.event_id, booking_id=booking.id, quantities=quantities, answers=answers)
    if quote.to_pay:
        _open_change(booking, quote, answers, hold_expires_at=now + hold_for, now=now)
    else:
        apply_quote(booking=booking, quote=quote, answers=answers, now=now)
    return get_booking_of_user(user_id=user_id, booking_id=booking_id)


def check_changeable(*, booking: Booking, version: int | None, now: datetime) -> None:
    """Refuse a booking that can't be changed, or whose tickets can't be handed over, now.

    Raises:
        InvalidTransition, CancellationClosed, ChangeInProgress, TicketsOnTheirWay, StaleVersion
    """
    if version is not None and booking.version != version:
        raise StaleVersion()
    if booking.status != Booking.Status.CONFIRMED:
        raise InvalidTransition(action="change", booking_status=booking.status, allowed=allowed_from(booking.status))
    check_cancellable(booking=booking, now=now)
    # One whose time is over stands in nobody's way: it is ended by the next change.
    present = BookingChange.objects.open().filter(booking=booking, hold_expires_at__gt=now).first()
    if present is not None:
        raise ChangeInProgress(hold_expires_at=present.hold_expires_at)
    if Ticket.objects.of_booking(booking.id).on_their_way(now).exists():
        raise TicketsOnTheirWay()


def _open_change(
    booking: Booking, quote: ChangeQuote, answers: Sequence[GivenAnswer], *, hold_expires_at: datetime, now: datetime
) -> None:
    with violations({"bookings_booking_change_one_open": ChangeInProgress}):
        change = BookingChange.objects.create(
            booking=booking,
            amount=quote.to_pay.amount,
            currency=quote.to_pay.currency,
            answers=[one.as_json() for one in answers],
            hold_expires_at=hold_expires_at,
            created_at=now,
        )
    BookingChangeItem.objects.bulk_create(
        BookingChangeItem(
            change=change,
            ticket_type_id=line.ticket_type,
            name=line.name,
            quantity=line.quantity,
            added=line.added,
            unit_price=line.price.amount,
            discount=line.discount.amount,
        )
        for line in quote.items
    )
    Booking.objects.filter(id=booking.id).update(version=F("version") + 1)
    run_last(partial(take_seats, event_id=booking.event_id, quantities=quote.added))
