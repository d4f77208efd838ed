"""Throw a draft away: nobody has seen it, so nothing is left of it but the audit entry."""

import uuid
from datetime import datetime

from django.db.models import ProtectedError

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Event
from events.models.lifecycle import Status, actions_from
from events.selectors.events import get_managed_event
from events.services.change_status import InvalidTransition
from events.services.update_event import write_fields
from events.services.watch_cover import watch_cover


class EventInUse(Problem):
    """Bookings or other records belong to the event: it can be cancelled, but not made undone."""

    code = "event_in_use"
    status = 409
    title = "Other records belong to this event, so it can't be deleted."


@requires_transaction
def delete_draft(*, actor: Actor, event_id: uuid.UUID, now: datetime, expected_version: int | None = None) -> None:
    """Delete a draft with its ticket types, questions, favourites and picture.

    Raises:
        NotFound, NotAllowed: it isn't the actor's.
        InvalidTransition: it is no draft.
        StaleVersion: it was changed since the actor read it.
        EventInUse: something that must not be lost belongs to it.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    if event.status != Status.DRAFT:
        raise InvalidTransition(event_status=event.status, allowed=actions_from(event.status))
    # Locks the row, so that nobody publishes what is being deleted.
    write_fields(
        event=event, fields={}, expected_version=event.version if expected_version is None else expected_version
    )
    if event.held + event.sold:
        raise EventInUse
    try:
        Event.objects.filter(id=event.id).delete()
    except ProtectedError as error:
        raise EventInUse from error
    if event.cover:
        watch_cover(name=event.cover, now=now)
    record_entry(
        actor_id=actor.user_id,
        action="events.delete_draft",
        target_type="events.event",
        target_id=str(event_id),
        changes={"title": [event.title, None]},
    )
