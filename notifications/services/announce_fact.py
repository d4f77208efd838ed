"""Tell somebody about something that happened in this product, along the same path as events from outside."""

from datetime import datetime
from typing import Any
from uuid import UUID

from common.transactions import requires_transaction, run_last_together
from notifications.envelope import hash_of
from notifications.event_types.registry import Audience, Plan, Someone
from notifications.services.store_events import Incoming, store_events

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
) -> None:
    """Plan the message; the same fact again changes nothing. It goes to a person's chats and browsers too.

    It is planned at the end of the use case, together with all others that this one announces.
    """
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
    run_last_together(_store, (event, now))


def _store(announced: list[tuple[Incoming, datetime]]) -> None:
    store_events(events=[event for event, _ in announced], now=max(now for _, now in announced))
