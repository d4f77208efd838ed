"""Who reads a page."""

from django.http import HttpRequest

from events.actors import ADMINISTERS, MODERATES, Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return the reader; staff count as administrators only with the role for it and their second factor."""
    user = request.user
    if not user.is_authenticated:
        return Actor()
    is_verified_staff = user.is_staff and user.is_verified()  # type: ignore[attr-defined]
    return Actor(
        user_id=user.pk,
        administers=is_verified_staff and user.has_perm(ADMINISTERS),
        moderates=is_verified_staff and user.has_perm(MODERATES),
    )
