"""Give an event a picture of its own, or take it away again."""

import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Event
from events.pictures import Cover
from events.selectors.events import get_managed_event
from events.services.update_event import write_fields


def keep_picture(cover: Cover) -> None:
    """Put the file where covers are kept, before the transaction that names it.

    The same picture has the same name, so copies of an event share it, and doing it twice does it once.
    """
    if not default_storage.exists(cover.name):
        default_storage.save(cover.name, ContentFile(cover.content))


@requires_transaction
def change_cover(*, actor: Actor, event_id: uuid.UUID, name: str, expected_version: int | None = None) -> Event:
    """Let the event show the picture of this name; an empty one brings back what is drawn for its category.

    Raises:
        NotFound, NotAllowed: it isn't the actor's.
        EventClosed: it is over.
        StaleVersion: it was changed since the actor read it.
    """
    event = get_managed_event(actor=actor, event_id=event_id)
    write_fields(
        event=event,
        fields={"cover": name},
        expected_version=event.version if expected_version is None else expected_version,
    )
    return event
