"""Change a project's rules; what was accrued before stays as it was explained."""

import uuid
from typing import Any

from audit.services.record_entry import record_entry
from common.transactions import requires_transaction
from loyalty.models import Project


@requires_transaction
def change_project(*, project: Project, actor_id: uuid.UUID, **changes: Any) -> Project:
    """Write the changed fields, and only these; return the project as it is now."""
    changed = {name: value for name, value in changes.items() if getattr(project, name) != value}
    if not changed:
        return project
    record_entry(
        actor_id=actor_id,
        action="loyalty.change_project",
        target_type="loyalty.project",
        target_id=str(project.id),
        changes={name: [str(getattr(project, name)), str(value)] for name, value in changed.items()},
    )
    Project.objects.filter(id=project.id).update(**changed)
    return Project.objects.get(id=project.id)
