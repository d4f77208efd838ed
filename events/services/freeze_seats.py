"""Keep the seat counters of an event still until COMMIT: whoever takes or frees seats waits for this row."""

import uuid

from django.db.models import F

from common.transactions import requires_transaction
from events.models import Event


@requires_transaction
def freeze_seats(*, event_id: uuid.UUID) -> bool:
    """Lock the event's row by an UPDATE that changes nothing; return whether there is such an event."""
    return bool(Event.objects.filter(id=event_id).update(held=F("held")))
