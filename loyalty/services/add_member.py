"""Let somebody who has an account run a shop's programme too, with a role."""

import uuid

from accounts.selectors import find_verified_user
from accounts.services.add_member import MemberAlready, MemberUnknown
from audit.services.record_entry import record_entry
from common.transactions import requires_transaction, violations
from loyalty.models import Project, ProjectMember


@requires_transaction
def add_member(*, project: Project, actor_id: uuid.UUID, email: str, role: str) -> ProjectMember:
    """Add the member. The caller has seen that the actor owns the project.

    Raises:
        MemberUnknown, MemberAlready
    """
    user = find_verified_user(email=email)
    if user is None:
        raise MemberUnknown
    with violations({"loyalty_project_member_once": MemberAlready}):
        member = ProjectMember.objects.create(project=project, user=user, role=role)
    record_entry(
        actor_id=actor_id,
        action="loyalty.add_member",
        target_type="loyalty.project",
        target_id=str(project.id),
        changes={"member": [None, str(user.id)], "role": [None, role]},
    )
    return member
