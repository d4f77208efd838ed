"""Which service may speak for which source."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ServiceSource(models.Model):
    """Granted by administrators only: a token's scopes are chosen by whoever makes the token."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_sources")
    source = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A grant stands once.
            models.UniqueConstraint(fields=["account", "source"], name="notifications_service_source_once"),
            # Nobody else speaks for this product's own apps: whoever could, would choose the ids of their events.
            models.CheckConstraint(
                condition=~models.Q(source="aquastream"), name="notifications_service_source_not_our_own"
            ),
        ]

    def __str__(self) -> str:
        return self.source
