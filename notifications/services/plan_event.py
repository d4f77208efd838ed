"""Turn an accepted event into jobs.

A message to one person is planned at once; an audience is walked by a job of its own. An event whose template or
segment isn't defined waits, blocked, until it is.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction
from notifications.event_types.registry import Audience, OneUser, Plan
from notifications.models import NotificationEvent, Template
from notifications.selectors import find_segment, find_template, list_published_channels
from notifications.services.insert_jobs import Addressee, insert_jobs
from notifications.services.know_recipient import know_recipient

log = structlog.get_logger(__name__)

PLANNING_TASK = "notifications.plan_audience"
# A walk that hasn't moved for so long is taken for dead.
LOST_WALK_SECONDS = 30


def plan_of(event: NotificationEvent) -> Plan:
    """Return the stored plan."""
    return msgspec.convert(event.plan, Plan)


@requires_transaction
def plan_event(*, event: NotificationEvent, now: datetime) -> dict[str, Any]:
    """Write the jobs, start the walk, or block; return the job plan for the sender."""
    plan = plan_of(event)
    template = find_template(code=plan.template_code)
    missing = _missing(plan, template)
    if missing or template is None:
        return _block(event, missing)
    if isinstance(plan.to, OneUser):
        return _plan_for_one(event, plan, plan.to, template, now)
    return _start_walk(event, plan, plan.to, now)


def _missing(plan: Plan, template: Template | None) -> str:
    """Return what has to be defined first, or ''."""
    if template is None:
        return f"template:{plan.template_code}"
    published = list_published_channels(code=plan.template_code)
    for channel in plan.channels:
        if channel not in published:
            return f"template:{plan.template_code}/{channel}"
    if isinstance(plan.to, Audience) and plan.to.segment_id and find_segment(code=plan.to.segment_id) is None:
        return f"segment:{plan.to.segment_id}"
    return ""


def _block(event: NotificationEvent, missing: str) -> dict[str, Any]:
    NotificationEvent.objects.filter(id=event.id).update(
        status=NotificationEvent.Status.BLOCKED, blocked_on=missing, next_attempt_at=None
    )
    log.warning("notifications.event.blocked", event_id=str(event.event_id), blocked_on=missing)
    return {"status": NotificationEvent.Status.BLOCKED, "blocked_on": missing, "jobs": [], "audience": None}


def _plan_for_one(
    event: NotificationEvent, plan: Plan, to: OneUser, template: Template, now: datetime
) -> dict[str, Any]:
    recipient = know_recipient(user_id=to.user_id, locale=to.locale, now=now)
    addressee = Addressee(recipient_id=recipient.id, user_id=to.user_id, locale=recipient.locale)
    stated = insert_jobs(event=event, plan=plan, template=template, to=[addressee], now=now)
    NotificationEvent.objects.filter(id=event.id).update(
        status=NotificationEvent.Status.PLANNED,
        blocked_on="",
        next_attempt_at=None,
        planned_at=now,
        audience_size=1,
        recipients_planned=1,
        jobs_planned=len(stated),
    )
    jobs = [
        {"job_id": one.job_id, "user_id": one.user_id, "template_code": one.template_code, "channel": one.channel}
        for one in stated
    ]
    return {"status": NotificationEvent.Status.PLANNED, "blocked_on": "", "jobs": jobs, "audience": None}


def _start_walk(event: NotificationEvent, plan: Plan, to: Audience, now: datetime) -> dict[str, Any]:
    NotificationEvent.objects.filter(id=event.id).update(
        status=NotificationEvent.Status.PLANNING,
        blocked_on="",
        next_attempt_at=now + timedelta(seconds=LOST_WALK_SECONDS),
    )
    queue_after_commit(PLANNING_TASK, [str(event.id)], queue="bulk")
    audience = {
        "template_code": plan.template_code,
        "channels": list(plan.channels),
        "segment_id": to.segment_id,
        "conditions": msgspec.to_builtins(to.conditions) if to.conditions else None,
    }
    return {"status": NotificationEvent.Status.PLANNING, "blocked_on": "", "jobs": [], "audience": audience}
