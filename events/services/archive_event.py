"""Put a finished event away."""

import uuid

from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Event
from events.models.lifecycle import Status
from events.selectors.events import get_managed_event
from events.services.change_status import change_status


@requires_transaction
def archive_event(*, actor: Actor, event_id: uuid.UUID, expected_version: int | None = None) -> Event:
    """Archive a finished event; its page and its reviews stay readable.

    Raises:
        NotFound, NotAllowed: it isn't the actor's to archive.
        InvalidTransition: it isn't finished.
        StaleVersion: it was changed since the actor read it.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    change_status(event=event, action="archive", target=Status.ARCHIVED, expected_version=expected_version)
    return event
