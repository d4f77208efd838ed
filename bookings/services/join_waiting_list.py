"""Wait for seats of a sold-out event: a party of one to ten, all of them or none."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from bookings.models import Booking, WaitingEntry, WaitingItem
from bookings.services.insert_booking import AlreadyBooked
from common.problems import FieldProblem, InvalidInput, Problem
from common.transactions import requires_transaction, violations
from events.models import Event, TicketType
from events.services.check_sale import Sale, check_sale
from events.services.freeze_seats import freeze_seats
from events.services.record_answers import GivenAnswer, check_answers

LARGEST_PARTY = 10


class AlreadyWaiting(Problem):
    """The person is on the list already."""

    code = "already_waiting"
    title = "You are on the waiting list already."


class SeatsAvailable(Problem):
    """There are enough seats: nobody needs to wait."""

    code = "seats_available"
    title = "There are enough seats left: book them now."


@requires_transaction
def join_waiting_list(
    *,
    user_id: uuid.UUID,
    event_id: uuid.UUID,
    quantities: Mapping[uuid.UUID, int],
    now: datetime,
    access_code: str = "",
    answers: Sequence[GivenAnswer] = (),
) -> WaitingEntry:
    """Return the new place on the list, behind everybody who waits already.

    Raises:
        NotFound, EventCancelled, NotOnSale, LimitPerBooking, InvalidInput: from `check_sale`
        InvalidInput: the party is larger than ten, or than the event; or what the event asks isn't answered.
        AlreadyBooked, AlreadyWaiting, SeatsAvailable
    """
    sale = check_sale(event_id=event_id, quantities=quantities, access_code=access_code, now=now)
    _check_party(sale)
    check_answers(event_id=event_id, quantities=quantities, answers=answers)
    present = Booking.objects.active().of_user(user_id).filter(event_id=event_id).first()
    if present is not None:
        raise AlreadyBooked(booking_id=str(present.id))
    # Seats that are freed from here on find the new entry; those that were freed before are seen by the next line.
    freeze_seats(event_id=event_id)
    if _fits(event_id, quantities):
        raise SeatsAvailable()
    with violations({"bookings_waiting_entry_one_per_user": AlreadyWaiting}):
        entry = WaitingEntry.objects.create(
            event_id=event_id,
            user_id=user_id,
            seats=sum(quantities.values()),
            access_code=access_code,
            answers=[one.as_json() for one in answers],
            joined_at=_next_in_line(event_id, now),
        )
    WaitingItem.objects.bulk_create(
        WaitingItem(entry=entry, ticket_type_id=kind, quantity=quantities[kind]) for kind in sorted(quantities)
    )
    return entry


def _next_in_line(event_id: uuid.UUID, now: datetime) -> datetime:
    """Return when the party joins: the lock says who comes first, and `now` was read before it was waited for."""
    last = WaitingEntry.objects.waiting().filter(event_id=event_id).aggregate(at=Max("joined_at"))["at"]
    return now if last is None or last < now else last + datetime.resolution


def _check_party(sale: Sale) -> None:
    seats = sum(quantity for _one, quantity in sale.lines)
    too_large = sale.event.capacity is not None and seats > sale.event.capacity
    if seats > LARGEST_PARTY or too_large or any(quantity > one.capacity for one, quantity in sale.lines):
        detail = _("A party may be of ten at most, and never larger than the event.")
        raise InvalidInput(errors=(FieldProblem("/items", "party_too_large", detail),))


def _fits(event_id: uuid.UUID, quantities: Mapping[uuid.UUID, int]) -> bool:
    event = Event.objects.get(id=event_id)
    if event.capacity is not None and event.capacity - event.held - event.sold < sum(quantities.values()):
        return False
    kinds = TicketType.objects.filter(event_id=event_id, id__in=quantities)
    return all(one.available >= quantities[one.id] for one in kinds)
