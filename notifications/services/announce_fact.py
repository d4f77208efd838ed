"""Tell somebody about something that happened in this product, along the same path as events from outside."""

from datetime import datetime
from typing import Any
from uuid import UUID

from common.transactions import requires_transaction
from notifications.envelope import hash_of
from notifications.event_types.registry import Audience, Plan, Someone
from notifications.services.store_events import Incoming, Stored, store_events

OWN_SOURCE = "aquastream"
ALSO = ("push", "telegram", "webhook")


@requires_transaction
def announce_fact(
    *,
    fact_id: UUID,
    fact_type: str,
    occurred_at: datetime,
    to: Someone | Audience,
    template_code: str,
    channels: tuple[str, ...],
    context: dict[str, Any],
    now: datetime,
    not_before: datetime | None = None,
) -> Stored:
    """Plan the message; the same fact again changes nothing. It goes to a person's chats and browsers too."""
    plan = Plan(
        template_code=template_code,
        channels=channels,
        if_reachable=ALSO,
        context=context,
        to=to,
        not_before=not_before,
    )
    event = Incoming(
        source=OWN_SOURCE,
        event_id=fact_id,
        event_type=fact_type,
        occurred_at=occurred_at,
        payload=context,
        body_hash=hash_of(context),
        plan=plan,
    )
    [stored] = store_events(events=[event], now=now)
    return stored
