"""Who is told of what becomes of an organizer's events."""

import uuid
from collections.abc import Collection

from accounts.models import OrganizerMember
from accounts.selectors import MANAGING_ROLES


def list_managers_of(*, organizer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return the owners and managers of each organizer."""
    members = OrganizerMember.objects.filter(organizer_id__in=organizer_ids, role__in=MANAGING_ROLES)
    found: dict[uuid.UUID, list[uuid.UUID]] = {one: [] for one in organizer_ids}
    for member in members.order_by("id"):
        found[member.organizer_id].append(member.user_id)
    return found
