"""Telegram: the bots that speak, and the codes by which a person is known in a chat."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from common.encryption import EncryptedTextField
from common.ids import new_id


class TelegramBot(models.Model):
    """A bot of a shop's project, or the product's own: the one without a project."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project_id = models.UUIDField(null=True, blank=True)
    username = models.CharField(max_length=32)
    token = EncryptedTextField()
    # Telegram shows it with each update (`X-Telegram-Bot-Api-Secret-Token`).
    webhook_secret = EncryptedTextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A project has one bot, and the product has one.
            models.UniqueConstraint(
                fields=["project_id"], nulls_distinct=False, name="notifications_telegram_bot_one_per_project"
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.username}"


class TelegramLinkCodeQuerySet(models.QuerySet["TelegramLinkCode"]):
    def usable(self, now: datetime) -> "TelegramLinkCodeQuerySet":
        return self.filter(used_at__isnull=True, expires_at__gt=now)


class TelegramLinkCode(models.Model):
    """What `/start <code>` proves: whoever writes it is this recipient. Works once; only its hash is kept."""

    code_hash = models.BinaryField(max_length=32)
    bot = models.ForeignKey(TelegramBot, on_delete=models.CASCADE, related_name="codes")
    recipient = models.ForeignKey("notifications.Recipient", on_delete=models.CASCADE, related_name="telegram_codes")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = TelegramLinkCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            # A code belongs to one person.
            models.UniqueConstraint(fields=["code_hash"], name="notifications_telegram_link_code_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.bot_id} {self.expires_at}"
