"""Everything kept about a person, in one file: work row of the job that gathers it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class PersonExportQuerySet(models.QuerySet["PersonExport"]):
    def due(self, now: datetime) -> "PersonExportQuerySet":
        return self.filter(status=PersonExport.Status.PENDING, next_attempt_at__lte=now)

    def ready(self) -> "PersonExportQuerySet":
        return self.filter(status=PersonExport.Status.READY)

    def of_user(self, user_id: object) -> "PersonExportQuerySet":
        return self.filter(user_id=user_id)


class PersonExport(models.Model):
    """Ordered by the person, made part by part, kept for a week."""

    class Status(models.TextChoices):
        PENDING = "pending", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    parts_done = models.PositiveSmallIntegerField(default=0)
    parts_total = models.PositiveSmallIntegerField()
    content = models.BinaryField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Also the lease of the worker that has claimed the row: nobody else takes it before.
    next_attempt_at = models.DateTimeField()
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    objects = PersonExportQuerySet.as_manager()

    class Meta:
        constraints = [
            # A person waits for one at a time.
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(status="pending"), name="accounts_export_one_pending"
            ),
            # There is a file exactly when it is ready, and a time of the end exactly when there is an end.
            models.CheckConstraint(
                condition=models.Q(status="pending", content__isnull=True, finished_at__isnull=True)
                | models.Q(status="ready", content__isnull=False, finished_at__isnull=False)
                | models.Q(status="failed", content__isnull=True, finished_at__isnull=False),
                name="accounts_export_file_if_ready",
            ),
            # No more parts are done than there are.
            models.CheckConstraint(
                condition=models.Q(parts_done__lte=models.F("parts_total")), name="accounts_export_parts_within"
            ),
        ]
        indexes = [
            # list_due_exports
            models.Index(fields=["next_attempt_at"], condition=models.Q(status="pending"), name="accounts_export_due"),
            # get_export
            models.Index(fields=["user", "-created_at"], name="accounts_export_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"
