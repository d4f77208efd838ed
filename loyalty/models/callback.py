"""Webhooks to the shop: where they go, and each of them on its way."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.encryption import EncryptedTextField
from common.ids import new_id
from loyalty.models.project import Project


class CallbackQuerySet(models.QuerySet["Callback"]):
    def locked(self) -> "CallbackQuerySet":
        return self.order_by("pk").select_for_update(no_key=True, of=("self",))


class Callback(models.Model):
    """The shop's address for events, with the keys that sign them."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="callback")
    url = models.URLField(_("address"), max_length=500)
    key = EncryptedTextField(_("key"))
    # The key before the last change: both sign until its time is over.
    old_key = EncryptedTextField(blank=True, default="")
    old_key_until = models.DateTimeField(null=True, blank=True)
    # An Ed25519 private key, PEM; '' where only HMAC signs.
    private_key = EncryptedTextField(blank=True, default="")
    is_enabled = models.BooleanField(_("enabled"), default=True)
    disabled_reason = models.CharField(max_length=60, blank=True)
    # The breaker: after failures in a row nothing is sent until `rests_until`.
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    objects = CallbackQuerySet.as_manager()

    class Meta:
        constraints = [
            # Who is switched off is so for a reason.
            models.CheckConstraint(
                condition=models.Q(is_enabled=True, disabled_reason="")
                | (models.Q(is_enabled=False) & ~models.Q(disabled_reason="")),
                name="loyalty_callback_disabled_for_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class CallbackEventQuerySet(models.QuerySet["CallbackEvent"]):
    def due(self, now: datetime) -> "CallbackEventQuerySet":
        """Those whose time has come and whose address takes them, and those whose sender has gone silent."""
        status = CallbackEvent.Status
        waiting = models.Q(status=status.PENDING, next_attempt_at__lte=now)
        abandoned = models.Q(status=status.SENDING, lease_expires_at__lte=now)
        callback = models.Q(project__callback__is_enabled=True) & (
            models.Q(project__callback__rests_until__isnull=True) | models.Q(project__callback__rests_until__lte=now)
        )
        return self.filter(callback).filter(waiting | abandoned)

    def locked_unless_taken(self) -> "CallbackEventQuerySet":
        return self.order_by("next_attempt_at", "pk").select_for_update(skip_locked=True, of=("self",))


class CallbackEvent(models.Model):
    """One event for the shop: its bytes are signed anew for each attempt and never changed."""

    class Status(models.TextChoices):
        PENDING = "pending", _("waits")
        SENDING = "sending", _("being sent")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="callback_events", db_index=False)
    event = models.CharField(max_length=32)
    body = models.BinaryField()
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = CallbackEventQuerySet.as_manager()

    class Meta:
        constraints = [
            # A finished event says when; an unfinished one doesn't.
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "sending"], finished_at__isnull=True)
                | models.Q(status__in=["delivered", "dead"], finished_at__isnull=False),
                name="loyalty_callback_event_finished_when_done",
            ),
            # Who is being sent has a lease, and nobody else.
            models.CheckConstraint(
                condition=models.Q(status="sending", lease_expires_at__isnull=False)
                | (~models.Q(status="sending") & models.Q(lease_expires_at__isnull=True)),
                name="loyalty_callback_event_lease_while_sending",
            ),
        ]
        indexes = [
            # claim_callbacks
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status__in=["pending", "sending"]),
                name="loyalty_callback_event_due",
            ),
            # list_callback_events
            models.Index(fields=["project", "-created_at", "-id"], name="loyalty_callback_event_log"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"
