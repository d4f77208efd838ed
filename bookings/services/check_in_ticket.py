"""Let a ticket open the door: once, at its own event, while its booking is valid."""

import uuid
from datetime import datetime

from bookings.domain_events import BookingAttended, TicketCheckedIn, told_of, told_of_ticket
from bookings.models import Booking, Ticket
from bookings.models.ticket_code import read_signed
from bookings.selectors import get_event_at_door
from bookings.services.change_status import change_status
from bus.services.record_fact import record_fact, record_facts
from common.problems import Problem
from common.transactions import requires_transaction

ADMITTING = ("published", "running")


class TicketNotGenuine(Problem):
    """The code was not made here."""

    code = "ticket_not_genuine"
    title = "This is not one of our tickets."


class TicketOfOtherEvent(Problem):
    """The ticket is genuine, and for another event."""

    code = "ticket_of_other_event"
    title = "This ticket is for another event."


class TicketVoid(Problem):
    """The ticket's booking was cancelled or refunded."""

    code = "ticket_void"
    title = "This ticket is not valid any more."


class TicketAlreadyUsed(Problem):
    """The ticket has opened the door before: `checked_in_at`, `gate`."""

    code = "ticket_already_used"
    title = "This ticket has already been used."


class EventNotAdmitting(Problem):
    """The event lets nobody in: it is over, cancelled or taken down."""

    code = "event_not_admitting"
    title = "This event does not admit anybody now."


@requires_transaction
def check_in_ticket(*, staff_id: uuid.UUID, event_id: uuid.UUID, code: str, gate: str, now: datetime) -> Ticket:
    """Return the ticket, checked in now; `code` is what the QR code says. The first ticket makes its booking attended.

    Raises:
        NotFound: the person doesn't work at this event.
        EventNotAdmitting, TicketNotGenuine, TicketOfOtherEvent, TicketVoid, TicketAlreadyUsed
    """
    event = get_event_at_door(staff_id=staff_id, event_id=event_id)
    if event.status not in ADMITTING:
        raise EventNotAdmitting(event_status=event.status)
    ticket = _find(code)
    booking = Booking.objects.locked().get(id=ticket.booking_id)
    if booking.event_id != event_id:
        raise TicketOfOtherEvent()
    unused = Ticket.objects.valid().filter(id=ticket.id, checked_in_at__isnull=True)
    if not unused.update(checked_in_at=now, checked_in_by=staff_id, gate=gate):
        raise _refusal(ticket)
    record_fact(TicketCheckedIn(**told_of_ticket(ticket, event_id=event_id, checked_in_at=now, gate=gate)))
    if booking.status == Booking.Status.CONFIRMED:
        attended = change_status(booking_id=booking.id, action="attend", attended_at=now)
        record_facts([BookingAttended(**told_of(attended))])
    return Ticket.objects.select_related("ticket_type", "booking").get(id=ticket.id)


def _find(code: str) -> Ticket:
    plain = read_signed(code)
    ticket = Ticket.objects.filter(code=plain).first() if plain else None
    if ticket is None:
        raise TicketNotGenuine()
    return ticket


def _refusal(ticket: Ticket) -> Problem:
    ticket.refresh_from_db()
    if ticket.voided_at is not None:
        return TicketVoid(voided_at=ticket.voided_at)
    return TicketAlreadyUsed(checked_in_at=ticket.checked_in_at, gate=ticket.gate)
