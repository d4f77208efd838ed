"""CSV in and out, as jobs that can be watched."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from loyalty.models.project import Project


class TransferQuerySet(models.QuerySet["Transfer"]):
    def due(self, now: datetime) -> "TransferQuerySet":
        """Those that nobody has begun, and those whose worker has gone silent."""
        waiting = models.Q(status=Transfer.Status.WAITING)
        return self.filter(waiting | models.Q(status=Transfer.Status.RUNNING, lease_expires_at__lte=now))

    def locked_unless_taken(self) -> "TransferQuerySet":
        return self.order_by("pk").select_for_update(skip_locked=True, of=("self",))


class Transfer(models.Model):
    """An import of customers with their opening points, or an export of customers or movements."""

    class Kind(models.TextChoices):
        IMPORT_CUSTOMERS = "import_customers", _("import of customers")
        EXPORT_CUSTOMERS = "export_customers", _("export of customers")
        EXPORT_TRANSACTIONS = "export_transactions", _("export of movements")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waits")
        RUNNING = "running", _("runs")
        # An import that was tried out: it waits for somebody to start it.
        CHECKED = "checked", _("checked")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="transfers", db_index=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    # CSV in UTF-8: what came, or what was made.
    content = models.BinaryField(default=bytes)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # The first rows that are wrong, by their line in the file: [{"line": 7, "code": …, "detail": …}].
    errors = models.JSONField(default=list)
    failed_rows = models.PositiveIntegerField(default=0)
    # An import that wasn't started only looks at its rows.
    started_at = models.DateTimeField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        constraints = [
            # Progress never passes the end.
            models.CheckConstraint(
                condition=models.Q(rows_done__lte=models.F("rows_total")), name="loyalty_transfer_progress"
            ),
            # A finished job says when; an unfinished one doesn't.
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "running", "checked"], finished_at__isnull=True)
                | models.Q(status__in=["done", "failed"], finished_at__isnull=False),
                name="loyalty_transfer_finished_when_done",
            ),
            # Who runs has a lease, and nobody else.
            models.CheckConstraint(
                condition=models.Q(status="running", lease_expires_at__isnull=False)
                | (~models.Q(status="running") & models.Q(lease_expires_at__isnull=True)),
                name="loyalty_transfer_lease_while_running",
            ),
            # Nothing is brought in before somebody has started it.
            models.CheckConstraint(
                condition=~models.Q(status="done") | models.Q(started_at__isnull=False),
                name="loyalty_transfer_started_before_done",
            ),
            # What was only checked has not been started.
            models.CheckConstraint(
                condition=~models.Q(status="checked") | models.Q(started_at__isnull=True),
                name="loyalty_transfer_not_started_while_checked",
            ),
        ]
        indexes = [
            # list_transfers
            models.Index(fields=["project", "-created_at", "-id"], name="loyalty_transfer_log"),
            # claim_transfer
            models.Index(
                fields=["id"],
                condition=models.Q(status__in=["waiting", "running"]),
                name="loyalty_transfer_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_import(self) -> bool:
        return self.kind == self.Kind.IMPORT_CUSTOMERS

    @property
    def percent_done(self) -> int:
        return 100 * self.rows_done // self.rows_total if self.rows_total else 0
