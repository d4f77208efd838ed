"""Levels of a programme: the more a customer buys, the more percent a purchase gives."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from loyalty.models.project import Project


class Level(models.Model):
    """Reached by turnover in the project's window of days; its percent is added to the base percent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="levels", db_index=False)
    name = models.CharField(_("name"), max_length=60)
    turnover = models.DecimalField(_("turnover"), max_digits=14, decimal_places=2)
    percent = models.DecimalField(_("added percent"), max_digits=5, decimal_places=2)

    class Meta:
        constraints = [
            # The target of references that carry the project.
            models.UniqueConstraint(fields=["project", "id"], name="loyalty_level_of_project"),
            # Two levels are never reached at the same turnover.
            models.UniqueConstraint(fields=["project", "turnover"], name="loyalty_level_turnover_unique"),
            # A level gives something between nothing and everything, and has to be reached.
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, percent__lte=100, turnover__gt=0), name="loyalty_level_ranges"
            ),
        ]

    def __str__(self) -> str:
        return self.name
