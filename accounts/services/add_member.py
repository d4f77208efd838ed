"""Take somebody who has an account into an organizer, with a role."""

from uuid import UUID

from accounts.models import OrganizerMember
from accounts.selectors import find_verified_user
from accounts.services.change_organizer import demand_owner
from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction, violations


class MemberUnknown(Problem):
    """Nobody with a proved address like this has an account."""

    code = "member_unknown"
    status = 409
    title = "Nobody with this address has an account here."


class MemberAlready(Problem):
    """A user has one role in an organizer."""

    code = "member_already"
    status = 409
    title = "This person is a member already."


@requires_transaction
def add_member(*, actor_id: UUID, organizer_id: UUID, email: str, role: str) -> OrganizerMember:
    """Add the member; only an owner may.

    Raises:
        NotFound, NotAllowed, MemberUnknown, MemberAlready
    """
    demand_owner(actor_id=actor_id, organizer_id=organizer_id)
    user = find_verified_user(email=email)
    if user is None:
        raise MemberUnknown
    with violations({"accounts_organizer_member_once": MemberAlready}):
        member = OrganizerMember.objects.create(organizer_id=organizer_id, user=user, role=role)
    record_entry(
        actor_id=actor_id,
        action="accounts.add_member",
        target_type="accounts.organizer",
        target_id=str(organizer_id),
        changes={"member": [None, str(user.id)], "role": [None, role]},
    )
    return member
