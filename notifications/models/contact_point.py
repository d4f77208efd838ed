"""Where a channel reaches a recipient."""

from django.db import models
from django.db.models.functions import Now

from common.encryption import EncryptedTextField
from common.ids import new_id
from notifications.models.choices import Channel


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def active(self) -> "ContactPointQuerySet":
        return self.filter(switched_off_at__isnull=True)


class ContactPoint(models.Model):
    """An address of a channel; switched off once the other side has refused it for good."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey("notifications.Recipient", on_delete=models.CASCADE, related_name="contact_points")
    channel = models.CharField(max_length=10, choices=Channel)
    # E-mail: the address. Push: the subscription's endpoint. Telegram: the chat. Webhook: the URL.
    address = models.CharField(max_length=1000)
    # Push: the browser's keys, `p256dh` and `auth`. Telegram: `bot`, the id of the bot that the chat is with.
    keys = models.JSONField(default=dict, blank=True)
    # Webhook: what its messages are signed with (Standard Webhooks).
    secret = EncryptedTextField(blank=True, default="")
    verified_at = models.DateTimeField(null=True, blank=True)
    switched_off_at = models.DateTimeField(null=True, blank=True)
    switched_off_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        constraints = [
            # An address stands once at its recipient.
            models.UniqueConstraint(
                fields=["recipient", "channel", "address"], name="notifications_contact_point_address_once"
            ),
            # A recipient has one e-mail address in use.
            models.UniqueConstraint(
                fields=["recipient"],
                condition=models.Q(channel="email", switched_off_at__isnull=True),
                name="notifications_contact_point_one_email",
            ),
            # Switched off always with a reason.
            models.CheckConstraint(
                condition=models.Q(switched_off_at__isnull=True, switched_off_reason="")
                | (models.Q(switched_off_at__isnull=False) & ~models.Q(switched_off_reason="")),
                name="notifications_contact_point_off_with_reason",
            ),
        ]
        indexes = [
            # the admin's search by address
            models.Index(fields=["address"], name="notifications_contact_address"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.id}"
