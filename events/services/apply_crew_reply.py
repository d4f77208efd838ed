"""Take in what the crew service says of a person.

Replies may come twice and in any order: of two about one person at one event, the one that was said later counts.
Whether a person is free is decided by the database (events_crew_assignment_no_overlap); somebody who isn't is refused,
the crew service is told so, and asked again.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from bus.services.record_fact import record_fact
from common.transactions import requires_transaction, violated_constraint
from events.domain_events import CrewReleased, fact_about
from events.models import CrewAssignment, CrewNeed, Event
from events.services.request_crew import ask_for_missing, is_open, taken_seats

Status = CrewAssignment.Status
Reason = CrewAssignment.Reason
CLOCKS_DIFFER = timedelta(minutes=5)
NO_OVERLAP = "events_crew_assignment_no_overlap"


class CrewEventUnknown(Exception):
    """The reply is about an event that doesn't exist."""


class CrewReplyAhead(Exception):
    """The reply is dated later than now: it would count against all that the crew service says until then."""


@dataclass(frozen=True, kw_only=True)
class CrewReply:
    """What the crew service says; `status` is assigned, declined or withdrawn."""

    event_id: uuid.UUID
    person_id: uuid.UUID
    name: str
    role: str
    status: str
    at: datetime


@requires_transaction
def apply_crew_reply(*, reply: CrewReply, now: datetime) -> None:
    """Assign the person, or let them go.

    Raises:
        CrewEventUnknown: there is no such event.
        CrewReplyAhead: it is dated further ahead than clocks differ.
    """
    if reply.at > now + CLOCKS_DIFFER:
        raise CrewReplyAhead(reply.at.isoformat())
    # Held until the end, so that two replies never fill the last place both.
    wanted = {need.role: need.wanted for need in CrewNeed.objects.filter(event_id=reply.event_id).locked()}
    event = Event.objects.filter(id=reply.event_id).first()
    if event is None:
        raise CrewEventUnknown(str(reply.event_id))
    known = CrewAssignment.objects.filter(event=event, person_id=reply.person_id).first()
    if known is not None and known.told_at >= reply.at:
        return
    was_assigned = known is not None and known.status == Status.ASSIGNED
    row = known or CrewAssignment(event=event, person_id=reply.person_id)
    row.name, row.role, row.told_at = reply.name, reply.role, reply.at
    row.during = DateTimeTZRange(event.starts_at, event.ends_at)
    row.status, row.reason = reply.status, ""
    if reply.status == Status.ASSIGNED:
        # Their own place, if they have one, is free for them.
        row.status = Status.WITHDRAWN
        row.save()
        _assign(row, event=event, wanted=wanted.get(reply.role, 0), now=now)
    else:
        row.save()
    if row.status == Status.REFUSED:
        record_fact(release_of(event=event, row=row))
    has_left = was_assigned and row.status != Status.ASSIGNED
    if has_left:
        _reconsider(left=row, now=now)
    if has_left or row.status == Status.REFUSED:
        ask_for_missing(event=event)


def release_of(*, event: Event, row: CrewAssignment) -> CrewReleased:
    """Return the fact that this person isn't on the crew, and why."""
    return fact_about(CrewReleased, event, person_id=row.person_id, role=row.role, reason=row.reason)


def _assign(row: CrewAssignment, *, event: Event, wanted: int, now: datetime) -> None:
    if not is_open(event, now=now):
        row.status, row.reason = Status.REFUSED, Reason.CLOSED
    elif taken_seats(event, row.role) >= wanted:
        row.status, row.reason = Status.REFUSED, Reason.NOT_WANTED
    else:
        row.status, row.reason = Status.ASSIGNED, ""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if violated_constraint(error) != NO_OVERLAP:
            raise
        row.status, row.reason = Status.REFUSED, Reason.OVERLAP
        row.save()


def _reconsider(*, left: CrewAssignment, now: datetime) -> None:
    """Take who was refused because of a place that is free now: had the replies come in their order, they'd have it."""
    because = Q(person_id=left.person_id, reason=Reason.OVERLAP) | Q(event=left.event, reason=Reason.NOT_WANTED)
    waiting = CrewAssignment.objects.filter(because, status=Status.REFUSED).exclude(id=left.id)
    for row in waiting.select_related("event").order_by("told_at", "id"):
        needs = CrewNeed.objects.filter(event=row.event, role=row.role).locked()
        _assign(row, event=row.event, wanted=sum(need.wanted for need in needs), now=now)
