"""Plan the next thousand recipients of an audience.

The mark `planned_up_to` moves by a conditional UPDATE in the transaction of the page's jobs: a walk that was killed
goes on behind its last page, and of two walkers the second finds the mark moved and gives up.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.event_types.registry import Audience
from notifications.models import NotificationEvent, Recipient
from notifications.segment_language import Conditions, read_conditions
from notifications.selectors import find_segment, find_template, list_members
from notifications.services.insert_jobs import Addressee, insert_jobs
from notifications.services.plan_event import LOST_WALK_SECONDS, plan_of

PAGE = 1000


class PlanMoved(Problem):
    """Another walker has planned this page meanwhile."""

    code = "plan_moved"
    title = "Somebody else is planning this event."


class AudienceUnknown(Problem):
    """The template or the segment was removed while the audience was being planned."""

    code = "audience_unknown"
    title = "The template or the segment of this event is gone."


@requires_transaction
def plan_audience_page(*, event_id: UUID, now: datetime) -> bool:
    """Plan one page; return whether there may be another.

    Raises:
        PlanMoved, AudienceUnknown
    """
    event = NotificationEvent.objects.planning().filter(id=event_id).first()
    if event is None:
        return False
    plan = plan_of(event)
    template = find_template(code=plan.template_code)
    if template is None or not isinstance(plan.to, Audience):
        raise AudienceUnknown()
    members = list_members(conditions=_conditions(plan.to), now=now)
    page = _page(members.filter(id__gt=event.planned_up_to) if event.planned_up_to else members)
    if event.audience_size is None:
        event.audience_size = members.count()
    _move_mark(event, page, now)
    stated = insert_jobs(event=event, plan=plan, template=template, to=page, now=now)
    NotificationEvent.objects.filter(id=event.id).update(jobs_planned=F("jobs_planned") + len(stated))
    return len(page) == PAGE


def _conditions(audience: Audience) -> Conditions:
    if audience.conditions is not None:
        return audience.conditions
    segment = find_segment(code=audience.segment_id or "")
    if segment is None:
        raise AudienceUnknown()
    return read_conditions(segment.conditions)


def _page(members: QuerySet[Recipient]) -> list[Addressee]:
    rows = members.order_by("id").values_list("id", "external_id", "locale")[:PAGE]
    return [Addressee(recipient_id=one, user_id=user_id, locale=locale) for one, user_id, locale in rows]


def _move_mark(event: NotificationEvent, page: list[Addressee], now: datetime) -> None:
    """Take the page: from here on another walker waits for this row, and then finds it moved."""
    is_last = len(page) < PAGE
    moved = NotificationEvent.objects.planning().filter(id=event.id, recipients_planned=event.recipients_planned)
    count = moved.update(
        planned_up_to=page[-1].recipient_id if page else event.planned_up_to,
        audience_size=event.audience_size,
        recipients_planned=F("recipients_planned") + len(page),
        status=NotificationEvent.Status.PLANNED if is_last else NotificationEvent.Status.PLANNING,
        planned_at=now if is_last else None,
        next_attempt_at=None if is_last else now + timedelta(seconds=LOST_WALK_SECONDS),
    )
    if count == 0:
        raise PlanMoved()
