"""Change a kind of ticket: what it costs, how many there are, when it is sold."""

import uuid
from typing import Any

from django.db.models import F

from audit.services.record_entry import record_entry
from common.transactions import requires_transaction, violations
from events.actors import Actor
from events.models import TicketType
from events.selectors.events import get_managed_event, get_ticket_type
from events.services.check_ticket_type import check_offer, columns_of, meaning_of_violations
from events.services.update_event import CapacityTaken, write_fields

AUDITED = ("price", "capacity")


@requires_transaction
def change_ticket_type(
    *,
    actor: Actor,
    event_id: uuid.UUID,
    ticket_type_id: uuid.UUID,
    fields: dict[str, Any],
    expected_version: int | None = None,
) -> TicketType:
    """Write the fields; a new price applies to new bookings only, since bookings keep the price they were made at.

    Raises:
        NotFound, NotAllowed: the event isn't the actor's, or has no such ticket type.
        EventClosed: it is over.
        StaleVersion: it was changed since the actor read it.
        CapacityTaken: more seats than the new capacity are held or sold.
        InvalidInput: the fields contradict each other, or the organizer may not sell yet.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    ticket_type = get_ticket_type(event=event, ticket_type_id=ticket_type_id)
    # The event's row first, then its types: the order in which everybody locks them.
    write_fields(
        event=event, fields={}, expected_version=event.version if expected_version is None else expected_version
    )
    before = {name: getattr(ticket_type, name) for name in AUDITED}
    _write(ticket_type=ticket_type, columns=columns_of(event=event, fields=fields))
    check_offer(event=event)
    changes = {
        name: [str(before[name]), str(getattr(ticket_type, name))]
        for name in AUDITED
        if before[name] != getattr(ticket_type, name)
    }
    if changes:
        record_entry(
            actor_id=actor.user_id,
            action="events.change_ticket_type",
            target_type="events.ticket_type",
            target_id=str(ticket_type.id),
            changes=changes,
        )
    return ticket_type


def _write(*, ticket_type: TicketType, columns: dict[str, Any]) -> None:
    capacity = columns.get("capacity", ticket_type.capacity)
    if not columns:
        return
    with violations(meaning_of_violations("")):
        changed = TicketType.objects.filter(id=ticket_type.id, held__lte=capacity - F("sold")).update(**columns)
    ticket_type.refresh_from_db()
    if not changed:
        raise CapacityTaken(taken=ticket_type.held + ticket_type.sold)
