"""Move a confirmed booking to another event: one step, what was paid goes along, the old tickets are void.

The seats that it leaves are offered to those who wait for them first. Each ticket type becomes the type of the same
name there; with one type on both sides, that one.
"""

import uuid
from datetime import datetime
from functools import partial

from django.db.models import F

from audit.services.record_entry import record_entry
from bookings.domain_events import BookingMoved, told_of
from bookings.models import Booking, BookingItem, Ticket
from bookings.models.ticket_code import new_code
from bookings.selectors import get_open_change
from bookings.services.change_booking import ChangeInProgress
from bookings.services.change_status import InvalidTransition
from bookings.services.free_seats import free_sold_seats
from bookings.services.insert_booking import ONE_ACTIVE, AlreadyBooked
from bus.services.record_fact import record_fact
from common.problems import NotFound, Problem
from common.transactions import requires_transaction, run_last, violations
from events.models import Event, TicketType
from events.services.grant_access import grant_access
from events.services.sell_seats import sell_seats
from events.services.take_seats import take_seats
from events.services.withdraw_access import withdraw_access


class NoMatchingTickets(Problem):
    """The other event has no ticket type for one of the booking's, or another currency or organizer."""

    code = "no_matching_tickets"
    title = "The other event has no matching tickets."


@requires_transaction
def move_booking(
    *, administrator_id: uuid.UUID, booking_id: uuid.UUID, event_id: uuid.UUID, reason: str, now: datetime
) -> Booking:
    """Return the booking at its new event.

    Raises:
        NotFound, InvalidTransition: it isn't confirmed.
        NoMatchingTickets, AlreadyBooked
        ChangeInProgress: other seats of the old event are held for it until they are paid.
        SeatsSoldOut, EventCancelled, NotOnSale: from `take_seats`, at the end of the use case; nothing has moved then.
    """
    booking = Booking.objects.locked().filter(id=booking_id).first()
    event = Event.objects.filter(id=event_id).exclude(id=booking.event_id if booking else None).first()
    if booking is None or event is None:
        raise NotFound()
    if booking.status != Booking.Status.CONFIRMED:
        raise InvalidTransition(action="move", booking_status=booking.status)
    change = get_open_change(booking_id=booking_id)
    if change is not None:
        raise ChangeInProgress(hold_expires_at=change.hold_expires_at)
    old_event_id, old_quantities = booking.event_id, booking.quantities
    if event.currency != booking.currency or event.organizer_id != booking.event.organizer_id:
        raise NoMatchingTickets()
    _move_items(booking, list(TicketType.objects.filter(event=event)))
    with violations({ONE_ACTIVE: AlreadyBooked}):
        Booking.objects.filter(id=booking_id).update(event=event, version=F("version") + 1)
    moved = Booking.objects.told().get(id=booking_id)
    _renew_tickets(moved, now)
    withdraw_access(user_id=moved.user_id, event_id=old_event_id)
    grant_access(user_id=moved.user_id, event_id=event_id)
    record_fact(BookingMoved(**told_of(moved) | {"reason": reason}, previous_event_id=old_event_id))
    record_entry(
        actor_id=administrator_id,
        action="bookings.move",
        target_type="bookings.booking",
        target_id=str(booking_id),
        changes={"event": [str(old_event_id), str(event_id)]},
        reason=reason,
    )
    back = partial(free_sold_seats, event_id=old_event_id, quantities=old_quantities, now=now)
    into = partial(_take_and_sell, event_id, moved.quantities)
    # Events in id order, as everybody locks them.
    for step in (back, into) if old_event_id < event_id else (into, back):
        run_last(step)
    return moved


def _move_items(booking: Booking, types: list[TicketType]) -> None:
    items = list(booking.items.all())
    by_name = {one.name: one for one in types}
    only = types[0] if len(types) == len(items) == 1 else None
    for item in items:
        kind = by_name.get(item.name, only)
        if kind is None:
            raise NoMatchingTickets(ticket_type=item.name)
        BookingItem.objects.filter(id=item.id).update(ticket_type=kind, name=kind.name)


def _renew_tickets(booking: Booking, now: datetime) -> None:
    names = list(Ticket.objects.of_booking(booking.id).valid().order_by("id").values_list("holder_name", flat=True))
    Ticket.objects.of_booking(booking.id).valid().update(voided_at=now)
    kinds = [item.ticket_type_id for item in booking.items.all() for _ in range(item.quantity)]
    Ticket.objects.bulk_create(
        Ticket(booking=booking, ticket_type_id=kind, code=new_code(), holder_name=names[number])
        for number, kind in enumerate(kinds)
    )


def _take_and_sell(event_id: uuid.UUID, quantities: dict[uuid.UUID, int]) -> None:
    take_seats(event_id=event_id, quantities=quantities)
    sell_seats(event_id=event_id, quantities=quantities)
