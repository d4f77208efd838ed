"""Take a member out of an organizer: an owner may, and everybody may leave; the last owner stays."""

from uuid import UUID

from accounts.models import Organizer, OrganizerMember
from accounts.selectors import get_role
from accounts.services.change_organizer import demand_owner
from audit.services.record_entry import record_entry
from common.problems import NotFound, Problem
from common.transactions import requires_transaction


class LastOwner(Problem):
    """An organizer without an owner could never be changed again."""

    code = "last_owner"
    status = 409
    title = "An organizer keeps at least one owner."


@requires_transaction
def remove_member(*, actor_id: UUID, organizer_id: UUID, member_id: UUID) -> None:
    """Remove the membership. The organizer's row is locked, so that two owners can't remove each other.

    Raises:
        NotFound, NotAllowed, LastOwner
    """
    get_role(user_id=actor_id, organizer_id=organizer_id)
    Organizer.objects.locked().get(id=organizer_id)
    member = OrganizerMember.objects.filter(id=member_id, organizer_id=organizer_id).first()
    if member is None:
        raise NotFound
    if member.user_id != actor_id:
        demand_owner(actor_id=actor_id, organizer_id=organizer_id)
    owners = OrganizerMember.objects.filter(organizer_id=organizer_id, role=OrganizerMember.Role.OWNER)
    if member.role == OrganizerMember.Role.OWNER and not owners.exclude(id=member_id).exists():
        raise LastOwner
    member.delete()
    record_entry(
        actor_id=actor_id,
        action="accounts.remove_member",
        target_type="accounts.organizer",
        target_id=str(organizer_id),
        changes={"member": [str(member.user_id), None], "role": [member.role, None]},
    )
