"""Make the PDF of a booking's tickets: asked for by its owner, made by a worker, kept until something on it changes."""

import hashlib
import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from bookings.documents.ticket_pdf import PrintedTicket, render_tickets
from bookings.documents.wording import moment_text, money_text
from bookings.models import Booking, Ticket, TicketFile
from bookings.selectors import get_booking_of_user
from bus.wakeup import queue_after_commit
from common.problems import Problem
from common.transactions import requires_transaction, use_case

LANGUAGES = ("ru", "en")


class NoTickets(Problem):
    """The booking is not confirmed, or not any more."""

    code = "no_tickets"
    title = "This booking has no valid tickets."


@requires_transaction
def open_ticket_file(*, user_id: uuid.UUID, booking_id: uuid.UUID, language: str) -> TicketFile | None:
    """Return the present file, or order it from a worker and return None: it will be there in a moment.

    Raises:
        NotFound: the booking isn't the user's.
        NoTickets
    """
    get_booking_of_user(user_id=user_id, booking_id=booking_id)
    language = language if language in LANGUAGES else LANGUAGES[0]
    with translation.override(language):
        digest = _digest(_printed(booking_id))
    file = TicketFile.objects.filter(booking_id=booking_id, language=language, digest=digest).first()
    if file is None:
        queue_after_commit("bookings.make_ticket_file", [str(booking_id), language], queue="bulk")
    return file


def make_ticket_file(*, booking_id: uuid.UUID, language: str, now: datetime) -> bool:
    """Render and store the file; return whether there was anything to print. The rendering holds no transaction."""
    with translation.override(language):
        try:
            tickets = _printed(booking_id)
        except NoTickets:
            return False
        content = render_tickets(tickets, title=_("Tickets: %(event)s") % {"event": tickets[0].title}, made_at=now)
    with use_case():
        TicketFile.objects.update_or_create(
            booking_id=booking_id,
            language=language,
            defaults={"digest": _digest(tickets), "content": content, "made_at": now},
        )
    return True


def _printed(booking_id: uuid.UUID) -> list[PrintedTicket]:
    booking = Booking.objects.told().get(id=booking_id)
    valid = Ticket.objects.of_booking(booking_id).valid().select_related("ticket_type")
    tickets = list(valid.order_by("ticket_type__position", "id"))
    if not tickets:
        raise NoTickets()
    event = booking.event
    prices = {item.ticket_type_id: money_text(item.price) for item in booking.items.all()}
    zone = (
        f"{moment_text(event.starts_at, event.time_zone)} ({event.starts_at.astimezone(ZoneInfo(event.time_zone)):%Z})"
    )
    place = ", ".join(part for part in (event.city, event.venue, event.address) if part)
    return [
        PrintedTicket(
            title=event.title,
            starts=zone,
            place=place or event.online_url,
            kind=ticket.ticket_type.name,
            holder=ticket.holder_name,
            price=prices.get(ticket.ticket_type_id, ""),
            code=ticket.door_code,
            number=" ".join(ticket.code[start : start + 4] for start in range(0, len(ticket.code), 4)),
            labels=(_("Ticket"), _("Name"), _("Price"), _("One code lets one person in.")),
        )
        for ticket in tickets
    ]


def _digest(tickets: list[PrintedTicket]) -> str:
    return hashlib.sha256(repr(tickets).encode()).hexdigest()
