"""Keep an event in mind."""

import uuid

from common.problems import NotAllowed
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Favorite
from events.selectors.events import get_readable_event


@requires_transaction
def keep_favorite(*, actor: Actor, event_id: uuid.UUID) -> None:
    """Add the event to the actor's favourites; adding twice is adding once.

    Raises:
        NotAllowed: a guest keeps nothing.
        NotFound: there is no such event for the actor.
    """
    if actor.user_id is None:
        raise NotAllowed
    event = get_readable_event(actor=actor, event_id=event_id)
    Favorite.objects.bulk_create([Favorite(user_id=actor.user_id, event=event)], ignore_conflicts=True)
