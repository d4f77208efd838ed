"""A fact on its way to one in-process handler: work row and inbox in one."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def pending(self) -> "DeliveryQuerySet":
        return self.filter(status=Delivery.Status.PENDING)

    def parked(self) -> "DeliveryQuerySet":
        return self.filter(status=Delivery.Status.PARKED)


class Delivery(models.Model):
    """Done is written in the handler's own transaction, so its work happens once however often it is tried."""

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        DONE = "done", _("done")
        PARKED = "parked", _("parked")

    id = models.BigAutoField(primary_key=True)
    handler = models.CharField(max_length=120)
    fact_id = models.UUIDField()
    # A plain id: the outbox is pruned by age, and a constraint would lock both tables on every insert.
    outbox_id = models.BigIntegerField()
    key = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING, db_default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    last_error = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            # A handler gets a fact once.
            models.UniqueConstraint(fields=["handler", "fact_id"], name="bus_delivery_one_per_handler_and_fact"),
            # Finished exactly when it is no longer pending.
            models.CheckConstraint(
                condition=models.Q(status="pending", finished_at__isnull=True)
                | (~models.Q(status="pending") & models.Q(finished_at__isnull=False)),
                name="bus_delivery_finished_with_status",
            ),
        ]
        indexes = [
            # requeue_deliveries
            models.Index(fields=["next_attempt_at"], condition=models.Q(status="pending"), name="bus_delivery_due"),
            # run_deliveries: an earlier fact of the same key goes first
            models.Index(
                fields=["handler", "key", "id"], condition=models.Q(status="pending"), name="bus_delivery_key_order"
            ),
            # the admin's list of parked facts
            models.Index(fields=["handler", "id"], condition=models.Q(status="parked"), name="bus_delivery_parked"),
            # retention
            models.Index(fields=["finished_at"], condition=models.Q(status="done"), name="bus_delivery_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.handler} {self.fact_id}"
