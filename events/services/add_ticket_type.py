"""Offer another kind of ticket for an event."""

import uuid
from typing import Any

from audit.services.record_entry import record_entry
from common.transactions import requires_transaction, violations
from events.actors import Actor
from events.models import Event, TicketType
from events.selectors.events import get_managed_event
from events.services.check_ticket_type import check_offer, columns_of, meaning_of_violations
from events.services.update_event import write_fields


@requires_transaction
def add_ticket_type(
    *, actor: Actor, event_id: uuid.UUID, fields: dict[str, Any], expected_version: int | None = None
) -> TicketType:
    """Add a ticket type in the event's currency; the event's version grows with it.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's.
        EventClosed: it is over.
        StaleVersion: it was changed since the actor read it.
        InvalidInput: the fields contradict each other, or the organizer may not sell yet.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    write_fields(
        event=event, fields={}, expected_version=event.version if expected_version is None else expected_version
    )
    ticket_type = insert_ticket_type(event=event, fields=fields)
    check_offer(event=event)
    if actor.administers:
        told = {"name": ticket_type.name, "price": str(ticket_type.price), "capacity": ticket_type.capacity}
        record_entry(
            actor_id=actor.user_id,
            action="events.add_ticket_type",
            target_type="events.ticket_type",
            target_id=str(ticket_type.id),
            changes={name: [None, value] for name, value in told.items()},
        )
    return ticket_type


def insert_ticket_type(*, event: Event, fields: dict[str, Any], pointer: str = "") -> TicketType:
    """Write the row; `pointer` says where in the body the fields stand.

    Raises:
        InvalidInput: the fields contradict each other, or the name is taken.
    """
    columns = columns_of(event=event, fields=fields, pointer=pointer)
    with violations(meaning_of_violations(pointer)):
        return TicketType.objects.create(event=event, currency=event.currency, **columns)
