"""Take an event out of somebody's favourites."""

import uuid

from common.problems import NotAllowed
from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Favorite


@requires_transaction
def forget_favorite(*, actor: Actor, event_id: uuid.UUID) -> None:
    """Forget the event; one that was never kept is forgotten already.

    Raises:
        NotAllowed: a guest keeps nothing.
    """
    if actor.user_id is None:
        raise NotAllowed
    Favorite.objects.filter(user_id=actor.user_id, event_id=event_id).delete()
