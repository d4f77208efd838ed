"""Accept one event of another service."""

from collections.abc import Collection
from datetime import datetime

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.envelope import ExternalEvent
from notifications.services.accept_events import Accepted, accept_events


@requires_transaction
def accept_event(*, event: ExternalEvent, allowed_sources: Collection[str], now: datetime) -> Accepted:
    """Store and plan the event, or recognise it.

    Raises:
        SourceNotAllowed, EventIdReused
    """
    [result] = accept_events(events=[event], allowed_sources=allowed_sources, now=now)
    if isinstance(result, Problem):
        raise result
    return result
