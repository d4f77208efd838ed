"""A purchase in a shop, known by the shop's own id, whichever way it came."""

import uuid
from collections.abc import Collection

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from common.statements import prepared_cursor
from loyalty.models.customer import Customer
from loyalty.models.project import Project
from loyalty.models.webhook_delivery import WebhookDelivery

NAMED_SQL = """
    SELECT purchase.id FROM unnest(%b::uuid[], %b::text[]) AS asked (project_id, order_id)
    JOIN LATERAL (
        SELECT id FROM loyalty_order
        WHERE project_id = asked.project_id AND kind = 'purchase' AND order_id = asked.order_id LIMIT 1
    ) AS purchase ON true
"""


class OrderQuerySet(models.QuerySet["Order"]):
    def purchases_named(self, asked: Collection[tuple[uuid.UUID, str]]) -> "list[Order]":
        """Find purchases by (project, the shop's id), with their lots: one probe of the index each (by LATERAL, LIMIT)."""
        with prepared_cursor() as sql:
            sql.execute(NAMED_SQL, [[project_id for project_id, _ in asked], [order_id for _, order_id in asked]])
            known = [row[0] for row in sql.fetchall()]
        return list(self.filter(id__in=known).prefetch_related("lots")) if known else []


class Order(models.Model):
    """What was bought, or paid with points. Kept for ever: it is what makes a second sending harmless."""

    class Kind(models.TextChoices):
        PURCHASE = "purchase", _("purchase")
        SPEND = "spend", _("payment with points")

    class Status(models.TextChoices):
        CREATED = "created", _("not paid")
        PAID = "paid", _("paid")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The database holds these three together: the customer's project is a project.
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="orders", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="orders", db_constraint=False, db_index=False
    )
    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.DO_NOTHING, null=True, related_name="orders", db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    # The shop's id; `~<delivery>#<index>` for a record that came without one.
    order_id = models.CharField(_("order"), max_length=120)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    delivery_amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=14, decimal_places=2, default=0)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    # Description, products, UTM marks: what reports and support read.
    details = models.JSONField(default=dict)
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            # The target of references that carry the project.
            models.UniqueConstraint(fields=["project", "id"], name="loyalty_order_of_project"),
            # A shop's order counts once per kind.
            models.UniqueConstraint(fields=["project", "kind", "order_id"], name="loyalty_order_once"),
            # An amount is never negative, and delivery is a part of it.
            models.CheckConstraint(
                condition=models.Q(delivery_amount__gte=0, amount__gte=models.F("delivery_amount")),
                name="loyalty_order_amounts_ordered",
            ),
            # No more money goes back than was paid.
            models.CheckConstraint(
                condition=models.Q(refunded_amount__gte=0, refunded_amount__lte=models.F("amount")),
                name="loyalty_order_refund_within_amount",
            ),
            # A paid order says when.
            models.CheckConstraint(
                condition=models.Q(status="created", paid_at__isnull=True)
                | models.Q(status="paid", paid_at__isnull=False),
                name="loyalty_order_paid_when_paid",
            ),
        ]
        indexes = [
            # list_orders of a customer
            models.Index(fields=["customer", "-placed_at"], name="loyalty_order_of_customer"),
        ]

    def __str__(self) -> str:
        return self.order_id
