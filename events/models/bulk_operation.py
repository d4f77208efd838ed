"""The same step for many events: an order, and one row per event with what became of it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class BulkStatus(models.TextChoices):
    PLANNED = "planned", _("not started")
    RUNNING = "running", _("in progress")
    STOPPED = "stopped", _("stopped")
    FINISHED = "finished", _("done")


class BulkOperationQuerySet(models.QuerySet["BulkOperation"]):
    def due(self, now: datetime) -> "BulkOperationQuerySet":
        """Running, and nobody at work on it, or no longer."""
        return self.filter(status="running", lease_expires_at__lte=now)


class BulkOperation(models.Model):
    """Worked off item by item, each in a transaction of its own, until none is left or somebody stops it."""

    class Action(models.TextChoices):
        PUBLISH = "publish", _("publish")
        ARCHIVE = "archive", _("archive")
        CANCEL = "cancel", _("cancel for good")
        CHANGE_PRICES = "change_prices", _("change prices")
        UPDATE = "update", _("change content")
        SUSPEND = "suspend", _("take down")
        RESTORE = "restore", _("put back")

    Status = BulkStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Whether the user orders it as an administrator; asked again before each item.
    by_administrator = models.BooleanField(default=False)
    action = models.CharField(max_length=13, choices=Action)
    # What the step needs: {"reason"}, {"percent"}, or fields.
    parameters = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    lease_expires_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = BulkOperationQuerySet.as_manager()

    class Meta:
        constraints = [
            # A step is one of those that are offered.
            models.CheckConstraint(
                condition=models.Q(
                    action__in=["publish", "archive", "cancel", "change_prices", "update", "suspend", "restore"]
                ),
                name="events_bulk_operation_action_known",
            ),
            # An order is in progress, stopped or done, and done at some time.
            models.CheckConstraint(
                condition=models.Q(status__in=["planned", "running", "stopped"], finished_at__isnull=True)
                | models.Q(status="finished", finished_at__isnull=False),
                name="events_bulk_operation_finished_at_known",
            ),
        ]
        indexes = [
            # list_due_bulk_operations
            models.Index(
                fields=["lease_expires_at"], condition=models.Q(status="running"), name="events_bulk_operation_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"


class BulkItem(models.Model):
    """One event of an order."""

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    operation = models.ForeignKey("events.BulkOperation", on_delete=models.CASCADE, related_name="items")
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    # Why it was refused: a problem's code, its sentence in each language of the site; or what went wrong.
    code = models.CharField(max_length=60, blank=True)
    sentences = models.JSONField(default=dict, db_default={}, blank=True)
    detail = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # An order names an event once.
            models.UniqueConstraint(fields=["operation", "event"], name="events_bulk_item_once"),
            # Two items don't share a place.
            models.UniqueConstraint(fields=["operation", "position"], name="events_bulk_item_position_unique"),
            # What waits isn't settled, and what was refused says why.
            models.CheckConstraint(
                condition=models.Q(status="pending", settled_at__isnull=True, code="")
                | models.Q(status="done", settled_at__isnull=False, code="")
                | (models.Q(status__in=["refused", "failed"], settled_at__isnull=False) & ~models.Q(code="")),
                name="events_bulk_item_settled_with_a_result",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation_id} {self.event_id}"

    @property
    def told(self) -> str:
        """Why it was refused, in the reader's language."""
        return self.sentences.get(get_language() or settings.LANGUAGE_CODE) or self.detail
