"""What payment providers told: stored before anything else is done with it."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from bookings.models.provider_account import ProviderAccount
from common.ids import new_id


class WebhookStatus(models.TextChoices):
    RECEIVED = "received"
    APPLIED = "applied"
    # After the last attempt: waits for an administrator.
    PARKED = "parked"


class ProviderWebhookQuerySet(models.QuerySet["ProviderWebhook"]):
    def due(self, now: datetime) -> "ProviderWebhookQuerySet":
        return self.filter(status=WebhookStatus.RECEIVED, next_attempt_at__lte=now)

    def locked(self) -> "ProviderWebhookQuerySet":
        return self.order_by("pk").select_for_update(skip_locked=True)


class ProviderWebhook(models.Model):
    """One notice of a provider, as it was read from a body whose origin was proven."""

    Status = WebhookStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.CharField(max_length=20)
    account = models.ForeignKey(ProviderAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    notice_id = models.CharField(max_length=200)
    body = models.JSONField()
    status = models.CharField(max_length=10, choices=WebhookStatus, default=WebhookStatus.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.TextField(blank=True)
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = ProviderWebhookQuerySet.as_manager()

    class Meta:
        constraints = [
            # A notice is stored once, however often it is sent.
            models.UniqueConstraint(
                fields=["provider", "account", "notice_id"],
                nulls_distinct=False,
                name="bookings_provider_webhook_once",
            ),
            # Applied has a time, and nothing else has one.
            models.CheckConstraint(
                condition=models.Q(status="applied", applied_at__isnull=False)
                | (~models.Q(status="applied") & models.Q(applied_at__isnull=True)),
                name="bookings_provider_webhook_applied_at_paired",
            ),
        ]
        indexes = [
            # list_due_webhooks
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status="received"),
                name="bookings_provider_webhook_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.notice_id}"
