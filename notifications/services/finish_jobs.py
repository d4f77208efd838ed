"""Write down what came of attempts, by the worker that still holds the jobs' leases: many in one statement."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.db import connection

from common.transactions import requires_transaction
from notifications.channels.ports import Receipt
from notifications.metrics import JOBS_ENDED, LAG_SECONDS
from notifications.models import NotificationJob
from notifications.rendering.message import Message
from notifications.services.put_into_inbox import Delivered, put_into_inbox
from notifications.services.switch_off_contact_point import switch_off_contact_point

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
FIRST_DELAY_SECONDS = 10
LONGEST_DELAY_SECONDS = 3600
# Of a message that was put off for hours, how it began and how it ended are kept.
FIRST_DECISIONS, LAST_DECISIONS = 20, 30
Status = NotificationJob.Status

FINISH_SQL = """
    UPDATE notifications_notificationjob AS job
    SET status = row.status, lease_token = NULL, attempts = row.attempts, next_attempt_at = row.next_attempt_at,
        finished_at = CASE WHEN row.next_attempt_at IS NULL THEN %(now)s::timestamptz END, reason = row.reason,
        last_error = row.error, provider = row.provider, provider_message_id = row.message_id,
        template_version = row.version, reached = row.reached, decisions = row.decisions
    FROM jsonb_to_recordset(%(rows)s::jsonb)
         AS row (id uuid, lease uuid, status text, attempts int, next_attempt_at timestamptz, reason text, error text,
                 provider text, message_id text, version int, reached jsonb, decisions jsonb)
    WHERE job.id = row.id AND job.lease_token = row.lease AND job.status = 'sending'
    RETURNING job.id
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Where the job stands after the attempt; `inbox` is the message that the inbox gets with it."""

    status: str
    reason: str = ""
    error: str = ""
    next_attempt_at: datetime | None = None
    template_version: int | None = None
    receipt: Receipt = field(default_factory=Receipt)
    decisions: list[dict[str, str]] = field(default_factory=list)
    inbox: Message | None = None


@dataclass(frozen=True, kw_only=True)
class Finished:
    """An attempt that is over."""

    job: NotificationJob
    outcome: Outcome


@requires_transaction
def finish_jobs(*, finished: Sequence[Finished], now: datetime) -> set[UUID]:
    """End the leases and do what belongs to them; return the jobs whose lease this worker had lost.

    A lost one changes nothing: another worker has the job, and the last word.
    """
    if not finished:
        return set()
    with connection.cursor() as sql:
        # One document: arrays of documents would be escaped quote by quote.
        rows = msgspec.json.encode([_row(one, now) for one in finished]).decode()
        sql.execute(FINISH_SQL, {"now": now, "rows": rows})
        done = {job_id for (job_id,) in sql.fetchall()}
    mine = [one for one in finished if one.job.id in done]
    put_into_inbox(
        delivered=[
            Delivered(job_id=one.job.id, recipient=one.job.recipient, message=one.outcome.inbox)
            for one in mine
            if one.outcome.inbox is not None
        ]
    )
    ended = Counter((one.job.event.event_type, one.job.channel, one.outcome.status) for one in mine)
    for (event_type, channel, status), count in ended.items():
        JOBS_ENDED.labels(event_type=event_type, channel=channel, status=status).inc(count)
    for one in mine:
        for contact_point_id, reason in one.outcome.receipt.gone.items():
            switch_off_contact_point(contact_point_id=contact_point_id, reason=reason, now=now)
        _note_lag(one, now)
    lost = {one.job.id for one in finished} - done
    for job_id in sorted(lost):
        log.warning("notifications.job.lease_lost", job_id=str(job_id))
    return lost


def after_failure(
    *, job: NotificationJob, error: str, now: datetime, jitter: float, retry_after_seconds: float | None = None
) -> Outcome:
    """Return the outcome of an attempt that may succeed later: the next attempt, or the end after the last.

    `jitter` from 0 to 1 spreads the attempts of many jobs over half of the delay.
    """
    if job.attempts >= MAX_ATTEMPTS:
        return Outcome(status=Status.DEAD, reason="attempts_used_up", error=error)
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 3 ** (job.attempts - 1))
    seconds = max(delay * (0.75 + jitter / 2), retry_after_seconds or 0)
    return Outcome(
        status=Status.FAILED,
        reason="temporary_refusal",
        error=error,
        next_attempt_at=now + timedelta(seconds=min(seconds, 24 * 3600)),
    )


def _row(one: Finished, now: datetime) -> dict[str, Any]:
    outcome = one.outcome
    return {
        "id": one.job.id,
        "lease": one.job.lease_token,
        "status": str(outcome.status),
        "attempts": _attempts(one),
        "next_attempt_at": outcome.next_attempt_at,
        "reason": outcome.reason,
        "error": _storable(outcome.error)[:2000],
        "provider": outcome.receipt.provider,
        "message_id": _storable(outcome.receipt.provider_message_id),
        "version": outcome.template_version,
        "reached": [*one.job.reached, *outcome.receipt.reached],
        "decisions": _decisions(one, now),
    }


def _attempts(one: Finished) -> int:
    """A message that only waited for a better hour, an address or its turn has not used up an attempt."""
    return one.job.attempts - 1 if one.outcome.status == Status.DEFERRED else one.job.attempts


def _decisions(one: Finished, now: datetime) -> list[dict[str, str]]:
    at = now.isoformat()
    made = [{"at": at, "rule": asked["rule"], "answer": _storable(asked["answer"])} for asked in one.outcome.decisions]
    every = [*one.job.decisions, *made]
    if len(every) <= FIRST_DECISIONS + LAST_DECISIONS:
        return every
    return every[:FIRST_DECISIONS] + every[-LAST_DECISIONS:]


def _note_lag(one: Finished, now: datetime) -> None:
    if one.outcome.status in (Status.SENT, Status.DELIVERED):
        seconds = (now - one.job.event.occurred_at).total_seconds()
        LAG_SECONDS.labels(channel=one.job.channel).observe(max(0.0, seconds))


def _storable(words: str) -> str:
    """Return what a stranger has said without what no column can hold: NUL, and halves of characters."""
    return words.replace("\x00", "").encode("utf-8", "replace").decode()
