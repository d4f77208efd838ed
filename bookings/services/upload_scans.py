"""Take scans that a door made without a network: each for itself, and as often as they are sent.

A ticket that two doors let in meanwhile is told as used, with the first time and gate that was uploaded.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bookings.models import Ticket
from bookings.selectors import get_event_at_door
from bookings.services.check_in_ticket import (
    ADMITTING,
    EventNotAdmitting,
    TicketAlreadyUsed,
    admit_ticket,
    demand_open_doors,
    find_ticket,
    find_ticket_of_event,
)
from common.problems import FieldProblem, InvalidInput, Problem
from common.transactions import use_case
from events.models import Event

# People who were let in before the end are uploaded after it.
UPLOADABLE = (*ADMITTING, "finished")
# Clocks of phones differ.
TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What a door saw: a code, or (found by name in the list) a ticket."""

    gate: str
    scanned_at: datetime
    code: str = ""
    ticket_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ScanResult:
    """`code` is checked_in, or the refusal's with its title; the time and gate are those that count."""

    code: str
    title: str = ""
    ticket_id: uuid.UUID | None = None
    checked_in_at: datetime | None = None
    gate: str = ""


def upload_scans(*, staff_id: uuid.UUID, event_id: uuid.UUID, scans: Sequence[Scan], now: datetime) -> list[ScanResult]:
    """Return what became of each scan, in their order.

    Raises:
        NotFound: the person doesn't work at this event.
        EventNotAdmitting: nobody was let in: it is a draft, cancelled or taken down.
        InvalidInput: a scan lies in the future.
    """
    event = get_event_at_door(staff_id=staff_id, event_id=event_id)
    if event.status not in UPLOADABLE:
        raise EventNotAdmitting(event_status=event.status)
    late = tuple(
        FieldProblem(f"/scans/{number}/scanned_at", "in_the_future", _("A scan can't lie in the future."))
        for number, scan in enumerate(scans)
        if scan.scanned_at > now + TOLERANCE
    )
    if late:
        raise InvalidInput(errors=late)
    return [_take(staff_id, event, scan) for scan in scans]


def _take(staff_id: uuid.UUID, event: Event, scan: Scan) -> ScanResult:
    event_id, ticket = event.id, None
    try:
        demand_open_doors(event, scan.scanned_at + TOLERANCE)
        with use_case():
            ticket = _find(event_id, scan)
            used = admit_ticket(
                staff_id=staff_id, event_id=event_id, ticket=ticket, gate=scan.gate, now=scan.scanned_at
            )
    except TicketAlreadyUsed as refusal:
        first = (refusal.extra["checked_in_at"], refusal.extra["gate"])
        # The same scan again: its upload was repeated.
        told = {"ticket_id": ticket.id if ticket else None, "checked_in_at": first[0], "gate": first[1]}
        if first == (scan.scanned_at, scan.gate):
            return ScanResult(code="checked_in", **told)
        return ScanResult(code=refusal.code, title=refusal.title, **told)
    except Problem as refusal:
        return ScanResult(code=refusal.code, title=refusal.title, ticket_id=ticket.id if ticket else None)
    return ScanResult(code="checked_in", ticket_id=used.id, checked_in_at=used.checked_in_at, gate=used.gate)


def _find(event_id: uuid.UUID, scan: Scan) -> Ticket:
    if scan.ticket_id is None:
        return find_ticket(code=scan.code)
    return find_ticket_of_event(event_id=event_id, ticket_id=scan.ticket_id)
