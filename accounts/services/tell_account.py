"""Tell a person what accounts themselves keep about them; secrets are never told, not even to their owner."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from accounts.models import AccessToken, AccountMail, Authenticator, OrganizerMember, User
from audit.models import AuditEntry

PROFILE = ("id", "email", "email_verified_at", "display_name", "handle", "phone", "locale", "time_zone", "birth_on")
TOKEN = ("id", "name", "scopes", "created", "expiry", "last_used_at")


def tell_account(*, user_id: UUID) -> dict[str, Any]:
    """Return the profile, what gives access, memberships, mails, and what the audit log says that the person did."""
    user = User.objects.get(id=user_id)
    sessions: QuerySet[UserSession] = UserSession.objects.filter(user_id=user_id)
    members = OrganizerMember.objects.filter(user_id=user_id)
    return {
        "profile": {name: getattr(user, name) for name in (*PROFILE, "created_at", "last_login")},
        "addresses": _rows(EmailAddress.objects.filter(user_id=user_id), "id", "email", "verified", "primary"),
        "tokens": _rows(AccessToken.objects.filter(user_id=user_id), "created", *TOKEN),
        "sessions": _rows(sessions, "created_at", "ip", "user_agent", "created_at", "last_seen_at"),
        "second_factor": _rows(Authenticator.objects.filter(user_id=user_id), "id", "confirmed", "created_at"),
        "organizers": _rows(members, "created_at", "organizer_id", "organizer__name", "role", "created_at"),
        "mails": _rows(AccountMail.objects.filter(recipient=user.email), "created_at", "subject", "status", "sent_at"),
        "actions": _rows(
            AuditEntry.objects.filter(actor_id=user_id), "id", "at", "action", "target_type", "target_id", "reason"
        ),
    }


def _rows(rows: QuerySet, order: str, *columns: str) -> list[dict[str, Any]]:
    return list(rows.order_by(order).values(*columns))
