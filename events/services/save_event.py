"""Save all that a page says of an event at once: content, ticket types and picture, or nothing of it."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.problems import FieldProblem, InvalidInput, Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Event, TicketType
from events.models.lifecycle import Status
from events.selectors.events import get_managed_event
from events.services.add_ticket_type import add_ticket_type
from events.services.change_cover import change_cover
from events.services.change_ticket_type import change_ticket_type
from events.services.create_event import DraftExists, create_event
from events.services.remove_ticket_type import remove_ticket_type
from events.services.reschedule_event import reschedule_event
from events.services.update_event import TIME_AND_PLACE, CapacityTaken, update_event

# What a refusal of a ticket type says about the event as a whole.
OF_THE_EVENT = ("/ticket_types", "/organizer")


@dataclass(frozen=True)
class WrittenType:
    """A ticket type as it was written; a new one has no id."""

    id: uuid.UUID | None
    fields: dict[str, Any]


@dataclass(frozen=True)
class Written:
    """An event as it was written. `cover`: a picture's name, empty to take it away, None to leave it."""

    fields: dict[str, Any]
    ticket_types: list[WrittenType] = field(default_factory=list)
    # Ticket types to be taken away, of a draft.
    removed_types: list[uuid.UUID] = field(default_factory=list)
    cover: str | None = None
    # Why time or place change, for those who have booked.
    reason: str = ""


@requires_transaction
def save_new_event(
    *, actor: Actor, event_id: uuid.UUID, organizer_id: uuid.UUID | None, written: Written, now: datetime
) -> Event:
    """Make a draft of what was written; asked again, return the one that was made.

    Raises:
        NotAllowed, NotFound, InvalidInput: as `create_event`.
    """
    types = [one.fields for one in written.ticket_types]
    try:
        event = create_event(
            actor=actor, organizer_id=organizer_id, fields=written.fields, ticket_types=types, event_id=event_id
        )
    except DraftExists:
        return get_managed_event(actor=actor, event_id=event_id)
    if written.cover:
        change_cover(actor=actor, event_id=event.id, name=written.cover, now=now)
    return event


@requires_transaction
def save_event(*, actor: Actor, event_id: uuid.UUID, written: Written, expected_version: int, now: datetime) -> Event:
    """Write what differs from the event, if nobody has changed it since the actor read it.

    With a reason, another time or place is a reschedule. Capacity that gets smaller is written last, when the ticket
    types are small enough for it.

    Raises:
        NotFound, NotAllowed, StaleVersion, EventClosed: as `update_event`.
        RescheduleRequired: seats are taken, and there is no reason for another time or place.
        TicketTypeOffered: a ticket is to be taken away that people have seen.
        InvalidInput, CapacityTaken: of content, or of a ticket type with a pointer to its row.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    changed = {name: value for name, value in written.fields.items() if getattr(event, name) != value}
    moved = {}
    if written.reason and event.status == Status.PUBLISHED:
        moved = {name: changed.pop(name) for name in TIME_AND_PLACE & changed.keys()}
    late = {"capacity": changed.pop("capacity")} if _shrinks(event, changed) else {}
    event = update_event(actor=actor, event_id=event_id, fields=changed, expected_version=expected_version, now=now)
    for ticket_type_id in written.removed_types:
        remove_ticket_type(actor=actor, event_id=event_id, ticket_type_id=ticket_type_id)
    for row, one in enumerate(written.ticket_types):
        _save_type(actor=actor, event=event, written=one, row=row)
    if late:
        event.refresh_from_db(fields=["version"])
        event = update_event(actor=actor, event_id=event_id, fields=late, expected_version=event.version, now=now)
    if moved:
        event = reschedule_event(actor=actor, event_id=event_id, fields=moved, reason=written.reason, now=now)
    if written.cover is not None and written.cover != event.cover:
        event = change_cover(actor=actor, event_id=event_id, name=written.cover, now=now)
    return event


def _shrinks(event: Event, changed: dict[str, Any]) -> bool:
    wanted = changed.get("capacity")
    return wanted is not None and (event.capacity is None or wanted < event.capacity)


def _save_type(*, actor: Actor, event: Event, written: WrittenType, row: int) -> None:
    try:
        if written.id is None:
            add_ticket_type(actor=actor, event_id=event.id, fields={"position": row, **written.fields})
            return
        present = next((one for one in event.ticket_types.all() if one.id == written.id), None)
        changed = {
            name: value for name, value in written.fields.items() if present is None or _value(present, name) != value
        }
        if changed:
            change_ticket_type(actor=actor, event_id=event.id, ticket_type_id=written.id, fields=changed)
    except InvalidInput as refusal:
        raise InvalidInput(errors=tuple(_in_row(one, row) for one in refusal.errors)) from refusal
    except CapacityTaken as refusal:
        raise InvalidInput(errors=(_taken(refusal, row),)) from refusal


def _value(ticket_type: TicketType, name: str) -> Any:
    return ticket_type.money if name == "price" else getattr(ticket_type, name)


def _in_row(wrong: FieldProblem, row: int) -> FieldProblem:
    if wrong.pointer.startswith(OF_THE_EVENT):
        return wrong
    return FieldProblem(f"/ticket_types/{row}{wrong.pointer}", wrong.code, wrong.detail)


def _taken(refusal: Problem, row: int) -> FieldProblem:
    return FieldProblem(f"/ticket_types/{row}/capacity", refusal.code, _(refusal.title))
