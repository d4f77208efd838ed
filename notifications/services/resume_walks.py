"""Go on with audiences whose planning has stopped: the task was lost, or its worker has died."""

from datetime import datetime, timedelta
from uuid import UUID

from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction
from notifications.models import NotificationEvent
from notifications.services.store_events import LOST_WALK_SECONDS, PLANNING_TASK


@requires_transaction
def resume_walks(*, now: datetime) -> list[UUID]:
    """Return the events whose walk was started again."""
    stopped = NotificationEvent.objects.planning().filter(next_attempt_at__lte=now)
    event_ids = list(stopped.order_by("next_attempt_at").values_list("id", flat=True)[:100])
    NotificationEvent.objects.planning().filter(id__in=event_ids).update(
        next_attempt_at=now + timedelta(seconds=LOST_WALK_SECONDS)
    )
    for event_id in event_ids:
        queue_after_commit(PLANNING_TASK, [str(event_id)], queue="bulk")
    return event_ids


@requires_transaction
def wake_walk(*, event_id: UUID, now: datetime) -> None:
    """Let one walk go on at once, if it isn't at its end."""
    walking = NotificationEvent.objects.planning().filter(id=event_id)
    if walking.update(next_attempt_at=now + timedelta(seconds=LOST_WALK_SECONDS)):
        queue_after_commit(PLANNING_TASK, [str(event_id)], queue="bulk")
