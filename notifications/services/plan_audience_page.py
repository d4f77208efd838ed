"""Plan the next thousand recipients of an audience.

The walker holds the event's row: another one finds it taken and leaves. The mark `planned_up_to` moves in the
transaction of the page's jobs, so that a walk which was killed goes on behind its last page.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.event_types.registry import Audience
from notifications.models import NotificationEvent
from notifications.segment_language import Conditions, read_conditions
from notifications.selectors.segments import find_segment, list_members
from notifications.selectors.texts import find_template
from notifications.services.insert_audience_jobs import Page, insert_audience_jobs
from notifications.services.plan_event import plan_of
from notifications.services.store_events import LOST_WALK_SECONDS

PAGE = 1000
Status = NotificationEvent.Status


class AudienceUnknown(Problem):
    """The template or the segment was removed while the audience was being planned."""

    code = "audience_unknown"
    title = "The template or the segment of this event is gone."


@dataclass(frozen=True, kw_only=True)
class Step:
    """Whether the walk may go on at once; it may also wait for its pace, or be at its end."""

    goes_on: bool


@requires_transaction
def plan_audience_page(*, event_id: UUID, now: datetime) -> Step:
    """Plan one page.

    Raises:
        AudienceUnknown
    """
    event = NotificationEvent.objects.planning().filter(id=event_id).locked().first()
    if event is None:
        return Step(goes_on=False)
    plan = plan_of(event)
    template = find_template(code=plan.template_code)
    if template is None or not isinstance(plan.to, Audience):
        raise AudienceUnknown()
    began_at = event.walk_began_at or now
    size = _allowed(event, began_at=began_at, now=now)
    if size == 0:
        _wait_for_pace(event, began_at=began_at)
        return Step(goes_on=False)
    # By the day on which the walk began: whoever is a member is so on every page.
    members = list_members(conditions=_conditions(plan.to), now=began_at)
    if event.audience_size is None:
        event.audience_size = members.count()
    rest = members.filter(id__gt=event.planned_up_to) if event.planned_up_to else members
    page = insert_audience_jobs(event=event, plan=plan, template=template, members=rest.order_by("id")[:size], now=now)
    return _move_mark(event, page, is_last=page.recipients < size, began_at=began_at, now=now)


def _conditions(audience: Audience) -> Conditions:
    if audience.conditions is not None:
        return audience.conditions
    segment = find_segment(code=audience.segment_id or "")
    if segment is None:
        raise AudienceUnknown()
    return read_conditions(segment.conditions)


def _allowed(event: NotificationEvent, *, began_at: datetime, now: datetime) -> int:
    """Return how many recipients may be planned now: a page, less at the end of a canary, none ahead of the pace."""
    room = PAGE
    if event.audience_limit is not None:
        room = min(room, event.audience_limit - event.recipients_planned)
    if event.per_second is not None:
        due = int((now - began_at).total_seconds() * event.per_second) + min(PAGE, event.per_second)
        room = min(room, due - event.recipients_planned)
    return max(0, room)


def _wait_for_pace(event: NotificationEvent, *, began_at: datetime) -> None:
    ahead = event.recipients_planned / (event.per_second or PAGE)
    NotificationEvent.objects.filter(id=event.id).update(next_attempt_at=began_at + timedelta(seconds=ahead))


def _move_mark(event: NotificationEvent, page: Page, *, is_last: bool, began_at: datetime, now: datetime) -> Step:
    planned = event.recipients_planned + page.recipients
    is_canary_done = not is_last and event.audience_limit is not None and planned >= event.audience_limit
    NotificationEvent.objects.filter(id=event.id).update(
        planned_up_to=page.last_recipient_id or event.planned_up_to,
        audience_size=event.audience_size,
        walk_began_at=began_at,
        recipients_planned=planned,
        jobs_planned=event.jobs_planned + page.jobs,
        status=Status.PLANNED if is_last else Status.PLANNING,
        pause_reason=NotificationEvent.PauseReason.CANARY if is_canary_done else "",
        planned_at=now if is_last else None,
        next_attempt_at=None if is_last else now + timedelta(seconds=LOST_WALK_SECONDS),
    )
    return Step(goes_on=not is_last and not is_canary_done)
