"""Messages that members have reported."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from messaging.models.conversation import Conversation


class MessageReport(models.Model):
    """A member's word that a message breaks the rules; a moderator decides."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("spam")
        ABUSE = "abuse", _("abuse")
        FRAUD = "fraud", _("fraud")
        OTHER = "other", _("something else")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        UPHELD = "upheld", _("upheld")
        DISMISSED = "dismissed", _("dismissed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="reports")
    seq = models.BigIntegerField(_("number"))
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("message report")
        verbose_name_plural = _("message reports")
        constraints = [
            # A member reports a message once.
            models.UniqueConstraint(fields=["conversation", "seq", "reporter"], name="messaging_report_once"),
            # A decision has somebody who made it, and a time.
            models.CheckConstraint(
                condition=models.Q(status="open", decided_at__isnull=True, decided_by__isnull=True)
                | ~models.Q(status="open") & models.Q(decided_at__isnull=False, decided_by__isnull=False),
                name="messaging_report_decided_by",
            ),
        ]
        indexes = [
            # admin.MessageReportAdmin: the queue of moderators.
            models.Index(fields=["created_at", "id"], condition=models.Q(status="open"), name="messaging_report_open"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.seq}"
