"""One critical operation: who did what to what, and what changed."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.transaction_ids import TransactionId


class AuditEntry(models.Model):
    """Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE (migration 0001). Seals make tampering visible.

    Holds ids only, so that erasing a person leaves every chain valid. No foreign keys: this app lies below all others.
    """

    # From a sequence: the order inside a seal.
    id = models.BigAutoField(primary_key=True)
    # Which transaction wrote it: a seal stays behind the oldest one that is still running.
    transaction_id = models.BigIntegerField(db_default=TransactionId())
    # Empty when the platform itself acted.
    actor_id = models.UUIDField(_("actor"), null=True)
    action = models.CharField(_("action"), max_length=80)
    target_type = models.CharField(_("target type"), max_length=80)
    target_id = models.CharField(_("target id"), max_length=64)
    # By field: what it was before, what it is after.
    changes = models.JSONField(_("changes"), default=dict, encoder=DjangoJSONEncoder)
    reason = models.TextField(_("reason"), blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        constraints = [
            # An entry says what was done.
            models.CheckConstraint(condition=~models.Q(action=""), name="audit_entry_names_its_action"),
            # An entry says to what it was done.
            models.CheckConstraint(
                condition=~models.Q(target_type="") & ~models.Q(target_id=""), name="audit_entry_names_its_target"
            ),
        ]
        indexes = [
            # list_entries_between
            models.Index(fields=["transaction_id", "id"], name="audit_entry_transaction"),
            # the admin's filter by actor
            models.Index(fields=["actor_id", "id"], name="audit_entry_actor"),
            # the admin's filter by action
            models.Index(fields=["action", "id"], name="audit_entry_action"),
            # the admin's filter by target
            models.Index(fields=["target_type", "target_id", "id"], name="audit_entry_target"),
            # the admin's filter by period
            models.Index(fields=["at"], name="audit_entry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"
