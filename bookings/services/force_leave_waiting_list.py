"""Take somebody off a waiting list, for an administrator: the place is given up, an open offer goes to the next one."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from bookings.models import WaitingEntry
from bookings.services.leave_waiting_list import leave_waiting_list
from common.problems import NotFound
from common.transactions import requires_transaction


@requires_transaction
def force_leave_waiting_list(*, administrator_id: uuid.UUID, entry_id: uuid.UUID, reason: str, now: datetime) -> None:
    """End the wait.

    Raises:
        NotFound: there is no such place, or it was given up already.
    """
    entry = WaitingEntry.objects.filter(id=entry_id, status__in=["waiting", "offered"]).first()
    if entry is None:
        raise NotFound()
    leave_waiting_list(user_id=entry.user_id, event_id=entry.event_id, now=now)
    record_entry(
        actor_id=administrator_id,
        action="bookings.force_leave_waiting_list",
        target_type="bookings.waiting_entry",
        target_id=str(entry_id),
        changes={"status": [entry.status, WaitingEntry.Status.LEFT]},
        reason=reason,
    )
