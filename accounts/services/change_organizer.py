"""Change what an organizer says about itself. Its owner may; managers look after events."""

from typing import TypedDict
from uuid import UUID

from accounts.models import Organizer, OrganizerMember
from accounts.selectors import get_role
from accounts.services.create_organizer import SlugTaken
from common.problems import NotAllowed
from common.transactions import requires_transaction, violations


class OrganizerChanges(TypedDict, total=False):
    """What may be changed."""

    name: str
    slug: str
    description: str
    contact_email: str


@requires_transaction
def change_organizer(*, actor_id: UUID, organizer_id: UUID, changes: OrganizerChanges) -> Organizer:
    """Write the changes.

    Raises:
        NotFound: there is none, or the actor isn't its member.
        NotAllowed: the actor isn't its owner.
        SlugTaken
    """
    demand_owner(actor_id=actor_id, organizer_id=organizer_id)
    if changes:
        with violations({"accounts_organizer_slug_unique": SlugTaken}):
            Organizer.objects.filter(id=organizer_id).update(**changes)
    return Organizer.objects.get(id=organizer_id)


def demand_owner(*, actor_id: UUID, organizer_id: UUID) -> None:
    """Refuse everybody but the organizer's owners.

    Raises:
        NotFound, NotAllowed
    """
    if get_role(user_id=actor_id, organizer_id=organizer_id) != OrganizerMember.Role.OWNER:
        raise NotAllowed
