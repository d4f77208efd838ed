"""Reads of accounts."""

import uuid
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db.models import Q, QuerySet
from knox.crypto import hash_token

from accounts.models import (
    AccessToken,
    AccountMail,
    Authenticator,
    Organizer,
    OrganizerMember,
    PersonExport,
    User,
)
from common.problems import NotFound, Problem
from common.statements import composed_once

MANAGING_ROLES = (OrganizerMember.Role.OWNER, OrganizerMember.Role.MANAGER)


class EmailNotVerified(Problem):
    """The address has not been proved yet."""

    code = "email_not_verified"
    status = 403
    title = "Confirm your e-mail address first: the link is in the mail."


def get_user(*, user_id: uuid.UUID) -> User:
    """Return an active user.

    Raises:
        NotFound: there is none.
    """
    user = User.objects.active().filter(id=user_id).first()
    if user is None:
        raise NotFound()
    return user


def get_email(*, user_id: uuid.UUID) -> str:
    """Return the present address of a user, active or not."""
    return User.objects.values_list("email", flat=True).get(id=user_id)


def find_verified_user(*, email: str) -> User | None:
    """Return the user who has proved this address, or None."""
    user: User | None = User.objects.active().verified().filter(email__iexact=email).first()
    return user


def get_verified_user(*, user_id: uuid.UUID) -> User:
    """Return an active user who has proved their e-mail address.

    Raises:
        NotFound, EmailNotVerified
    """
    user = get_user(user_id=user_id)
    if user.email_verified_at is None:
        raise EmailNotVerified
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


def list_managed_organizers(*, user_id: uuid.UUID) -> QuerySet[Organizer]:
    """Return the organizers whose events the user manages."""
    return Organizer.objects.filter(id__in=list_managed_organizer_ids(user_id=user_id)).order_by("name", "id")


def get_organizer_of(*, user_id: uuid.UUID, organizer_id: uuid.UUID) -> Organizer:
    """Return an organizer that the user is a member of.

    Raises:
        NotFound: there is none, or the user isn't its member.
    """
    organizer = Organizer.objects.filter(id=organizer_id, members__user_id=user_id).first()
    if organizer is None:
        raise NotFound
    return organizer


def get_role(*, user_id: uuid.UUID, organizer_id: uuid.UUID) -> str:
    """Return the user's role in the organizer.

    Raises:
        NotFound: the organizer doesn't exist, or the user isn't its member.
    """
    member = OrganizerMember.objects.filter(user_id=user_id, organizer_id=organizer_id).first()
    if member is None:
        raise NotFound
    return member.role


def list_members(*, organizer_id: uuid.UUID) -> QuerySet[OrganizerMember]:
    """Return the members with their users."""
    members = OrganizerMember.objects.filter(organizer_id=organizer_id)
    return members.select_related("user").order_by("created_at", "id")


def get_authenticator(*, user_id: uuid.UUID) -> Authenticator | None:
    """Return the user's confirmed second factor, or None."""
    device: Authenticator | None = Authenticator.objects.confirmed().filter(user_id=user_id).first()
    return device


def get_live_token(*, text: str, now: datetime) -> AccessToken | None:
    """Return the token with this text and its user, unless it has expired or the user is no longer active.

    Every request of a program asks this.
    """
    return _live_tokens.first_prepared(digest=hash_token(text), now=now)


@composed_once
def _live_tokens(digest: str, now: datetime) -> QuerySet[AccessToken]:
    lasting = Q(expiry__isnull=True) | Q(expiry__gt=now)
    tokens: QuerySet[AccessToken] = AccessToken.objects.filter(lasting, digest=digest, user__is_active=True)
    return tokens.select_related("user")


def list_tokens_of(*, user_id: uuid.UUID) -> QuerySet[AccessToken]:
    """Return the user's tokens, newest first."""
    tokens: QuerySet[AccessToken] = AccessToken.objects.filter(user_id=user_id).order_by("-created", "-id")
    return tokens


def list_sessions_of(*, user: User) -> list[UserSession]:
    """Return the user's sessions that still work, newest first."""
    sessions: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(sessions, key=lambda session: session.created_at, reverse=True)


def is_session_younger_than(*, session_key: str, since: datetime) -> bool:
    """Tell whether somebody signed in with this session after that time."""
    young: bool = UserSession.objects.filter(session_key=session_key, created_at__gt=since).exists()
    return young


def list_due_mails(*, limit: int) -> list[uuid.UUID]:
    """Return ids of mails whose time has come and whose task may have been lost."""
    return list(AccountMail.objects.due().order_by("next_attempt_at", "id").values_list("id", flat=True)[:limit])


def get_export(*, user_id: uuid.UUID) -> PersonExport:
    """Return the user's last export, without its content.

    Raises:
        NotFound: none was ordered, or its time is over.
    """
    export = find_export(user_id=user_id)
    if export is None:
        raise NotFound
    return export


def find_export(*, user_id: uuid.UUID) -> PersonExport | None:
    """Return the user's last export, without its content, or None."""
    return PersonExport.objects.of_user(user_id).defer("content").order_by("-created_at", "-id").first()


def get_export_file(*, user_id: uuid.UUID) -> bytes:
    """Return the user's last file.

    Raises:
        NotFound: there is none.
    """
    ready = PersonExport.objects.of_user(user_id).ready().order_by("-created_at", "-id")
    content = ready.values_list("content", flat=True).first()
    if content is None:
        raise NotFound
    return bytes(content)


def list_due_exports(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """Return ids of exports whose time has come and whose task may have been lost."""
    return list(PersonExport.objects.due(now).order_by("next_attempt_at", "id").values_list("id", flat=True)[:limit])
