"""Write down what came of an attempt, by the worker that still holds the job's lease."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.channels.ports import Receipt
from notifications.metrics import JOBS_ENDED, LAG_SECONDS
from notifications.models import NotificationJob
from notifications.services.switch_off_contact_point import switch_off_contact_point

MAX_ATTEMPTS = 8
FIRST_DELAY_SECONDS = 10
LONGEST_DELAY_SECONDS = 3600
Status = NotificationJob.Status


class LeaseLost(Problem):
    """Another worker has taken the job meanwhile; this one's word doesn't count any more."""

    code = "lease_lost"
    title = "The job belongs to another worker by now."


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Where the job stands after the attempt."""

    status: str
    reason: str = ""
    error: str = ""
    next_attempt_at: datetime | None = None
    template_version: int | None = None
    receipt: Receipt = field(default_factory=Receipt)
    decisions: list[dict[str, str]] = field(default_factory=list)


@requires_transaction
def finish_job(*, job: NotificationJob, outcome: Outcome, now: datetime) -> None:
    """End the lease.

    Raises:
        LeaseLost
    """
    is_open = outcome.next_attempt_at is not None
    changed = NotificationJob.objects.filter(id=job.id, lease_token=job.lease_token, status=Status.SENDING).update(
        status=outcome.status,
        lease_token=None,
        # A message that only waited for a better hour or for an address has not used up an attempt.
        attempts=job.attempts - 1 if outcome.status == Status.DEFERRED else job.attempts,
        next_attempt_at=outcome.next_attempt_at,
        finished_at=None if is_open else now,
        reason=outcome.reason,
        last_error=outcome.error[:2000],
        provider_message_id=outcome.receipt.provider_message_id,
        template_version=outcome.template_version,
        reached=[*job.reached, *outcome.receipt.reached],
        decisions=[*job.decisions, *({"at": now.isoformat()} | one for one in outcome.decisions)][-50:],
    )
    if changed == 0:
        raise LeaseLost()
    for contact_point_id, reason in outcome.receipt.gone.items():
        switch_off_contact_point(contact_point_id=contact_point_id, reason=reason, now=now)
    JOBS_ENDED.labels(channel=job.channel, status=outcome.status).inc()
    if outcome.status in (Status.SENT, Status.DELIVERED):
        LAG_SECONDS.labels(channel=job.channel).observe(max(0.0, (now - job.event.occurred_at).total_seconds()))


def after_failure(
    *, job: NotificationJob, error: str, now: datetime, jitter: float, retry_after_seconds: int | None = None
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
