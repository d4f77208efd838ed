"""Points of one accrual, with their own expiry."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from loyalty.models.customer import Customer
from loyalty.models.order import Order
from loyalty.models.project import Project


class LotQuerySet(models.QuerySet["Lot"]):
    def with_points_to_take(self) -> "LotQuerySet":
        """Something is left that nobody holds. The first half follows from the second; the indexes ask for it."""
        return self.filter(status=Lot.Status.ACTIVE, remaining__gt=0).filter(remaining__gt=models.F("held"))

    def spendable(self, now: datetime) -> "LotQuerySet":
        """In the order of spending: what expires soonest, then first in, first out; what never expires comes last."""
        unexpired = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now)
        return (
            self.with_points_to_take()
            .filter(unexpired)
            .order_by(models.F("expires_at").asc(nulls_last=True), "created_at", "pk")
        )

    def ripe(self, now: datetime) -> "LotQuerySet":
        """Their days of waiting are over."""
        return self.filter(status=Lot.Status.PENDING, activates_at__lte=now).order_by("activates_at", "pk")

    def expired(self, now: datetime) -> "LotQuerySet":
        """Their time is over, and something is left that nobody holds."""
        return self.with_points_to_take().filter(expires_at__lte=now).order_by("expires_at", "pk")

    def expiring(self, now: datetime) -> "LotQuerySet":
        """Their project's days of notice have begun, and nobody was warned yet."""
        # The longest notice of all bounds what is looked at: by each project's own alone the index couldn't be entered.
        longest = Project.objects.order_by("-expiry_warning_days").values("expiry_warning_days")[:1]
        unwarned = self.with_points_to_take().filter(warned_at__isnull=True, expires_at__gt=now)
        in_reach = unwarned.filter(expires_at__lte=_after(now, models.Subquery(longest)))
        noticed = in_reach.filter(expires_at__lte=_after(now, models.F("project__expiry_warning_days")))
        return noticed.order_by("expires_at", "pk")

    def unless_taken(self) -> "LotQuerySet":
        """Lock the rows that nobody else works on, in the order asked for."""
        return self.select_for_update(skip_locked=True, no_key=True, of=("self",))


class Lot(models.Model):
    """Note [Lots]: `remaining` and `held` are the sums of the lot's entries on customers' and on held accounts.

    A lot is written after its first entries, with their sums, and refused with any others; from then on the database
    alone changes them. So what can be taken now is `remaining − held`.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("waits for payment")
        ACTIVE = "active", _("can be spent")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="lots", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="lots", db_constraint=False)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="lots", db_constraint=False, db_index=False
    )
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    remaining = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    held = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    status = models.CharField(max_length=10, choices=Status)
    created_at = models.DateTimeField()
    # When pending points become spendable by themselves; NULL while a payment is awaited.
    activates_at = models.DateTimeField(null=True, blank=True)
    # Begins to run when the points can be spent.
    expires_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)

    objects = LotQuerySet.as_manager()

    class Meta:
        constraints = [
            # The target of references that carry the project.
            models.UniqueConstraint(fields=["project", "id"], name="loyalty_lot_of_project"),
            # An order makes one lot.
            models.UniqueConstraint(fields=["order"], name="loyalty_lot_one_per_order"),
            # A lot never holds less than nothing or more than it began with.
            models.CheckConstraint(
                condition=models.Q(remaining__gte=0, remaining__lte=models.F("amount")),
                name="loyalty_lot_within_amount",
            ),
            # What is held is a part of what is there.
            models.CheckConstraint(
                condition=models.Q(held__gte=0, held__lte=models.F("remaining")), name="loyalty_lot_held_within"
            ),
        ]
        indexes = [
            # spend_points
            models.Index(
                fields=["customer", "expires_at"],
                condition=models.Q(status="active", remaining__gt=0),
                name="loyalty_lot_spendable",
            ),
            # expire_lots
            models.Index(
                fields=["expires_at"],
                condition=models.Q(status="active", remaining__gt=0),
                name="loyalty_lot_expiring",
            ),
            # warn_of_expiry
            models.Index(
                fields=["expires_at"],
                condition=models.Q(status="active", remaining__gt=0, warned_at__isnull=True),
                name="loyalty_lot_to_warn_of",
            ),
            # activate_lots
            models.Index(fields=["activates_at"], condition=models.Q(status="pending"), name="loyalty_lot_activating"),
        ]

    def __str__(self) -> str:
        return f"{self.remaining}/{self.amount}"

    @property
    def free(self) -> Decimal:
        """What nobody holds."""
        return self.remaining - self.held


def _after(now: datetime, days: Any) -> Any:
    """Return so many days from now, as the database adds them up."""
    one_day = models.Value(timedelta(days=1), output_field=models.DurationField())
    return models.Value(now) + models.ExpressionWrapper(days * one_day, models.DurationField())
