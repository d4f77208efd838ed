"""Put an event back that was taken down."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction
from events.actors import Actor
from events.domain_events import EventRestored, fact_about
from events.models import Event
from events.models.lifecycle import Status
from events.selectors.events import get_any_event
from events.selectors.members import list_managers_of
from events.services.change_status import change_status


@requires_transaction
def restore_event(
    *, administrator: Actor, event_id: uuid.UUID, now: datetime, expected_version: int | None = None
) -> Event:
    """Return the event to where the clock says it is: published before its start, running after.

    One that has ended meanwhile goes on to finished by the clock, as from suspended.

    Raises:
        NotFound: there is none.
        InvalidTransition: it wasn't taken down.
        StaleVersion: it was changed since the administrator read it.
    """
    event = get_any_event(administrator=administrator, event_id=event_id)
    target = Status.PUBLISHED if now < event.starts_at else Status.RUNNING
    change_status(
        event=event,
        action="restore",
        target=target,
        expected_version=expected_version,
        status_reason="",
    )
    told = list_managers_of(organizer_ids=[event.organizer_id])[event.organizer_id]
    record_fact(fact_about(EventRestored, event, member_ids=told))
    record_entry(
        actor_id=administrator.user_id,
        action="events.restore",
        target_type="events.event",
        target_id=str(event.id),
        changes={"status": [Status.SUSPENDED, target]},
    )
    return event
