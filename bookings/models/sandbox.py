"""The sandbox provider's own books: what a real provider keeps on its side.

Only bookings/providers/sandbox.py and the sandbox's page touch these rows; no booking refers to them.
"""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class SandboxStatus(models.TextChoices):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class SandboxPayment(models.Model):
    Status = SandboxStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    idempotency_key = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=200)
    return_url = models.URLField(max_length=500)
    status = models.CharField(max_length=10, choices=SandboxStatus, default=SandboxStatus.PENDING)
    refunded = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # The same order asked for twice is one payment.
            models.UniqueConstraint(fields=["idempotency_key"], name="bookings_sandbox_payment_key_unique"),
            # Never more back than was paid.
            models.CheckConstraint(
                condition=models.Q(refunded__lte=models.F("amount")), name="bookings_sandbox_payment_refund_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.status}"


class SandboxRefund(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    payment = models.ForeignKey(SandboxPayment, on_delete=models.PROTECT, related_name="refunds")
    idempotency_key = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # The same refund asked for twice is one refund.
            models.UniqueConstraint(fields=["idempotency_key"], name="bookings_sandbox_refund_key_unique"),
        ]

    def __str__(self) -> str:
        return str(self.amount)


class SandboxNoticeQuerySet(models.QuerySet["SandboxNotice"]):
    def due(self, now: datetime) -> "SandboxNoticeQuerySet":
        return self.filter(sent_at__isnull=True, due_at__lte=now)


class SandboxNotice(models.Model):
    """A webhook that the sandbox has to send; the same `notice_id` may be sent twice, as real providers do."""

    payment = models.ForeignKey(SandboxPayment, on_delete=models.PROTECT, related_name="notices")
    notice_id = models.CharField(max_length=64)
    body = models.JSONField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = SandboxNoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            # list_due_sandbox_notices
            models.Index(
                fields=["due_at"], condition=models.Q(sent_at__isnull=True), name="bookings_sandbox_notice_due"
            ),
        ]

    def __str__(self) -> str:
        return self.notice_id
