"""Take a member out of a shop's programme: an owner may, and everybody may leave; the last owner stays."""

import uuid

from audit.services.record_entry import record_entry
from common.problems import NotFound, Problem
from common.transactions import requires_transaction
from loyalty.models import Project, ProjectMember
from loyalty.selectors import get_owned_project, get_project


class LastOwnerOfShop(Problem):
    """A programme without an owner could never be changed again."""

    code = "last_owner_of_shop"
    status = 409
    title = "A shop keeps at least one owner."


@requires_transaction
def remove_member(*, project_id: uuid.UUID, actor_id: uuid.UUID, member_id: uuid.UUID) -> None:
    """Remove the membership. The project's row is locked, so that two owners can't remove each other.

    Raises:
        NotFound, NotAllowed, LastOwnerOfShop
    """
    get_project(user_id=actor_id, project_id=project_id)
    Project.objects.locked().get(id=project_id)
    members = ProjectMember.objects.filter(project_id=project_id)
    member = members.filter(id=member_id).first()
    if member is None:
        raise NotFound
    if member.user_id != actor_id:
        get_owned_project(user_id=actor_id, project_id=project_id)
    owners = members.filter(role=ProjectMember.Role.OWNER)
    if member.role == ProjectMember.Role.OWNER and not owners.exclude(id=member_id).exists():
        raise LastOwnerOfShop
    member.delete()
    record_entry(
        actor_id=actor_id,
        action="loyalty.remove_member",
        target_type="loyalty.project",
        target_id=str(project_id),
        changes={"member": [str(member.user_id), None], "role": [member.role, None]},
    )
