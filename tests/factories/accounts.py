"""People and organizers."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils import timezone
from django_otp.oath import TOTP

from accounts.models import AccessToken, Authenticator, Organizer, OrganizerMember, User
from accounts.scopes import GRANTABLE

_numbers = count(1)


def make_user(**fields: Any) -> User:
    """Make a verified user without a password."""
    number = next(_numbers)
    fields.setdefault("email", f"user{number}@example.com")
    fields.setdefault("display_name", f"User {number}")
    fields.setdefault("email_verified_at", timezone.now())
    return User.objects.create(**fields)


def make_staff(role: str, **fields: Any) -> User:
    """Make a member of staff with a role."""
    user = make_user(is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


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


PASSWORD = "correct horse battery staple"


def make_account(**fields: Any) -> User:
    """Make a user who can sign in at every door with PASSWORD."""
    user = make_user(**fields)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_authenticator(user: User, **fields: Any) -> Authenticator:
    """Give the user a confirmed second factor."""
    fields.setdefault("key", "3132333435363738393031323334353637383930")
    fields.setdefault("confirmed", True)
    return Authenticator.objects.create(user=user, name="authenticator", **fields)


def code_of(device: Authenticator, at: datetime, *, steps: int = 0) -> str:
    """Return what the owner's phone shows at that time, or some 30-second steps away from it."""
    shown = TOTP(device.key_bytes, step=30, drift=steps)
    shown.time = at.timestamp()
    return f"{shown.token():06d}"


def make_token(user: User, *, scopes: Sequence[str] = GRANTABLE, **fields: Any) -> tuple[AccessToken, str]:
    """Make a token; return it with its text."""
    return AccessToken.objects.create(user, scopes=list(scopes), **fields)


def bearer(user: User, **fields: Any) -> dict[str, str]:
    """Return the header of a request with a new token of the user."""
    return {"HTTP_AUTHORIZATION": f"Bearer {make_token(user, **fields)[1]}"}
