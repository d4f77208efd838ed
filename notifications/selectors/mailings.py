"""Reads of mailings: campaigns, and how far each audience is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from common.problems import NotFound
from notifications.models import Campaign, NotificationEvent, NotificationJob, Suppression

SENT = frozenset({NotificationJob.Status.SENT, NotificationJob.Status.DELIVERED})
# How many jobs stand where: by channel and status.
Results = list[tuple[str, str, int]]


def list_mailings_under_way(*, now: datetime) -> QuerySet[NotificationEvent]:
    """Return the audiences that are being told, or were until a day ago, and that nothing but their canary holds."""
    running = NotificationEvent.objects.filter(
        Q(status=NotificationEvent.Status.PLANNING)
        | Q(status=NotificationEvent.Status.PLANNED, planned_at__gte=now - timedelta(days=1)),
        walk_began_at__isnull=False,
        pause_reason__in=["", NotificationEvent.PauseReason.CANARY],
    )
    return running.select_related("campaign").order_by("walk_began_at")


def list_campaigns() -> QuerySet[Campaign]:
    """Return all campaigns with what says where they stand."""
    return Campaign.objects.judged().select_related("template", "segment", "event")


def find_campaign(*, campaign_id: UUID) -> Campaign | None:
    """Return a campaign, if there is one."""
    return list_campaigns().filter(id=campaign_id).first()


def get_campaign(*, campaign_id: UUID) -> Campaign:
    """Return a campaign.

    Raises:
        NotFound
    """
    campaign = find_campaign(campaign_id=campaign_id)
    if campaign is None:
        raise NotFound()
    return campaign


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the sending is: of all messages that are to come, not of those that are planned so far."""

    messages: int
    sent: int
    not_sent: int

    @property
    def ended(self) -> int:
        return self.sent + self.not_sent

    @property
    def waiting(self) -> int:
        return self.messages - self.ended

    @property
    def percent(self) -> int:
        return 100 * self.ended // self.messages if self.messages else 0


def progress_of(*, campaign: Campaign, results: Results) -> Progress:
    """Add up the results of a campaign; while it is being planned, for everybody whom it is to reach."""
    planned = sum(count for _, _, count in results)
    ended = sum(count for _, status, count in results if status not in NotificationJob.UNFINISHED)
    sent = sum(count for _, status, count in results if status in SENT)
    messages = planned
    if campaign.event is not None and campaign.event.status == NotificationEvent.Status.PLANNING:
        messages = max(planned, (campaign.event.audience_size or 0) * len(campaign.channels))
    return Progress(messages=messages, sent=sent, not_sent=ended - sent)


def count_complaints(*, event: NotificationEvent) -> int:
    """Return how many complaints a mailing has led to."""
    return Suppression.objects.filter(job__event=event, reason=Suppression.Reason.COMPLAINT).count()


def count_results(*, event: NotificationEvent) -> Results:
    """Return how the messages of a mailing stand."""
    counted = NotificationJob.objects.filter(event=event).order_by().values_list("channel", "status")
    return sorted(counted.annotate(Count("id")))
