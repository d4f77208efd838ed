"""The stored answer of a request that carried an Idempotency-Key."""

from django.db import models


class IdempotencyRecord(models.Model):
    """One success: written in the transaction of its effect, replayed for 24 hours, then pruned."""

    # No foreign key: this app lies below accounts.
    user_id = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A key means one effect per user.
            models.UniqueConstraint(fields=["user_id", "key"], name="common_idempotency_record_one_per_user_and_key"),
        ]
        indexes = [
            # retention
            models.Index(fields=["created_at"], name="common_idempotency_created"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.key}"
