"""Undo a mistaken scan: the ticket opens the door again, and without another scan its booking isn't attended."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from bookings.domain_events import BookingAttendanceUndone, TicketCheckInUndone, told_of
from bookings.models import Booking, Ticket
from bookings.selectors import get_event_at_door
from bookings.services.change_status import change_status
from bookings.services.check_in_ticket import ADMITTING, EventNotAdmitting
from bus.services.record_fact import record_fact
from common.problems import NotFound, Problem
from common.transactions import requires_transaction


class TicketNotUsed(Problem):
    """There is no scan to undo."""

    code = "ticket_not_used"
    title = "This ticket has not been used."


@requires_transaction
def undo_check_in(*, staff_id: uuid.UUID, event_id: uuid.UUID, ticket_id: uuid.UUID, now: datetime) -> Ticket:
    """Return the ticket, unused again.

    Raises:
        NotFound: the person doesn't work at this event, or it has no such ticket.
        EventNotAdmitting: it is over, and who came is settled.
        TicketNotUsed
    """
    event = get_event_at_door(staff_id=staff_id, event_id=event_id)
    if event.status not in ADMITTING:
        raise EventNotAdmitting(event_status=event.status)
    ticket = Ticket.objects.filter(id=ticket_id, booking__event_id=event_id).first()
    if ticket is None:
        raise NotFound()
    booking = Booking.objects.locked().get(id=ticket.booking_id)
    used = Ticket.objects.valid().filter(id=ticket_id, checked_in_at__isnull=False)
    if not used.update(checked_in_at=None, checked_in_by=None, gate=""):
        raise TicketNotUsed()
    record_fact(TicketCheckInUndone(ticket_id=ticket_id, booking_id=booking.id, event_id=event_id, undone_at=now))
    record_entry(
        actor_id=staff_id,
        action="bookings.undo_check_in",
        target_type="bookings.ticket",
        target_id=str(ticket_id),
        changes={"checked_in_at": [str(ticket.checked_in_at), None], "gate": [ticket.gate, ""]},
    )
    others = Ticket.objects.of_booking(booking.id).filter(checked_in_at__isnull=False)
    if booking.status == Booking.Status.ATTENDED and not others.exists():
        confirmed = change_status(booking_id=booking.id, action="unattend", attended_at=None)
        record_fact(BookingAttendanceUndone(**told_of(confirmed)))
    return Ticket.objects.select_related("ticket_type", "booking").get(id=ticket_id)
