"""Keep events, each once, with their jobs and their facts: any number of them in one transaction and few statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from bus.wakeup import queue_after_commit
from common.ids import new_id
from common.request_ids import current_request_id
from common.transactions import requires_transaction
from notifications.domain_events import JobPlanned
from notifications.event_types.registry import Plan
from notifications.metrics import EVENTS_ACCEPTED
from notifications.models import NotificationEvent
from notifications.selectors.intake import list_events
from notifications.services.insert_jobs import Wanted, insert_jobs
from notifications.services.settle_plans import Settled, answer_of, settle_plans

PLANNING_TASK = "notifications.plan_audience"
# A walk that hasn't moved for so long is taken for dead.
LOST_WALK_SECONDS = 30
Status = NotificationEvent.Status

INSERT_SQL = """
    INSERT INTO notifications_notificationevent
        (id, source, event_id, event_type, occurred_at, payload, body_hash, plan, status, blocked_on, answer,
         next_attempt_at, planned_at, audience_size, recipients_planned, jobs_planned, request_id, pause_reason)
    SELECT row.id, row.source, row.event_id, row.event_type, row.occurred_at, row.payload::jsonb, row.body_hash,
           row.plan::jsonb, row.status, row.blocked_on, '{}', CASE WHEN row.status = 'planning' THEN %(lost_at)s END,
           CASE WHEN row.status = 'planned' THEN %(now)s END, row.people, coalesce(row.people, 0), row.jobs,
           row.request_id, ''
    FROM unnest(%(ids)s::uuid[], %(sources)s::text[], %(event_ids)s::uuid[], %(types)s::text[],
                %(times)s::timestamptz[], %(payloads)s::text[], %(hashes)s::bytea[], %(plans)s::text[],
                %(statuses)s::text[], %(blocked_on)s::text[], %(people)s::int[], %(jobs)s::int[], %(requests)s::text[])
         AS row (id, source, event_id, event_type, occurred_at, payload, body_hash, plan, status, blocked_on, people,
                 jobs, request_id)
    ON CONFLICT ON CONSTRAINT notifications_event_once DO NOTHING
    RETURNING id
"""
ANSWER_SQL = """
    UPDATE notifications_notificationevent AS event SET answer = row.answer::jsonb
    FROM unnest(%s::uuid[], %s::text[]) AS row (id, answer) WHERE event.id = row.id
"""


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """An event to keep, from outside or one of ours."""

    source: str
    event_id: UUID
    event_type: str
    occurred_at: datetime
    payload: dict[str, Any]
    body_hash: bytes
    plan: Plan
    # Which request it came of: those of a batch came of different ones.
    request_id: str = field(default_factory=current_request_id)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What is kept under an event's id: `answer` and `body_hash` are those of its first arrival."""

    row_id: UUID
    is_new: bool
    body_hash: bytes
    answer: dict[str, Any]


@requires_transaction
def store_events(*, events: Sequence[Incoming], now: datetime) -> list[Stored]:
    """Store and plan those that are new; return what is stored for each, in their order."""
    known = _known(events)
    fresh = list({(one.source, one.event_id): one for one in reversed(events)}.items())
    # Every writer takes the ids in this order, so that no two wait for each other in a ring.
    new = sorted((pair for pair in fresh if pair[0] not in known), key=lambda pair: pair[0])
    made = _store([event for _, event in new], now)
    missing = [event for event in events if (event.source, event.event_id) not in known | made]
    known |= made | _known(missing)
    first_of: set[UUID] = set()
    stored = []
    for event in events:
        one = known[event.source, event.event_id]
        stored.append(one if one.is_new and one.row_id not in first_of else _again(one))
        first_of.add(one.row_id)
    return stored


def _again(one: Stored) -> Stored:
    return Stored(row_id=one.row_id, is_new=False, body_hash=one.body_hash, answer=one.answer)


