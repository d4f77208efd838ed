"""Who a request comes from."""

from typing import Any

from rest_framework.request import Request

from accounts.api.permissions import IsVerifiedStaff
from events.actors import Actor


def actor_of(request: Request, view: Any) -> Actor:
    """Return the caller; staff count as administrators only with their second factor."""
    return Actor(user_id=request.user.pk, administers=bool(IsVerifiedStaff().has_permission(request, view)))
