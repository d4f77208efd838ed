"""Files of conversations, from the promise of a slot to a message that shows them."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from messaging.models.conversation import Conversation


class Attachment(models.Model):
    """A slot for one upload. What the client has announced must be what the storage then holds."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for the upload")
        READY = "ready", _("ready")
        REFUSED = "refused", _("refused")
        # Its slot has ended unused, or its message was deleted: the file is gone.
        GONE = "gone", _("gone")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="attachments")
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Of the client's action: the message that shows the file has this id.
    message_id = models.UUIDField()
    name = models.CharField(_("name"), max_length=200)
    size = models.BigIntegerField(_("size"))
    media_type = models.CharField(_("media type"), max_length=100)
    sha256 = models.CharField(max_length=64)
    # Only its hash is kept; whoever uploads and the storage that reports show the token itself.
    token_hash = models.CharField(max_length=64)
    # Where the storage keeps it.
    key = models.CharField(max_length=200)
    has_thumbnail = models.BooleanField(default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    refusal = models.CharField(_("why it was refused"), max_length=20, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            # One action of a client asks for one slot, however often it is said.
            models.UniqueConstraint(fields=["uploader", "message_id"], name="messaging_attachment_once"),
            # A token opens one slot.
            models.UniqueConstraint(fields=["token_hash"], name="messaging_attachment_token"),
            # A place in the storage belongs to one file.
            models.UniqueConstraint(fields=["key"], name="messaging_attachment_key"),
            # Nobody uploads nothing.
            models.CheckConstraint(condition=models.Q(size__gte=1), name="messaging_attachment_size_positive"),
            # A hash is 64 hexadecimal digits.
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="messaging_attachment_sha256_hex"
            ),
            # A settled slot has its time.
            models.CheckConstraint(
                condition=models.Q(status="waiting", settled_at__isnull=True)
                | ~models.Q(status="waiting") & models.Q(settled_at__isnull=False),
                name="messaging_attachment_settled_at",
            ),
            # A refused slot, and no other, has a reason.
            models.CheckConstraint(
                condition=models.Q(status="refused") & ~models.Q(refusal="")
                | ~models.Q(status="refused") & models.Q(refusal=""),
                name="messaging_attachment_refusal_if_refused",
            ),
        ]
        indexes = [
            # adapters.orm.attachments.collect_unused
            models.Index(
                fields=["expires_at"], condition=models.Q(status="waiting"), name="messaging_attachment_unused"
            ),
            # adapters.orm.attachments.collect_unused: what was settled lately
            models.Index(fields=["settled_at"], name="messaging_attachment_settled"),
            # adapters.postgres.slots: the quota of a day
            models.Index(fields=["uploader", "created_at"], name="messaging_attachment_of_day"),
        ]

    def __str__(self) -> str:
        return self.name
