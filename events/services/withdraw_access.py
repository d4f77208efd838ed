"""End a person's access to where the event takes place: the booking is no more."""

import uuid

from common.transactions import requires_transaction
from events.models import EventAccess


@requires_transaction
def withdraw_access(*, user_id: uuid.UUID, event_id: uuid.UUID) -> None:
    """Remove the access; without one, nothing is to be done."""
    EventAccess.objects.filter(user_id=user_id, event_id=event_id).delete()
