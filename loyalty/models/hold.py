"""Points laid aside for something that isn't paid yet."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from loyalty.models.customer import Customer
from loyalty.models.project import Project


class PointsHoldQuerySet(models.QuerySet["PointsHold"]):
    def locked(self) -> "PointsHoldQuerySet":
        return self.order_by("pk").select_for_update(no_key=True, of=("self",))


class PointsHold(models.Model):
    """One hold per purpose; it is spent or released once."""

    class Status(models.TextChoices):
        HELD = "held", _("held")
        SPENT = "spent", _("spent")
        RELEASED = "released", _("released")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="holds", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="holds", db_constraint=False)
    # What it is for: `booking:<id>`.
    purpose = models.CharField(max_length=120)
    points = models.DecimalField(max_digits=14, decimal_places=2)
    # How much of each lot: {"<lot id>": "12.50"}.
    lots = models.JSONField()
    # How much of it was given back after it was spent.
    returned = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.HELD)
    held_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = PointsHoldQuerySet.as_manager()

    class Meta:
        constraints = [
            # Points are laid aside for a purpose once.
            models.UniqueConstraint(fields=["project", "purpose"], name="loyalty_points_hold_once"),
            # Something is held, and no more of it comes back than was spent.
            models.CheckConstraint(
                condition=models.Q(points__gt=0, returned__gte=0, returned__lte=models.F("points"))
                & (models.Q(returned=0) | models.Q(status="spent")),
                name="loyalty_points_hold_amounts",
            ),
            # A hold that has ended says when.
            models.CheckConstraint(
                condition=models.Q(status="held", ended_at__isnull=True)
                | (~models.Q(status="held") & models.Q(ended_at__isnull=False)),
                name="loyalty_points_hold_ended_when",
            ),
        ]

    def __str__(self) -> str:
        return self.purpose
