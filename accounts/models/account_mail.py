"""A mail with a secret link on its way: work row of accounts' own mail job."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.encryption import EncryptedTextField
from common.ids import new_id


class AccountMailQuerySet(models.QuerySet["AccountMail"]):
    def due(self) -> "AccountMailQuerySet":
        return self.filter(status=AccountMail.Status.PENDING, next_attempt_at__lte=Now())


class AccountMail(models.Model):
    """Written in the transaction that wants it sent; its text is encrypted, and forgotten once it was sent."""

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        PARKED = "parked", _("parked")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    text = EncryptedTextField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Also the lease of the worker that has claimed the row: nobody else takes it before.
    next_attempt_at = models.DateTimeField(db_default=Now())
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True)

    objects = AccountMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("account mail")
        verbose_name_plural = _("account mails")
        constraints = [
            # Sent exactly when there is a time of sending.
            models.CheckConstraint(
                condition=models.Q(status="sent", sent_at__isnull=False)
                | (~models.Q(status="sent") & models.Q(sent_at__isnull=True)),
                name="accounts_mail_sent_with_time",
            ),
        ]
        indexes = [
            # list_due_mails
            models.Index(fields=["next_attempt_at"], condition=models.Q(status="pending"), name="accounts_mail_due"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"
