"""A mailing that people prepare and watch."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from notifications.models.choices import Channel
from notifications.models.job import NotificationJob


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def judged(self) -> "CampaignQuerySet":
        """Those of which `state` can tell that everything has gone out."""
        waiting = NotificationJob.objects.unfinished().filter(event_id=models.OuterRef("event_id"))
        return self.annotate(is_waited_for=models.Exists(waiting))


class Campaign(models.Model):
    """What to send to whom, and when to stop by itself. Where it stands is told by its event: there is none before the
    start."""

    class State(models.TextChoices):
        NOT_STARTED = "not_started", _("not started")
        PLANNING = "planning", _("going out")
        PAUSED = "paused", _("held")
        PLANNED = "planned", _("planned for everybody")
        FINISHED = "finished", _("gone out")
        CANCELLED = "cancelled", _("ended")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    template = models.ForeignKey("notifications.Template", on_delete=models.PROTECT, related_name="campaigns")
    segment = models.ForeignKey("notifications.Segment", on_delete=models.PROTECT, related_name="campaigns")
    channels = ArrayField(models.CharField(max_length=10, choices=Channel))
    # The part that goes out first; the rest waits for it to have gone well. 0: no canary.
    canary_percent = models.PositiveSmallIntegerField(default=1)
    # Recipients per second; empty: as fast as the providers allow.
    per_second = models.PositiveIntegerField(null=True, blank=True)
    # It pauses by itself when more than so many percent of what was sent has failed, or led to complaints.
    failure_percent = models.DecimalField(max_digits=5, decimal_places=2, default=5)
    complaint_percent = models.DecimalField(max_digits=5, decimal_places=2, default="0.30")
    event = models.OneToOneField(
        "notifications.NotificationEvent", on_delete=models.PROTECT, null=True, blank=True, related_name="campaign"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # Whether a message of it may still go out; asked by `judged`.
    is_waited_for = True

    objects = CampaignQuerySet.as_manager()

    class Meta:
        constraints = [
            # It goes through some channel.
            models.CheckConstraint(condition=~models.Q(channels=[]), name="notifications_campaign_has_channels"),
            # Percentages are of a hundred.
            models.CheckConstraint(
                condition=models.Q(canary_percent__lte=100, failure_percent__range=(0, 100))
                & models.Q(complaint_percent__range=(0, 100)),
                name="notifications_campaign_percentages",
            ),
            # A pace moves.
            models.CheckConstraint(
                condition=models.Q(per_second__isnull=True) | models.Q(per_second__gt=0),
                name="notifications_campaign_pace_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> "Campaign.State":
        """Where it stands: `paused` says nothing of whether all is planned already, and an end is an end."""
        if self.event is None:
            return self.State.NOT_STARTED
        if self.event.pause_reason and self.event.status != "cancelled":
            return self.State.PAUSED
        if self.event.status == "planned" and not self.is_waited_for:
            return self.State.FINISHED
        return self.State(self.event.status)
