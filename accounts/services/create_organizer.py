"""Create an organizer. Whoever does becomes its owner; paid events wait for an administrator's approval."""

import secrets
from uuid import UUID

from accounts.models import Organizer, OrganizerMember
from accounts.selectors import get_verified_user
from accounts.slugs import slug_of
from common.problems import Problem
from common.transactions import requires_transaction, violations

SLUG_LENGTH = 70


class SlugTaken(Problem):
    """Another organizer has this address on the site."""

    code = "slug_taken"
    status = 409
    title = "This address belongs to another organizer."


@requires_transaction
def create_organizer(*, actor_id: UUID, name: str, slug: str, description: str, contact_email: str) -> Organizer:
    """Write the organizer and its owner; without a slug, make one from the name.

    Raises:
        EmailNotVerified, SlugTaken
    """
    get_verified_user(user_id=actor_id)
    with violations({"accounts_organizer_slug_unique": SlugTaken}):
        organizer = Organizer.objects.create(
            name=name, slug=slug or _free_slug(name), description=description, contact_email=contact_email
        )
    OrganizerMember.objects.create(organizer=organizer, user_id=actor_id, role=OrganizerMember.Role.OWNER)
    return organizer


def _free_slug(name: str) -> str:
    slug = slug_of(name, max_length=SLUG_LENGTH) or "organizer"
    if Organizer.objects.filter(slug=slug).exists():
        slug = f"{slug}-{secrets.token_hex(3)}"
    return slug
