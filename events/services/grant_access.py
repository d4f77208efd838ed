"""Let a person with a confirmed booking see where the event takes place."""

import uuid

from common.transactions import requires_transaction
from events.models import EventAccess


@requires_transaction
def grant_access(*, user_id: uuid.UUID, event_id: uuid.UUID) -> None:
    """Write the access; given again, it stays as it is."""
    EventAccess.objects.bulk_create([EventAccess(user_id=user_id, event_id=event_id)], ignore_conflicts=True)
