"""People and organizers."""

from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Organizer, OrganizerMember, User

_numbers = count(1)


def make_user(**fields: Any) -> User:
    """Make a verified user without a password."""
    number = next(_numbers)
    fields.setdefault("email", f"user{number}@example.com")
    fields.setdefault("display_name", f"User {number}")
    fields.setdefault("email_verified_at", timezone.now())
    return User.objects.create(**fields)


def make_organizer(*, owner: User | None = None, **fields: Any) -> Organizer:
    """Make an approved organizer with an owner."""
    number = next(_numbers)
    fields.setdefault("name", f"Organizer {number}")
    fields.setdefault("slug", f"organizer-{number}")
    fields.setdefault("contact_email", f"organizer{number}@example.com")
    fields.setdefault("approved_at", timezone.now())
    organizer = Organizer.objects.create(**fields)
    OrganizerMember.objects.create(organizer=organizer, user=owner or make_user(), role=OrganizerMember.Role.OWNER)
    return organizer
