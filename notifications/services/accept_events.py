"""Accept events of other services, each once and each judged for itself.

The same event again gets the first answer; another body under the same id is refused. The events, their jobs and
their facts are one transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.envelope import ExternalEvent
from notifications.services.store_events import Incoming, store_events


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
def accept_events(
    *, events: Sequence[ExternalEvent], allowed_sources: Collection[str], now: datetime
) -> list[Accepted | Problem]:
    """Return for each event that it was accepted, or why not; a refused one leaves the others alone."""
    allowed = [event for event in events if event.source in allowed_sources]
    stored = iter(store_events(events=[_incoming(event) for event in allowed], now=now))
    results: list[Accepted | Problem] = []
    for event in events:
        if event.source not in allowed_sources:
            results.append(SourceNotAllowed(source=event.source))
            continue
        kept = next(stored)
        if kept.body_hash != event.body_hash:
            results.append(EventIdReused(event_id=event.event_id))
        else:
            results.append(Accepted(is_new=kept.is_new, answer=kept.answer))
    return results


def _incoming(event: ExternalEvent) -> Incoming:
    return Incoming(
        source=event.source,
        event_id=event.event_id,
        event_type=event.event_type.name,
        occurred_at=event.occurred_at,
        payload=event.raw_payload,
        body_hash=event.body_hash,
        plan=event.event_type.plan(event.payload),
    )
