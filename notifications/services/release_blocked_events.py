"""Plan events that were waiting for a template or a segment which is defined by now."""

from datetime import datetime

from common.transactions import requires_transaction
from notifications.models import NotificationEvent
from notifications.services.plan_event import plan_event

BATCH = 200


@requires_transaction
def release_blocked_events(*, waiting_for: str, now: datetime) -> int:
    """Plan again what waits for `template:<code>` (any channel of it) or `segment:<code>`; return how many went on.

    Called where those are defined. What is still missing something blocks again.
    """
    blocked = NotificationEvent.objects.blocked().filter(blocked_on__startswith=waiting_for)
    released = 0
    for event in blocked.locked()[:BATCH]:
        released += plan_event(event=event, now=now).status != NotificationEvent.Status.BLOCKED
    return released
