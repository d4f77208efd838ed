"""What a shop proves itself with: the secret in the webhook's address, and keys that sign bodies."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.encryption import EncryptedTextField
from common.ids import new_id
from loyalty.models.project import Project


class ValidityQuerySet(models.QuerySet):
    def valid(self, now: datetime) -> "ValidityQuerySet":
        return self.filter(models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=now))

    def end_by(self, end: datetime) -> None:
        """Let none of them be valid for longer; those that were to end sooner do."""
        self.valid(end).update(valid_until=end)


class WebhookSecret(models.Model):
    """A secret of the webhook's address; only its keyed hash is kept. Two are valid while one replaces the other."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="webhook_secrets")
    digest = models.BinaryField(max_length=32)
    prefix = models.CharField(max_length=12)
    valid_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ValidityQuerySet.as_manager()

    class Meta:
        constraints = [
            # A secret opens one project.
            models.UniqueConstraint(fields=["digest"], name="loyalty_webhook_secret_unique"),
            # A project has one secret without an end: the present one.
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(valid_until__isnull=True),
                name="loyalty_webhook_secret_one_present",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class SigningKey(models.Model):
    """A key that the shop signs bodies with; kept encrypted, because checking a signature needs the key itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="signing_keys")
    key = EncryptedTextField(_("key"))
    valid_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ValidityQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)
