"""Take an event out of somebody's favourites."""

import uuid

from common.transactions import requires_transaction
from events.actors import Actor
from events.models import Favorite


@requires_transaction
def forget_favorite(*, actor: Actor, event_id: uuid.UUID) -> None:
    """Forget the event; one that was never kept is forgotten already."""
    Favorite.objects.filter(user_id=actor.user_id, event_id=event_id).delete()
