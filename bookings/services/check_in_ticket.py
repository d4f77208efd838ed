"""Let a ticket open the door: once, at its own event, while its booking is valid."""

import uuid
from datetime import datetime

from bookings.domain_events import BookingAttended, TicketCheckedIn, told_of, told_of_ticket
from bookings.models import Booking, Ticket
from bookings.models.ticket_code import read_signed
from bookings.selectors import get_event_at_door
from bookings.services.change_status import change_status
from bus.services.record_fact import record_fact, record_facts
from common.problems import NotFound, Problem
from common.transactions import requires_transaction
from events.models import Event

ADMITTING = ("published", "running")


class TicketNotGenuine(Problem):
    """The code was not made here."""

    code = "ticket_not_genuine"
    title = "This is not one of our tickets."


class TicketOfOtherEvent(Problem):
    """The ticket is genuine, and for another event."""

    code = "ticket_of_other_event"
    title = "This ticket is for another event."


class TicketCancelled(Problem):
    """The ticket's booking was cancelled, and nothing was given back for it."""

    code = "ticket_cancelled"
    title = "This ticket was cancelled."


class TicketRefunded(Problem):
    """The ticket's booking was cancelled, and its money given back."""

    code = "ticket_refunded"
    title = "This ticket was cancelled and its money given back."


class TicketReplaced(Problem):
    """The booking is valid, and this ticket is not any more: it was changed or handed over."""

    code = "ticket_replaced"
    title = "This ticket was replaced by another one."


class TicketAlreadyUsed(Problem):
    """The ticket has opened the door before: `checked_in_at`, `gate`."""

    code = "ticket_already_used"
    title = "This ticket has already been used."


class EventNotAdmitting(Problem):
    """The event lets nobody in: it is over, cancelled or taken down."""

    code = "event_not_admitting"
    title = "This event does not admit anybody now."


class DoorsNotOpen(Problem):
    """The organizer admits people later: from `doors_open_at` on."""

    code = "doors_not_open"
    title = "The doors are not open yet."


@requires_transaction
def check_in_ticket(*, staff_id: uuid.UUID, event_id: uuid.UUID, code: str, gate: str, now: datetime) -> Ticket:
    """Return the ticket, checked in now; `code` is what the QR code says. The first ticket makes its booking attended.

    Raises:
        NotFound: the person doesn't work at this event.
        EventNotAdmitting, DoorsNotOpen, TicketNotGenuine, TicketOfOtherEvent
        TicketCancelled, TicketRefunded, TicketReplaced, TicketAlreadyUsed
    """
    _demand_admitting(staff_id, event_id, now)
    return admit_ticket(staff_id=staff_id, event_id=event_id, ticket=find_ticket(code=code), gate=gate, now=now)


@requires_transaction
def check_in_by_name(
    *, staff_id: uuid.UUID, event_id: uuid.UUID, ticket_id: uuid.UUID, gate: str, now: datetime
) -> Ticket:
    """Return the ticket, checked in now; the person was found in the list, without a code.

    Raises:
        NotFound: the person doesn't work at this event, or it has no such ticket.
        EventNotAdmitting, DoorsNotOpen, TicketCancelled, TicketRefunded, TicketReplaced, TicketAlreadyUsed
    """
    _demand_admitting(staff_id, event_id, now)
    ticket = find_ticket_of_event(event_id=event_id, ticket_id=ticket_id)
    return admit_ticket(staff_id=staff_id, event_id=event_id, ticket=ticket, gate=gate, now=now)


@requires_transaction
def admit_ticket(*, staff_id: uuid.UUID, event_id: uuid.UUID, ticket: Ticket, gate: str, now: datetime) -> Ticket:
    """Check a ticket in by one conditional statement under its booking's lock; who may do it was asked before.

    Raises:
        TicketOfOtherEvent, TicketCancelled, TicketRefunded, TicketReplaced, TicketAlreadyUsed
    """
    booking = Booking.objects.locked().get(id=ticket.booking_id)
    if booking.event_id != event_id:
        raise TicketOfOtherEvent()
    unused = Ticket.objects.valid().filter(id=ticket.id, checked_in_at__isnull=True)
    if not unused.update(checked_in_at=now, checked_in_by=staff_id, gate=gate):
        raise _refusal(ticket, booking)
    record_fact(TicketCheckedIn(**told_of_ticket(ticket, event_id=event_id, checked_in_at=now, gate=gate)))
    if booking.status == Booking.Status.CONFIRMED:
        attended = change_status(booking_id=booking.id, action="attend", attended_at=now)
        record_facts([BookingAttended(**told_of(attended))])
    return Ticket.objects.select_related("ticket_type", "booking").get(id=ticket.id)


def find_ticket(*, code: str) -> Ticket:
    """Return the ticket that a code belongs to.

    Raises:
        TicketNotGenuine: none; its signature was checked before the database was asked.
    """
    plain = read_signed(code)
    ticket = Ticket.objects.filter(code=plain).first() if plain else None
    if ticket is None:
        raise TicketNotGenuine()
    return ticket


def find_ticket_of_event(*, event_id: uuid.UUID, ticket_id: uuid.UUID) -> Ticket:
    """Return a ticket that was found by its holder's name.

    Raises:
        NotFound: the event has no such ticket.
    """
    ticket = Ticket.objects.filter(id=ticket_id, booking__event_id=event_id).first()
    if ticket is None:
        raise NotFound()
    return ticket


def demand_open_doors(event: Event, at: datetime) -> None:
    """Refuse who comes before the doors open, where the organizer has said when that is.

    Raises:
        DoorsNotOpen
    """
    if event.doors_open_at is not None and at < event.doors_open_at:
        raise DoorsNotOpen(doors_open_at=event.doors_open_at)


def _demand_admitting(staff_id: uuid.UUID, event_id: uuid.UUID, now: datetime) -> None:
    event = get_event_at_door(staff_id=staff_id, event_id=event_id)
    if event.status not in ADMITTING:
        raise EventNotAdmitting(event_status=event.status)
    demand_open_doors(event, now)


def _refusal(ticket: Ticket, booking: Booking) -> Problem:
    ticket.refresh_from_db()
    if ticket.voided_at is None:
        return TicketAlreadyUsed(checked_in_at=ticket.checked_in_at, gate=ticket.gate)
    if booking.status != Booking.Status.CANCELLED:
        return TicketReplaced(voided_at=ticket.voided_at)
    refunded = booking.payments.filter(refunded__gt=0).exists()
    return (TicketRefunded if refunded else TicketCancelled)(voided_at=ticket.voided_at)
