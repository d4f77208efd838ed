"""Give an event a picture of its own, or take it away again."""

import uuid
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from common.ids import new_id
from common.transactions import requires_transaction, use_case
from events.actors import Actor
from events.models import Event
from events.selectors.events import get_managed_event
from events.services.update_event import write_fields
from events.services.watch_cover import watch_cover


def keep_picture(*, content: bytes, now: datetime) -> str:
    """Put the picture where covers are kept and return its name, before the transaction in which an event names it.

    Written down first, so that a picture that no event comes to name doesn't stay for ever.
    """
    name = f"covers/{new_id().hex}.webp"
    with use_case():
        watch_cover(name=name, now=now)
    return default_storage.save(name, ContentFile(content))


@requires_transaction
def change_cover(
    *, actor: Actor, event_id: uuid.UUID, name: str, now: datetime, expected_version: int | None = None
) -> Event:
    """Let the event show the picture of this name; an empty one brings back what is drawn for its category.

    The picture that it showed before is removed after a while, unless another event shows it too.

    Raises:
        NotFound, NotAllowed: it isn't the actor's.
        EventClosed: it is over.
        StaleVersion: it was changed since the actor read it.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    replaced = event.cover
    write_fields(
        event=event,
        fields={"cover": name},
        expected_version=event.version if expected_version is None else expected_version,
    )
    if replaced:
        watch_cover(name=replaced, now=now)
    return event
