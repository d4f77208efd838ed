"""Reads of recipients, their wishes, and what is known of them when a batch is sent."""

from collections.abc import Collection
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet

from accounts.models import User
from common.problems import NotFound
from notifications.models import ContactPoint, DigestChoice, NotificationJob, Preference, Recipient


def list_accounts(*, user_ids: list[UUID]) -> QuerySet[User]:
    """Return our own accounts under these ids: contracts speak of users of other systems too."""
    return User.objects.active().filter(id__in=user_ids)


def has_account(*, user_id: UUID) -> bool:
    """Tell whether somebody has or had an account here under this id."""
    return User.objects.filter(id=user_id).exists()


def list_recipients_known_as(*, keys: list[tuple[str, UUID]]) -> QuerySet[Recipient]:
    """Return the recipients of these kinds and ids."""
    ids_by_kind: dict[str, list[UUID]] = {}
    for kind, external_id in keys:
        ids_by_kind.setdefault(kind, []).append(external_id)
    wanted = [Q(kind=kind, external_id__in=ids) for kind, ids in ids_by_kind.items()]
    return Recipient.objects.filter(reduce(or_, wanted)) if wanted else Recipient.objects.none()


def with_reach(recipients: QuerySet[Recipient]) -> QuerySet[Any]:
    """Return (kind, external id, id, locale, channels with an address in use, service that told) of recipients."""
    channels = ContactPoint.objects.active().filter(recipient=OuterRef("pk")).values("channel").distinct()
    return recipients.annotate(reach=ArraySubquery(channels)).values_list(
        "kind", "external_id", "id", "locale", "reach", "told_by_id"
    )


def get_recipient(*, user_id: UUID) -> Recipient:
    """Return the recipient of a user.

    Raises:
        NotFound
    """
    recipient = find_recipient(user_id=user_id)
    if recipient is None:
        raise NotFound()
    return recipient


def get_recipient_by_id(*, recipient_id: UUID) -> Recipient:
    """Return a recipient of any kind.

    Raises:
        NotFound
    """
    recipient = Recipient.objects.filter(id=recipient_id).first()
    if recipient is None:
        raise NotFound()
    return recipient


def find_recipient(*, user_id: UUID) -> Recipient | None:
    """Return the recipient, if the user is one already."""
    return Recipient.objects.known_as(user_id).first()


def list_choices(*, recipient: Recipient) -> dict[tuple[str, str], bool]:
    """Return the recipient's stored choices by category and channel."""
    rows = Preference.objects.filter(recipient=recipient).values_list("category", "channel", "is_enabled")
    return {(category, channel): is_enabled for category, channel, is_enabled in rows}


def list_digests(*, recipient: Recipient) -> dict[str, str]:
    """Return the recipient's digests: the period by category."""
    return dict(DigestChoice.objects.filter(recipient=recipient).values_list("category", "period"))


def list_refusals(*, recipient_ids: Collection[UUID]) -> set[tuple[UUID, str, str]]:
    """Return (recipient, category, channel) of what these people have switched off."""
    refused = Preference.objects.filter(recipient_id__in=recipient_ids, is_enabled=False)
    return set(refused.values_list("recipient_id", "category", "channel"))


def list_digest_choices(*, recipient_ids: Collection[UUID]) -> dict[tuple[UUID, str], str]:
    """Return the periods of these people's digests by (recipient, category)."""
    rows = DigestChoice.objects.filter(recipient_id__in=recipient_ids).values_list("recipient_id", "category", "period")
    return {(recipient_id, category): period for recipient_id, category, period in rows}


def count_marketing_sent(*, recipient_ids: Collection[UUID], since: datetime) -> dict[tuple[UUID, str], int]:
    """Return how many marketing messages each recipient got through each channel since then."""
    sent = NotificationJob.objects.filter(
        recipient_id__in=recipient_ids,
        category="marketing",
        status__in=[NotificationJob.Status.SENT, NotificationJob.Status.DELIVERED],
        created_at__gte=since,
    )
    rows = sent.order_by().values_list("recipient_id", "channel").annotate(Count("id"))
    return {(recipient_id, channel): count for recipient_id, channel, count in rows}
