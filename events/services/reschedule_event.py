"""Move an event to another time or place and tell everyone who booked."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.problems import InvalidInput
from common.transactions import requires_transaction
from events.actors import Actor
from events.domain_events import EventRescheduled, fact_about
from events.models import Event
from events.models.lifecycle import Status, actions_from
from events.selectors.events import get_managed_event
from events.services.change_status import InvalidTransition
from events.services.check_content import check_content
from events.services.check_event import start_in_the_past
from events.services.update_event import write_fields

# How long those who had booked before may leave without a loss.
FREE_CANCELLATION = timedelta(days=7)


@requires_transaction
def reschedule_event(
    *,
    actor: Actor,
    event_id: uuid.UUID,
    fields: dict[str, Any],
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Event:
    """Give a published event another time or place, and everyone who had booked time to leave without a loss.

    Raises:
        NotFound, NotAllowed: it isn't the actor's to move.
        InvalidTransition: only a published event can be moved.
        StaleVersion: it was changed since the actor read it.
        InvalidInput: the new start isn't in the future, or is after the end.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    if event.status != Status.PUBLISHED:
        raise InvalidTransition(event_status=event.status, allowed=actions_from(event.status))
    before = {name: getattr(event, name) for name in fields}
    old_starts_at, old_ends_at = event.starts_at, event.ends_at
    # Never past the new start: from then on nobody can leave.
    free_until = min(now + FREE_CANCELLATION, max(fields.get("starts_at", event.starts_at), now + timedelta(seconds=1)))
    write_fields(
        event=event,
        fields=fields | {"rescheduled_at": now, "free_cancellation_until": free_until},
        expected_version=event.version if expected_version is None else expected_version,
    )
    if event.starts_at <= now:
        raise InvalidInput(errors=(start_in_the_past(),))
    check_content(event=event, now=now)
    record_fact(
        fact_about(
            EventRescheduled,
            event,
            old_starts_at=old_starts_at,
            old_ends_at=old_ends_at,
            free_cancellation_until=free_until,
            reason=reason,
        )
    )
    record_entry(
        actor_id=actor.user_id,
        action="events.reschedule",
        target_type="events.event",
        target_id=str(event.id),
        changes={name: [str(before[name]), str(fields[name])] for name in fields},
        reason=reason,
    )
    return event
