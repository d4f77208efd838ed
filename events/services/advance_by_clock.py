"""Let time pass: events start and finish at their hours, also those whose hour came while the system was down."""

from datetime import datetime

from django.db.models import F, Q

from bus.services.record_fact import record_facts
from common.transactions import requires_transaction
from events.domain_events import EventFinished, EventStarted, fact_about
from events.models import Event
from events.models.lifecycle import Status, sources_of

BATCH = 200


@requires_transaction
def advance_by_clock(*, now: datetime) -> int:
    """Start and finish a batch of what is due, and state it; return how many steps were taken.

    An event whose whole time has passed meanwhile is started first and finished next, so that consumers see every
    step in order. Rows locked by somebody else are left for the next run.
    Uses index events_event_clock.
    """
    started = _step("start", Status.RUNNING, due=Q(starts_at__lte=now))
    finished = _step("finish", Status.FINISHED, due=Q(ends_at__lte=now))
    record_facts([fact_about(EventStarted, event) for event in started])
    record_facts([fact_about(EventFinished, event, took_place=event.status != Status.SUSPENDED) for event in finished])
    return len(started) + len(finished)


def _step(action: str, target: Status, *, due: Q) -> list[Event]:
    sources = sources_of(action, target)
    """Return the events as they were before the step."""
    events = list(Event.objects.filter(due, status__in=sources).locked()[:BATCH])
    ids = [event.id for event in events]
    Event.objects.filter(id__in=ids, status__in=sources).update(
        status=target, version=F("version") + 1, status_reason=""
    )
    return events
