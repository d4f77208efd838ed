"""Replace the ladder of a project."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from audit.services.record_entry import record_entry
from common.problems import FieldProblem, InvalidInput
from common.transactions import requires_transaction
from loyalty.models import Customer, Level, Project

MOST_LEVELS = 20
CENT = Decimal("0.01")


@requires_transaction
def set_levels(*, project: Project, actor_id: uuid.UUID, levels: Sequence[Mapping[str, Any]]) -> list[Level]:
    """Write the levels; one of the same name stays the same, customers of those that are gone have none.

    Raises:
        InvalidInput: they are more than twenty, or two have one name or one turnover.
    """
    if len(levels) > MOST_LEVELS:
        raise InvalidInput(errors=(FieldProblem("", "too_many", _("At most 20 levels.")),))
    project = Project.objects.locked().get(id=project.id)
    for key in ("name", "turnover"):
        if len({one[key] for one in levels}) < len(levels):
            raise InvalidInput(errors=(FieldProblem("", "not_unique", _("Two levels have the same %s.") % key),))
    known = {one.name: one for one in Level.objects.filter(project=project)}
    gone = [one for name, one in known.items() if name not in {new["name"] for new in levels}]
    Customer.objects.filter(level__in=gone).update(level=None, level_until=None)
    Level.objects.filter(id__in=[one.id for one in gone]).delete()
    before = [[name, str(one.turnover), str(one.percent)] for name, one in sorted(known.items())]
    # Turnovers may change places: the old ones make room below the smallest that may be given.
    for number, old in enumerate(known.values(), start=1):
        Level.objects.filter(id=old.id).update(turnover=CENT * number)
    for one in levels:
        Level.objects.update_or_create(
            project=project, name=one["name"], defaults={"turnover": one["turnover"], "percent": one["percent"]}
        )
    after = [[one["name"], str(one["turnover"]), str(one["percent"])] for one in levels]
    record_entry(
        actor_id=actor_id,
        action="loyalty.set_levels",
        target_type="loyalty.project",
        target_id=str(project.id),
        changes={"levels": [before, after]},
    )
    return list(Level.objects.filter(project=project).order_by("turnover"))
