"""Sell over capacity, by saying so: more seats of a ticket type, and of the event where it has a limit of its own."""

import uuid

from django.db.models import F

from audit.services.record_entry import record_entry
from common.problems import NotFound
from common.transactions import requires_transaction
from events.models import Event, TicketType


@requires_transaction
def raise_capacity(*, administrator_id: uuid.UUID, ticket_type_id: uuid.UUID, seats: int, reason: str) -> TicketType:
    """Return the ticket type with so many seats more.

    Raises:
        NotFound
    """
    kind = TicketType.objects.filter(id=ticket_type_id).first()
    if kind is None:
        raise NotFound()
    # The event's row first, then its types: the order in which everybody locks them.
    Event.objects.filter(id=kind.event_id).update(capacity=F("capacity") + seats, version=F("version") + 1)
    TicketType.objects.filter(id=ticket_type_id).update(capacity=F("capacity") + seats)
    record_entry(
        actor_id=administrator_id,
        action="events.raise_capacity",
        target_type="events.ticket_type",
        target_id=str(ticket_type_id),
        changes={"capacity": [kind.capacity, kind.capacity + seats]},
        reason=reason,
    )
    kind.refresh_from_db()
    return kind
