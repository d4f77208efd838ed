"""Begin a new event with what an old one says."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Event
from events.selectors.events import get_managed_event
from events.services.copy_event import copy_event


@requires_transaction
def duplicate_event(
    *, actor: Actor, event_id: uuid.UUID, starts_at: datetime | None = None, title: str | None = None
) -> Event:
    """Return a draft like the event, at the same time unless another one is given.

    Raises:
        NotFound, NotAllowed: it isn't the actor's to copy.
    """
    source = get_managed_event(actor=actor, event_id=event_id)
    [copy] = copy_event(source=source, starts=[starts_at or source.starts_at], title=title)
    if actor.administers:
        record_entry(
            actor_id=actor.user_id,
            action="events.duplicate",
            target_type="events.event",
            target_id=str(copy.id),
            changes={"source": [None, str(source.id)]},
        )
    return copy
