"""Who a request comes from."""

from typing import Any

from rest_framework.request import Request

from events.actors import Actor
from events.api.permissions import MayChangeAnyEvent, MayTakeEventsDown


def actor_of(request: Request, view: Any) -> Actor:
    """Return the caller; staff count as administrators only with the role for it and their second factor."""
    return Actor(
        user_id=request.user.pk,
        administers=bool(MayChangeAnyEvent().has_permission(request, view)),
        moderates=bool(MayTakeEventsDown().has_permission(request, view)),
    )
