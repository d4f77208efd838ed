"""Reads of accounts."""

import uuid

from django.db.models import QuerySet

from accounts.models import Organizer, OrganizerMember, User
from common.problems import NotFound

MANAGING_ROLES = (OrganizerMember.Role.OWNER, OrganizerMember.Role.MANAGER)


def get_user(*, user_id: uuid.UUID) -> User:
    """Return an active user.

    Raises:
        NotFound: there is none.
    """
    user = User.objects.active().filter(id=user_id).first()
    if user is None:
        raise NotFound()
    return user


def list_organizers_of(*, user_id: uuid.UUID) -> QuerySet[Organizer]:
    """Return the organizers that the user is a member of."""
    return Organizer.objects.filter(members__user_id=user_id).order_by("name", "id")


def get_managed_organizer(*, user_id: uuid.UUID, organizer_id: uuid.UUID) -> Organizer:
    """Return an organizer whose events the user manages (owner or manager).

    Raises:
        NotFound: there is none, or it isn't the user's.
    """
    organizer = Organizer.objects.filter(
        id=organizer_id, members__user_id=user_id, members__role__in=MANAGING_ROLES
    ).first()
    if organizer is None:
        raise NotFound()
    return organizer


def list_managed_organizer_ids(*, user_id: uuid.UUID) -> QuerySet[OrganizerMember, uuid.UUID]:
    """Return ids of the organizers whose events the user manages."""
    return OrganizerMember.objects.filter(user_id=user_id, role__in=MANAGING_ROLES).values_list(
        "organizer_id", flat=True
    )
