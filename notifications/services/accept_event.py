"""Accept an event of another service, once.

The same event again gets the first answer; another body under the same id is refused. The event, its jobs and their
facts are one transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from common.problems import Problem
from common.request_ids import current_request_id
from common.transactions import requires_transaction
from notifications.envelope import ExternalEvent
from notifications.metrics import EVENTS_ACCEPTED
from notifications.models import NotificationEvent
from notifications.services.plan_event import LOST_WALK_SECONDS, plan_event


class SourceNotAllowed(Problem):
    """A token speaks only for the sources that its account was granted."""

    code = "source_not_allowed"
    status = 403
    title = "This token may not speak for this source."


class EventIdReused(Problem):
    """The source has sent another event under this id."""

    code = "event_id_reused"
    status = 409
    title = "Another event was accepted under this event_id."


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """`answer` is what the sender is told, each time the same."""

    is_new: bool
    answer: dict[str, Any]


@requires_transaction
def accept_event(*, event: ExternalEvent, allowed_sources: Collection[str], now: datetime) -> Accepted:
    """Store and plan the event, or recognise it.

    Raises:
        SourceNotAllowed, EventIdReused
    """
    if event.source not in allowed_sources:
        raise SourceNotAllowed(source=event.source)
    plan = event.event_type.plan(event.payload)
    stored, is_new = NotificationEvent.objects.get_or_create(
        source=event.source,
        event_id=event.event_id,
        defaults={
            "event_type": event.event_type.name,
            "occurred_at": event.occurred_at,
            "payload": event.raw_payload,
            "body_hash": event.body_hash,
            "plan": msgspec.to_builtins(plan),
            "status": NotificationEvent.Status.PLANNING,
            "next_attempt_at": now + timedelta(seconds=LOST_WALK_SECONDS),
            "request_id": current_request_id(),
        },
    )
    if not is_new:
        if bytes(stored.body_hash) != event.body_hash:
            raise EventIdReused(event_id=event.event_id)
        return Accepted(is_new=False, answer=stored.answer)
    answer = msgspec.to_builtins({"event_id": event.event_id} | plan_event(event=stored, now=now))
    NotificationEvent.objects.filter(id=stored.id).update(answer=answer)
    EVENTS_ACCEPTED.labels(event_type=event.event_type.name, status=answer["status"]).inc()
    return Accepted(is_new=True, answer=answer)
