"""Reads of mailings: campaigns, and how far each audience is told."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from common.problems import NotFound
from notifications.models import Campaign, NotificationEvent, NotificationJob, Suppression


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
    return Campaign.objects.select_related("template", "segment", "event")


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


def has_unfinished_jobs(*, event: NotificationEvent) -> bool:
    """Tell whether any message of a mailing may still go out."""
    return NotificationJob.objects.unfinished().filter(event=event).exists()


def count_complaints(*, event: NotificationEvent) -> int:
    """Return how many complaints a mailing has led to."""
    return Suppression.objects.filter(job__event=event, reason=Suppression.Reason.COMPLAINT).count()


def count_results(*, event: NotificationEvent) -> list[tuple[str, str, int]]:
    """Return (channel, status, jobs) of a mailing."""
    counted = NotificationJob.objects.filter(event=event).order_by().values_list("channel", "status")
    return sorted(counted.annotate(Count("id")))
