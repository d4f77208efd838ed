"""Goods that came back: once per order and the shop's id of the return."""

from django.db import models

from common.ids import new_id
from loyalty.models.project import Project


class Refund(models.Model):
    """What a return of money did to the points of its order."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="refunds", db_index=False)
    order_id = models.CharField(max_length=120)
    refund_id = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    # Points taken back and given back, per lot.
    result = models.JSONField(default=dict)
    refunded_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A return counts once.
            models.UniqueConstraint(fields=["project", "order_id", "refund_id"], name="loyalty_refund_once"),
            # A return gives something back.
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="loyalty_refund_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.refund_id}"
