"""Take an event down: an administrator's act, with a reason that the organizer is told."""

import uuid

from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction
from events.actors import Actor
from events.domain_events import EventSuspended, fact_about
from events.models import Event
from events.models.lifecycle import Status
from events.selectors.events import get_any_event
from events.selectors.members import list_managers_of
from events.services.change_status import change_status


@requires_transaction
def suspend_event(
    *, administrator: Actor, event_id: uuid.UUID, reason: str, expected_version: int | None = None
) -> Event:
    """Hide a published or running event from everybody but its organizer.

    Raises:
        NotFound: there is none.
        InvalidTransition: it isn't published or running.
        StaleVersion: it was changed since the administrator read it.
    """
    event = get_any_event(administrator=administrator, event_id=event_id)
    before = event.status
    change_status(
        event=event,
        action="suspend",
        target=Status.SUSPENDED,
        expected_version=expected_version,
        status_reason=reason,
    )
    told = list_managers_of(organizer_ids=[event.organizer_id])[event.organizer_id]
    record_fact(fact_about(EventSuspended, event, reason=reason, member_ids=told))
    record_entry(
        actor_id=administrator.user_id,
        action="events.suspend",
        target_type="events.event",
        target_id=str(event.id),
        changes={"status": [before, Status.SUSPENDED]},
        reason=reason,
    )
    return event
