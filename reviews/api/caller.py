"""Who calls."""

from typing import cast
from uuid import UUID

from rest_framework.request import Request


def caller_id(request: Request) -> UUID:
    """Return the signed-in user's id; the view's permission has refused everybody else."""
    return cast("UUID", request.user.pk)