def _known(events: Sequence[Incoming]) -> dict[tuple[str, UUID], Stored]:
    if not events:
        return {}
    rows = list_events(keys=[(one.source, one.event_id) for one in events])
    return {
        (source, event_id): Stored(row_id=row_id, is_new=False, body_hash=bytes(body_hash), answer=answer)
        for row_id, source, event_id, body_hash, answer in rows.values_list(
            "id", "source", "event_id", "body_hash", "answer"
        )
    }


def _store(events: Sequence[Incoming], now: datetime) -> dict[tuple[str, UUID], Stored]:
    """Insert; an event that another request has stored meanwhile is left out."""
    if not events:
        return {}
    settled = settle_plans(plans=[one.plan for one in events], now=now)
    rows = [(new_id(), event, fate) for event, fate in zip(events, settled, strict=True)]
    inserted = _insert(rows, now)
    rows = [row for row in rows if row[0] in inserted]
    stated = insert_jobs(wanted=[_wanted(*row) for row in rows if row[2].addressee], now=now)
    answers = _answers(rows, stated)
    with connection.cursor() as sql:
        sql.execute(ANSWER_SQL, [list(answers), [msgspec.json.encode(one).decode() for one in answers.values()]])
    for row_id, event, fate in rows:
        if fate.status == Status.PLANNING:
            queue_after_commit(PLANNING_TASK, [str(row_id)], queue="bulk")
        EVENTS_ACCEPTED.labels(event_type=event.event_type, status=fate.status).inc()
    return {
        (event.source, event.event_id): Stored(
            row_id=row_id, is_new=True, body_hash=event.body_hash, answer=answers[row_id]
        )
        for row_id, event, _ in rows
    }


def _insert(rows: Sequence[tuple[UUID, Incoming, Settled]], now: datetime) -> set[UUID]:
    with connection.cursor() as sql:
        sql.execute(
            INSERT_SQL,
            {
                "now": now,
                "lost_at": now + timedelta(seconds=LOST_WALK_SECONDS),
                "requests": [event.request_id for _, event, _ in rows],
                "ids": [row_id for row_id, _, _ in rows],
                "sources": [event.source for _, event, _ in rows],
                "event_ids": [event.event_id for _, event, _ in rows],
                "types": [event.event_type for _, event, _ in rows],
                "times": [event.occurred_at for _, event, _ in rows],
                "payloads": [msgspec.json.encode(event.payload).decode() for _, event, _ in rows],
                "hashes": [event.body_hash for _, event, _ in rows],
                "plans": [msgspec.json.encode(event.plan).decode() for _, event, _ in rows],
                "statuses": [str(fate.status) for _, _, fate in rows],
                "blocked_on": [fate.blocked_on for _, _, fate in rows],
                "people": [1 if fate.addressee else None for _, _, fate in rows],
                "jobs": [len(fate.plan.channels) if fate.addressee else 0 for _, _, fate in rows],
            },
        )
        return {row_id for (row_id,) in sql.fetchall()}


def _wanted(row_id: UUID, event: Incoming, fate: Settled) -> Wanted:
    if fate.template is None or fate.addressee is None:
        raise LookupError(f"event {event.event_id} has nobody to go to")
    return Wanted(
        event_row_id=row_id,
        event_id=event.event_id,
        event_type=event.event_type,
        plan=fate.plan,
        template=fate.template,
        to=fate.addressee,
        request_id=event.request_id,
    )


def _answers(
    rows: Sequence[tuple[UUID, Incoming, Settled]], stated: Sequence[JobPlanned]
) -> dict[UUID, dict[str, Any]]:
    """Return the job plan of each event; jobs were stated in the order of the rows."""
    jobs = iter(stated)
    answers: dict[UUID, dict[str, Any]] = {}
    for row_id, event, fate in rows:
        count = len(fate.plan.channels) if fate.addressee else 0
        described = [described_job(next(jobs)) for _ in range(count)]
        answers[row_id] = msgspec.to_builtins({"event_id": event.event_id} | answer_of(fate, described))
    return answers


def described_job(fact: JobPlanned) -> dict[str, Any]:
    """Return a planned job as the sender of its event sees it."""
    return {
        "job_id": fact.job_id,
        "user_id": fact.user_id,
        "template_code": fact.template_code,
        "channel": fact.channel,
    }
