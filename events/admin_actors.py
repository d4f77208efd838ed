"""Who acts in the back office."""

from uuid import UUID

from django.http import HttpRequest

from events.actors import ADMINISTERS, MODERATES, Actor


def administrator_of(request: HttpRequest) -> Actor:
    """Return the member of staff; the admin site lets nobody in without a second factor."""
    return Actor(
        user_id=UUID(str(request.user.pk)),
        administers=request.user.has_perm(ADMINISTERS),
        moderates=request.user.has_perm(MODERATES),
    )


def may_moderate(request: HttpRequest) -> bool:
    """Tell whether the member of staff may take events down and put them back."""
    return request.user.has_perm(ADMINISTERS) or request.user.has_perm(MODERATES)
