"""Let the crew follow its event: to another time, or home."""

import uuid

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef

from bus.services.record_fact import record_facts
from common.transactions import requires_transaction, violated_constraint
from events.models import CrewAssignment, CrewNeed, Event
from events.services.apply_crew_reply import NO_OVERLAP, Reason, Status, release_of
from events.services.request_crew import ask_for_missing

# Each attempt sees who was assigned elsewhere during the one before.
ATTEMPTS = 5


@requires_transaction
def move_crew(*, event: Event) -> None:
    """Move everybody who is free at the event's new time; let the others go and ask for new ones."""
    list(CrewNeed.objects.filter(event=event).locked())
    during = DateTimeTZRange(event.starts_at, event.ends_at)
    crew = CrewAssignment.objects.filter(event=event)
    released: list[CrewAssignment] = []
    for attempt in range(1, ATTEMPTS + 1):
        elsewhere = CrewAssignment.objects.filter(
            person_id=OuterRef("person_id"), status=Status.ASSIGNED, during__overlap=during
        ).exclude(event=event)
        released += _release(list(crew.filter(Exists(elsewhere), status=Status.ASSIGNED)), Reason.OVERLAP)
        try:
            with transaction.atomic():
                crew.update(during=during)
            break
        except IntegrityError as error:
            if violated_constraint(error) != NO_OVERLAP or attempt == ATTEMPTS:
                raise
    record_facts([release_of(event=event, row=row) for row in released])
    if released:
        ask_for_missing(event=event)


@requires_transaction
def release_crew(*, event_id: uuid.UUID) -> None:
    """Let everybody go: the event doesn't take place."""
    event = Event.objects.get(id=event_id)
    list(CrewNeed.objects.filter(event=event).locked())
    crew = list(CrewAssignment.objects.filter(event=event, status=Status.ASSIGNED))
    record_facts([release_of(event=event, row=row) for row in _release(crew, Reason.CLOSED)])


def _release(rows: list[CrewAssignment], reason: str) -> list[CrewAssignment]:
    for row in rows:
        row.status, row.reason = Status.RELEASED, reason
    CrewAssignment.objects.bulk_update(rows, ["status", "reason"])
    return rows
