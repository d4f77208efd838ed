"""Change a project's rules; what was accrued before stays as it was explained."""

from typing import Any

from common.transactions import requires_transaction
from loyalty.models import Project


@requires_transaction
def change_project(*, project: Project, **changes: Any) -> Project:
    """Write the changed fields, and only these."""
    if changes:
        Project.objects.filter(id=project.id).update(**changes)
        for name, value in changes.items():
            setattr(project, name, value)
    return project
