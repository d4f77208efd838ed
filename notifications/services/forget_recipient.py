"""Forget a person: addresses, wishes and texts go; that something was sent to somebody stays counted.

Done twice: in the transaction that erases the account, and again after all facts that were stated about the person
before, one of which may have told their name once more.
"""

from datetime import datetime
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import (
    ContactPoint,
    DigestChoice,
    InboxItem,
    NotificationJob,
    Preference,
    Recipient,
    TelegramLinkCode,
)

ERASED = "erased"


@requires_transaction
def forget_recipient(*, user_id: UUID, now: datetime) -> None:
    """Blank the recipient of this user id, and end what was on its way to them."""
    ids = list(Recipient.objects.known_as(user_id).locked().values_list("id", flat=True))
    for wishes in (ContactPoint, Preference, DigestChoice, TelegramLinkCode, InboxItem):
        wishes._default_manager.filter(recipient__in=ids).delete()
    jobs = NotificationJob.objects.filter(recipient__in=ids)
    # What is being sent at this moment belongs to its worker; it finds no address next time.
    on_their_way = jobs.filter(status__in=NotificationJob.UNFINISHED).exclude(status=NotificationJob.Status.SENDING)
    on_their_way.update(status=NotificationJob.Status.SUPPRESSED, reason=ERASED, next_attempt_at=None, finished_at=now)
    jobs.filter(finished_at__isnull=False).update(context={}, reached=[], decisions=[], last_error="")
    Recipient.objects.filter(id__in=ids).update(
        display_name="",
        birth_on=None,
        genres=[],
        tags=[],
        city="",
        registered_at=None,
        last_booked_at=None,
        loyalty_level="",
        marketing_consent_at=None,
        marketing_refused_at=None,
        quiet_from=None,
        quiet_until=None,
    )
