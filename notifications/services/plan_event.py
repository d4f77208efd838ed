"""Plan an event again that was waiting for its template or its segment."""

from datetime import datetime, timedelta

import msgspec

from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction
from notifications.event_types.registry import Plan
from notifications.models import NotificationEvent
from notifications.services.insert_jobs import Wanted, insert_jobs
from notifications.services.settle_plans import Settled, settle_plans
from notifications.services.store_events import LOST_WALK_SECONDS, PLANNING_TASK

Status = NotificationEvent.Status


def plan_of(event: NotificationEvent) -> Plan:
    """Return the stored plan."""
    return msgspec.convert(event.plan, Plan)


@requires_transaction
def plan_event(*, event: NotificationEvent, now: datetime) -> Settled:
    """Write the jobs, start the walk, or block again; return which of them."""
    [settled] = settle_plans(plans=[plan_of(event)], now=now)
    jobs = _insert(event, settled, now)
    is_planning, is_planned = settled.status == Status.PLANNING, settled.status == Status.PLANNED
    people = {"audience_size": 1, "recipients_planned": 1, "jobs_planned": jobs} if is_planned else {}
    NotificationEvent.objects.filter(id=event.id).update(
        status=settled.status,
        blocked_on=settled.blocked_on,
        next_attempt_at=now + timedelta(seconds=LOST_WALK_SECONDS) if is_planning else None,
        planned_at=now if is_planned else None,
        **people,
    )
    if is_planning:
        queue_after_commit(PLANNING_TASK, [str(event.id)], queue="bulk")
    return settled


def _insert(event: NotificationEvent, settled: Settled, now: datetime) -> int:
    if settled.addressee is None or settled.template is None:
        return 0
    wanted = Wanted(
        event_row_id=event.id,
        event_id=event.event_id,
        event_type=event.event_type,
        plan=settled.plan,
        template=settled.template,
        to=settled.addressee,
    )
    return len(insert_jobs(wanted=[wanted], now=now))
