"""Tell a user about something that happened in this product, along the same path as events from outside."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from common.transactions import requires_transaction
from notifications.envelope import hash_of
from notifications.event_types.registry import OneUser, Plan
from notifications.models import NotificationEvent
from notifications.services.plan_event import LOST_WALK_SECONDS, plan_event

OWN_SOURCE = "aquastream"


@requires_transaction
def announce_fact(
    *,
    fact_id: UUID,
    fact_type: str,
    occurred_at: datetime,
    user_id: UUID,
    template_code: str,
    channels: tuple[str, ...],
    context: dict[str, Any],
    now: datetime,
) -> NotificationEvent:
    """Plan the message; the same fact again changes nothing."""
    plan = Plan(template_code=template_code, channels=channels, context=context, to=OneUser(user_id=user_id))
    event, is_new = NotificationEvent.objects.get_or_create(
        source=OWN_SOURCE,
        event_id=fact_id,
        defaults={
            "event_type": fact_type,
            "occurred_at": occurred_at,
            "payload": context,
            "body_hash": hash_of(context),
            "plan": msgspec.to_builtins(plan),
            "status": NotificationEvent.Status.PLANNING,
            "next_attempt_at": now + timedelta(seconds=LOST_WALK_SECONDS),
        },
    )
    if is_new:
        plan_event(event=event, now=now)
    return event
