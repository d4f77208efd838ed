"""Who is behind a request that has passed authentication."""

from typing import Any, cast
from uuid import UUID


def caller_id(request: Any) -> UUID:
    """Return the id of the signed-in user; for views that guests can't reach."""
    return cast("UUID", request.user.pk)


def caller_time_zone(request: Any) -> str:
    """Return the time zone in which the signed-in user reads times."""
    return cast("str", request.user.time_zone)
