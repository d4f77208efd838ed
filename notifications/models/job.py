"""One message to one recipient through one channel."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id
from notifications.models.choices import Category, Channel, Locale


class NotificationJobQuerySet(models.QuerySet["NotificationJob"]):
    def of_sources(self, sources: list[str]) -> "NotificationJobQuerySet":
        return self.filter(event__source__in=sources)

    def unfinished(self) -> "NotificationJobQuerySet":
        return self.filter(status__in=NotificationJob.UNFINISHED)

    def due(self, now: datetime) -> "NotificationJobQuerySet":
        return self.unfinished().filter(next_attempt_at__lte=now)

    def waiting_for_address(self, *, recipient_id: uuid.UUID, channel: str) -> "NotificationJobQuerySet":
        return self.filter(
            recipient_id=recipient_id, channel=channel, status=NotificationJob.Status.DEFERRED, reason="no_address"
        )

    def dead(self) -> "NotificationJobQuerySet":
        return self.filter(status=NotificationJob.Status.DEAD)

    def locked(self) -> "NotificationJobQuerySet":
        """Take what nobody else is taking; ids in order."""
        return self.order_by("pk").select_for_update(skip_locked=True, of=("self",))


class NotificationJob(models.Model):
    """Work row: a task that carries its id only wakes a worker; what is overdue is queued again by the sweep.

    `next_attempt_at` is, by status: planned — when a lost Kafka copy is no longer waited for; queued — when a lost
    task is sent again; sending — when the lease ends; deferred and failed — when to try.
    """

    class Status(models.TextChoices):
        PLANNED = "planned"
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        DELIVERED = "delivered"
        DEFERRED = "deferred"
        SUPPRESSED = "suppressed"
        UNDELIVERABLE = "undeliverable"
        FAILED = "failed"
        DEAD = "dead"

    UNFINISHED = (Status.PLANNED, Status.QUEUED, Status.SENDING, Status.DEFERRED, Status.FAILED)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Both are found by indexes that begin with them: each index of this table is written four times per message.
    event = models.ForeignKey(
        "notifications.NotificationEvent", on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
    recipient = models.ForeignKey(
        "notifications.Recipient", on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
    template_code = models.CharField(max_length=100)
    # Which text was rendered; known once it was.
    template_version = models.PositiveIntegerField(null=True, blank=True)
    channel = models.CharField(max_length=10, choices=Channel)
    locale = models.CharField(max_length=5, choices=Locale)
    category = models.CharField(max_length=20, choices=Category)
    is_urgent = models.BooleanField(default=False)
    context = models.JSONField(default=dict)
    status = models.CharField(max_length=15, choices=Status, default=Status.PLANNED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    # Contact points that have got it: a retry goes to the others only.
    reached = models.JSONField(default=list, blank=True)
    # Which provider of the channel has taken it.
    provider = models.CharField(max_length=60, blank=True)
    provider_message_id = models.CharField(max_length=250, blank=True)
    reason = models.CharField(max_length=100, blank=True)
    last_error = models.TextField(blank=True)
    # Every rule that was asked before sending, and what it said.
    decisions = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationJobQuerySet.as_manager()

    class Meta:
        constraints = [
            # An event reaches a recipient once per template and channel, however often anything is replayed.
            models.UniqueConstraint(
                fields=["event", "template_code", "recipient", "channel"], name="notifications_job_once"
            ),
            # Leased exactly while it is being sent.
            models.CheckConstraint(
                condition=models.Q(status="sending", lease_token__isnull=False)
                | ~models.Q(status="sending") & models.Q(lease_token__isnull=True),
                name="notifications_job_leased_while_sending",
            ),
            # Either it is finished, or it is known when it is looked at again.
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["planned", "queued", "sending", "deferred", "failed"],
                    next_attempt_at__isnull=False,
                    finished_at__isnull=True,
                )
                | models.Q(
                    status__in=["sent", "delivered", "suppressed", "undeliverable", "dead"],
                    next_attempt_at__isnull=True,
                    finished_at__isnull=False,
                ),
                name="notifications_job_finished_or_swept",
            ),
        ]
        indexes = [
            # requeue_due_jobs
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status__in=["planned", "queued", "sending", "deferred", "failed"]),
                name="notifications_job_due",
            ),
            # the admin's list of dead jobs
            models.Index(fields=["-created_at"], condition=models.Q(status="dead"), name="notifications_job_dead"),
            # what somebody was (not) sent, newest first
            models.Index(fields=["recipient", "-created_at"], name="notifications_job_of_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.template_code} {self.channel} {self.status}"
