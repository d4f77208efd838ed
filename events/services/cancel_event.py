"""Cancel an event for good, for a reason that everybody is told; bookings are refunded in full (see bookings)."""

import uuid

from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction
from events.actors import Actor
from events.domain_events import EventCancelled, fact_about
from events.models import Event
from events.models.lifecycle import Status
from events.selectors.events import get_managed_event
from events.services.change_status import change_status


@requires_transaction
def cancel_event(*, actor: Actor, event_id: uuid.UUID, reason: str, expected_version: int | None = None) -> Event:
    """Cancel a published, running or taken-down event.

    Raises:
        NotFound, NotAllowed: it isn't the actor's to cancel.
        InvalidTransition: there is nothing to cancel any more, or yet.
        StaleVersion: it was changed since the actor read it.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    before = event.status
    change_status(
        event=event,
        action="cancel",
        target=Status.CANCELLED,
        expected_version=expected_version,
        status_reason=reason,
    )
    record_fact(fact_about(EventCancelled, event, reason=reason))
    record_entry(
        actor_id=actor.user_id,
        action="events.cancel",
        target_type="events.event",
        target_id=str(event.id),
        changes={"status": [before, Status.CANCELLED]},
        reason=reason,
    )
    return event
