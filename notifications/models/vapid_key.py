"""The key by which push services know this installation (RFC 8292)."""

from django.db import models
from django.db.models.functions import Now

from common.encryption import EncryptedTextField


class VapidKey(models.Model):
    """Made once: browsers bind their subscriptions to it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    private_pem = EncryptedTextField()
    # Uncompressed point in URL-safe base64 without padding, as `pushManager.subscribe` wants it.
    public_key = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # There is one.
            models.CheckConstraint(condition=models.Q(id=1), name="notifications_vapid_key_single"),
        ]

    def __str__(self) -> str:
        return self.public_key
