"""Reads of notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.models import User
from common.problems import NotFound
from notifications.models import (
    ContactPoint,
    InboxItem,
    NotificationEvent,
    NotificationJob,
    Preference,
    Recipient,
    Segment,
    ServiceSource,
    Template,
    TemplateVersion,
)
from notifications.models.inbox_item import InboxItemQuerySet
from notifications.segment_language import Conditions, membership


def list_sources_of(*, account_id: Any) -> list[str]:
    """Return the sources that a service's account may speak for."""
    return sorted(ServiceSource.objects.filter(account_id=account_id).values_list("source", flat=True))


def get_event(*, sources: list[str], event_id: UUID) -> NotificationEvent:
    """Return an event of the caller's sources; of several the newest.

    Raises:
        NotFound: there is none.
    """
    event = NotificationEvent.objects.from_sources(sources).filter(event_id=event_id).order_by("-received_at").first()
    if event is None:
        raise NotFound()
    return event


def list_jobs(*, sources: list[str]) -> QuerySet[NotificationJob]:
    """Return the jobs of the caller's events."""
    return NotificationJob.objects.of_sources(sources).select_related("event", "recipient")


def count_jobs_by_status(*, event: NotificationEvent) -> dict[str, int]:
    """Return how many of an event's jobs stand where."""
    counted = NotificationJob.objects.filter(event=event).order_by().values_list("status").annotate(Count("id"))
    return dict(counted)


def find_account(*, user_id: UUID) -> User | None:
    """Return our own account under this id, if there is one: contracts speak of users of other systems too."""
    return User.objects.active().filter(id=user_id).first()


def find_recipient(*, user_id: UUID) -> Recipient | None:
    """Return the recipient, if the user is one already."""
    return Recipient.objects.known_as(user_id).first()


def list_inbox(*, user_id: UUID) -> InboxItemQuerySet:
    """Return the user's inbox."""
    return InboxItem.objects.filter(recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id)


def count_unread(*, user_id: UUID) -> int:
    """Return how many items of the inbox the user hasn't read."""
    return list_inbox(user_id=user_id).unread().count()


def list_push_subscriptions(*, user_id: UUID) -> QuerySet[ContactPoint]:
    """Return the browsers in which the user gets pushes."""
    return ContactPoint.objects.active().filter(
        channel="push", recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id
    )


def list_choices(*, recipient: Recipient) -> dict[tuple[str, str], bool]:
    """Return the recipient's stored choices by category and channel."""
    rows = Preference.objects.filter(recipient=recipient).values_list("category", "channel", "is_enabled")
    return {(category, channel): is_enabled for category, channel, is_enabled in rows}


def find_template(*, code: str) -> Template | None:
    """Return the template of a code, if it is defined."""
    return Template.objects.filter(code=code).first()


def list_published_channels(*, code: str) -> set[str]:
    """Return the channels for which a template has a text in use."""
    published = TemplateVersion.objects.filter(template__code=code, status=TemplateVersion.Status.PUBLISHED)
    return set(published.values_list("channel", flat=True))


def find_text(*, code: str, channel: str, locale: str) -> TemplateVersion | None:
    """Return the text in use: in the recipient's language, else in the other one."""
    published = TemplateVersion.objects.filter(
        template__code=code, channel=channel, status=TemplateVersion.Status.PUBLISHED
    )
    return min(published.order_by("locale"), key=lambda one: one.locale != locale, default=None)


def find_segment(*, code: str) -> Segment | None:
    """Return a named segment, if it is defined."""
    return Segment.objects.filter(code=code).first()


def list_members(*, conditions: Conditions, now: datetime) -> QuerySet[Recipient]:
    """Return the recipients who are in a segment now."""
    return Recipient.objects.filter(membership(conditions, today=now.date()))
