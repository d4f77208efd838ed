"""Approve an organizer: an administrator has looked at it, and it may sell."""

from datetime import datetime
from uuid import UUID

from accounts.models import Organizer
from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction


class AlreadyApproved(Problem):
    """Somebody was faster."""

    code = "already_approved"
    status = 409
    title = "This organizer is approved already."


@requires_transaction
def approve_organizer(*, actor_id: UUID, organizer_id: UUID, now: datetime) -> None:
    """Write the approval down.

    Raises:
        AlreadyApproved
    """
    approved = Organizer.objects.filter(id=organizer_id, approved_at=None).update(approved_at=now)
    if not approved:
        raise AlreadyApproved
    record_entry(
        actor_id=actor_id,
        action="accounts.approve_organizer",
        target_type="accounts.organizer",
        target_id=str(organizer_id),
        changes={"approved_at": [None, now]},
    )
