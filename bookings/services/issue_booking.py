"""Give seats away or sell them at the door: confirmed at once, for somebody who need not have an account."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.find_or_add_guest import find_or_add_guest
from audit.services.record_entry import record_entry
from bookings.models import Booking, BookingItem, Payment, Ticket
from bookings.models.booking import BookingOrigin
from bookings.selectors import get_event_at_door, list_bookings_of_event
from bookings.services.confirm_booking import confirm_booking
from bookings.services.insert_booking import ONE_ACTIVE, AlreadyBooked
from common.money import Money
from common.problems import FieldProblem, InvalidInput
from common.transactions import requires_transaction, run_last, violations
from events.models import Event, TicketType
from events.services.check_sale import check_cost
from events.services.complete_answers import check_fitting, note_answers
from events.services.record_answers import GivenAnswer
from events.services.take_seats import take_seats

# Taken in cash by the organizer's people: no provider knows of it.
AT_THE_DOOR = "door"


@requires_transaction
def issue_booking(
    *,
    staff_id: uuid.UUID,
    event_id: uuid.UUID,
    origin: str,
    quantities: Mapping[uuid.UUID, int],
    name: str,
    email: str,
    reason: str,
    now: datetime,
    answers: Sequence[GivenAnswer] = (),
) -> Booking:
    """Return the confirmed booking; seats count against the capacity as any others.

    Whoever works at the door sells there; giving away is for those who manage the event. Sales windows and limits per
    booking are for the public and don't hold here. Nor does a question keep anybody out: what staff don't know the person
    answers later.

    Raises:
        NotFound: the event isn't theirs.
        InvalidInput: a type isn't the event's, an answer fits no question, or it costs more than can be written down.
        AlreadyBooked: that person has a booking.
        SeatsSoldOut, EventCancelled, NotOnSale: from `take_seats`, at the end of the use case
    """
    event = get_event_at_door(staff_id=staff_id, event_id=event_id)
    if origin == BookingOrigin.COMPLIMENTARY:
        list_bookings_of_event(manager_id=staff_id, event_id=event_id)
    types = _types(event_id, quantities)
    answered: dict[str, Any] = {"event_id": event_id, "quantities": quantities, "answers": answers}
    check_fitting(**answered)
    is_paid = origin == BookingOrigin.DOOR
    prices = {one.id: one.money if is_paid else Money.zero(event.currency) for one in types}
    check_cost(prices={type_id: price.amount for type_id, price in prices.items()}, quantities=quantities)
    booking = _insert(
        event=event,
        types=types,
        quantities=quantities,
        prices=prices,
        origin=origin,
        guest=find_or_add_guest(name=name, email=email),
        now=now,
    )
    note_answers(booking_id=booking.id, user_id=booking.user_id, now=now, **answered)
    run_last(partial(take_seats, event_id=event_id, quantities=dict(quantities)))
    confirmed = confirm_booking(booking_id=booking.id, now=now)
    Ticket.objects.of_booking(booking.id).update(holder_name=name)
    if booking.amount:
        _note_cash(booking, now)
    record_entry(
        actor_id=staff_id,
        action="bookings.issue",
        target_type="bookings.booking",
        target_id=str(booking.id),
        changes={"origin": [None, origin], "seats": [0, booking.seats], "amount": ["0", str(booking.amount)]},
        reason=reason,
    )
    return confirmed


def _types(event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> list[TicketType]:
    types = list(TicketType.objects.filter(event_id=event_id, id__in=quantities).order_by("id"))
    if not quantities or len(types) != len(quantities):
        problem = FieldProblem("/items", "unknown_ticket_type", _("Choose ticket types of this event."))
        raise InvalidInput(errors=(problem,))
    return types


def _insert(
    *,
    event: Event,
    types: list[TicketType],
    quantities: Mapping[uuid.UUID, int],
    prices: Mapping[uuid.UUID, Money],
    origin: str,
    guest: User,
    now: datetime,
) -> Booking:
    total = sum((prices[one.id] * quantities[one.id] for one in types), Money.zero(event.currency))
    with violations({ONE_ACTIVE: AlreadyBooked}):
        booking = Booking.objects.create(
            user=guest,
            event=event,
            status=Booking.Status.HELD,
            origin=origin,
            seats=sum(quantities.values()),
            amount=total.amount,
            currency=total.currency,
            refund_policy=event.refund_policy,
            cancellable_hours_before=event.cancellable_hours_before,
            hold_expires_at=now,
            created_at=now,
        )
    BookingItem.objects.bulk_create(
        BookingItem(
            booking=booking,
            ticket_type=one,
            name=one.name,
            quantity=quantities[one.id],
            unit_price=prices[one.id].amount,
            currency=event.currency,
        )
        for one in types
    )
    return booking


def _note_cash(booking: Booking, now: datetime) -> None:
    Payment.objects.create(
        booking=booking,
        provider=AT_THE_DOOR,
        status=Payment.Status.SUCCEEDED,
        amount=booking.amount,
        currency=booking.currency,
        refunded=Decimal(0),
        next_attempt_at=now,
        settled_at=now,
        created_at=now,
    )
