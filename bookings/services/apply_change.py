"""Give a confirmed booking its other seats: items, tickets, price and counters, in one transaction."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db.models import F

from bookings.domain_events import BookingChanged, told_of
from bookings.models import Booking, BookingChange, BookingItem, Refund, Ticket
from bookings.models.ticket_code import new_code
from bookings.services.offer_seats import offer_seats
from bookings.services.promise_refund import promise_refund
from bookings.services.quote_change import ChangeQuote
from bookings.services.return_points import return_points
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction, run_last
from events.services.complete_answers import note_answers
from events.services.record_answers import GivenAnswer
from events.services.return_seats import return_seats
from events.services.sell_seats import sell_seats
from events.services.take_seats import take_seats


@dataclass(frozen=True, kw_only=True)
class NewSeats:
    """What a booking has from now on."""

    items: list[BookingItem]
    amount: Decimal
    discount: Decimal
    points_worth: Decimal


@requires_transaction
def apply_quote(*, booking: Booking, quote: ChangeQuote, answers: Sequence[GivenAnswer] = (), now: datetime) -> None:
    """Change a booking that costs no more than before; its row is locked already, and the answers were checked.

    Raises:
        SeatsSoldOut: at the end of the use case, which then leaves everything as it was
    """
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
    promise_refund(
        booking=booking, amount=quote.refund, reason=Refund.Reason.CHANGED, actor_id=booking.user_id, now=now
    )
    return_points(booking=booking, amount=quote.points_back, now=now)
    seats = NewSeats(
        items=items,
        amount=quote.total.amount,
        discount=quote.discount.amount,
        points_worth=quote.points_worth.amount,
    )
    _write(booking, seats, refund=quote.refund.amount, paid=Decimal(0), now=now)
    _answer(booking, seats, answers, now)
    run_last(
        partial(
            _swap_seats, event_id=booking.event_id, added=quote.added, removed=quote.removed, are_held=False, now=now
        )
    )


@requires_transaction
def apply_paid_change(*, change_id: uuid.UUID, now: datetime) -> bool:
    """Change a booking whose change is paid now; return False when the change has ended meanwhile."""
    open_one = BookingChange.objects.open().filter(id=change_id)
    if not open_one.update(status=BookingChange.Status.APPLIED, ended_at=now):
        return False
    change = BookingChange.objects.told().get(id=change_id)
    booking = Booking.objects.told().get(id=change.booking_id)
    removed = {
        kind: number - change.quantities.get(kind, 0)
        for kind, number in booking.quantities.items()
        if number > change.quantities.get(kind, 0)
    }
    items = [
        BookingItem(
            booking=booking,
            ticket_type_id=item.ticket_type_id,
            name=item.name,
            quantity=item.quantity,
            unit_price=item.unit_price,
            discount=item.discount,
            currency=change.currency,
        )
        for item in change.items.all()
    ]
    seats = NewSeats(
        items=items,
        amount=booking.amount + change.amount,
        discount=sum((item.discount for item in items), Decimal(0)),
        points_worth=booking.points_worth,
    )
    _write(booking, seats, refund=Decimal(0), paid=change.amount, now=now)
    if change.answers:
        _answer(booking, seats, [GivenAnswer.from_json(one) for one in change.answers], now)
        BookingChange.objects.filter(id=change.id).update(answers=[])
    else:
        _answer(booking, seats, [], now)
    run_last(
        partial(_swap_seats, event_id=booking.event_id, added=change.added, removed=removed, are_held=True, now=now)
    )
    return True


def _write(booking: Booking, seats: NewSeats, *, refund: Decimal, paid: Decimal, now: datetime) -> None:
    wanted = {item.ticket_type_id: item.quantity for item in seats.items}
    _fit_tickets(booking, wanted, now)
    booking.items.all().delete()
    BookingItem.objects.bulk_create(seats.items)
    Booking.objects.filter(id=booking.id).update(
        seats=sum(wanted.values()),
        amount=seats.amount,
        discount=seats.discount,
        points_worth=seats.points_worth,
        version=F("version") + 1,
    )
    record_fact(BookingChanged(**told_of(Booking.objects.told().get(id=booking.id)), refund=refund, paid=paid))


def _answer(booking: Booking, seats: NewSeats, answers: Sequence[GivenAnswer], now: datetime) -> None:
    """Keep what was answered for the new seats; a question that went meanwhile takes its answer along."""
    note_answers(
        event_id=booking.event_id,
        booking_id=booking.id,
        user_id=booking.user_id,
        quantities={item.ticket_type_id: item.quantity for item in seats.items},
        answers=answers,
        now=now,
    )


def _fit_tickets(booking: Booking, wanted: Mapping[uuid.UUID, int], now: datetime) -> None:
    """Void the newest tickets that are too many, make those that lack."""
    valid = list(Ticket.objects.of_booking(booking.id).valid().order_by("id"))
    surplus, lacking = [], []
    for kind in sorted({ticket.ticket_type_id for ticket in valid} | set(wanted)):
        present = [ticket for ticket in valid if ticket.ticket_type_id == kind]
        number = wanted.get(kind, 0)
        surplus += present[number:]
        lacking += [kind] * (number - len(present))
    Ticket.objects.filter(id__in=[ticket.id for ticket in surplus]).update(voided_at=now)
    Ticket.objects.bulk_create(Ticket(booking=booking, ticket_type_id=kind, code=new_code()) for kind in lacking)


def _swap_seats(
    *,
    event_id: uuid.UUID,
    added: Mapping[uuid.UUID, int],
    removed: Mapping[uuid.UUID, int],
    are_held: bool,
    now: datetime,
) -> None:
    """Move the counters: the old seats make room for the new ones, and only what is left then goes to who waits."""
    if removed:
        return_seats(event_id=event_id, quantities=removed)
    if added:
        if not are_held:
            take_seats(event_id=event_id, quantities=added)
        sell_seats(event_id=event_id, quantities=added)
    if removed:
        offer_seats(event_id=event_id, now=now)
