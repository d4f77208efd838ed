"""What notifications keep about people: stands at the port of accounts (config/wiring.py)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from notifications.models import (
    ContactPoint,
    DigestChoice,
    InboxItem,
    NotificationJob,
    Preference,
    Recipient,
)
from notifications.services.forget_recipient import forget_recipient

RECIPIENT = (
    *("display_name", "locale", "time_zone", "birth_on", "genres", "tags", "city", "registered_at", "last_booked_at"),
    *("loyalty_level", "marketing_consent_at", "marketing_refused_at", "quiet_from", "quiet_until"),
)


class RecordsOfNotifications:
    """Where and how somebody is told, and what they were told."""

    name: ClassVar[str] = "notifications"

    def tell(self, *, user_id: UUID) -> dict[str, Any]:
        known = Recipient.objects.known_as(user_id)
        points = ContactPoint.objects.filter(recipient__in=known).order_by("created_at", "id")
        inbox = InboxItem.objects.filter(recipient__in=known).order_by("created_at", "id")
        jobs = NotificationJob.objects.filter(recipient__in=known).order_by("created_at", "id")
        return {
            "recipient": list(known.values(*RECIPIENT)),
            "addresses": list(points.values("channel", "address", "verified_at", "switched_off_reason", "created_at")),
            "preferences": list(
                Preference.objects.filter(recipient__in=known)
                .order_by("category", "channel")
                .values("category", "channel", "is_enabled")
            ),
            "digests": list(
                DigestChoice.objects.filter(recipient__in=known).order_by("category").values("category", "period")
            ),
            "inbox": list(inbox.values("title", "text", "link", "created_at", "read_at")),
            "messages": list(jobs.values("template_code", "channel", "status", "reason", "created_at", "finished_at")),
        }

    def erase(self, *, user_id: UUID, email: str, now: datetime) -> None:
        forget_recipient(user_id=user_id, now=now)
