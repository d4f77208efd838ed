"""Send a batch of jobs. The network is between two transactions: claiming, and writing down what came of it.

A worker that dies in between leaves a lease that runs out, and the job is sent again: a mail keeps its Message-ID and a
push its tag, so that the second covers the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings

from common.transactions import use_case
from notifications.channels.ports import Outgoing, PermanentRefusal, Receipt, TemporaryRefusal
from notifications.channels.registry import OpenChannels
from notifications.models import NotificationJob, TemplateVersion
from notifications.rendering.message import Message, render_message
from notifications.rendering.sandbox import TemplateIsBroken
from notifications.selectors import find_text
from notifications.services.claim_jobs import LEASE_SECONDS, claim_jobs, renew_lease
from notifications.services.decide_delivery import Decision, decide_delivery
from notifications.services.finish_job import LeaseLost, Outcome, after_failure, finish_job
from notifications.unsubscribe_links import link_for

log = structlog.get_logger(__name__)

Status = NotificationJob.Status
Clock = Callable[[], datetime]
Texts = dict[tuple[str, str, str], TemplateVersion | None]


def deliver_jobs(*, job_ids: Sequence[UUID], clock: Clock, jitter: Callable[[], float]) -> int:
    """Send what is ready among these jobs; return how many were taken."""
    claimed_at = clock()
    with use_case():
        jobs = claim_jobs(job_ids=job_ids, now=claimed_at)
    texts: Texts = {}
    with OpenChannels() as channels:
        for job in jobs:
            if _still_mine(job, claimed_at=claimed_at, now=clock()):
                _finish(job, _attempt(job, channels, texts, clock, jitter), now=clock())
    return len(jobs)


def _still_mine(job: NotificationJob, *, claimed_at: datetime, now: datetime) -> bool:
    """Renew the lease of a job whose turn comes late in a slow batch."""
    if now - claimed_at < timedelta(seconds=LEASE_SECONDS / 4):
        return True
    with use_case():
        return renew_lease(job=job, now=now)


def _finish(job: NotificationJob, outcome: Outcome, *, now: datetime) -> None:
    try:
        with use_case():
            finish_job(job=job, outcome=outcome, now=now)
    except LeaseLost:
        log.warning("notifications.job.lease_lost", job_id=str(job.id))


def _attempt(
    job: NotificationJob, channels: OpenChannels, texts: Texts, clock: Clock, jitter: Callable[[], float]
) -> Outcome:
    decision = _decide(job, clock())
    if decision.status != Status.SENDING:
        return Outcome(
            status=decision.status, reason=decision.reason, next_attempt_at=decision.until, decisions=decision.trace
        )
    try:
        outcome = _send(job, channels, texts)
    except TemplateIsBroken as error:
        log.error("notifications.template.broken", job_id=str(job.id), template=job.template_code, error=str(error))
        outcome = Outcome(status=Status.DEAD, reason="template_broken", error=str(error))
    except PermanentRefusal as refusal:
        status = Status.UNDELIVERABLE if refusal.receipt.gone else Status.DEAD
        outcome = Outcome(status=status, reason="refused", error=str(refusal), receipt=refusal.receipt)
    except TemporaryRefusal as refusal:
        wait = refusal.retry_after_seconds
        retry = after_failure(job=job, error=str(refusal), now=clock(), jitter=jitter(), retry_after_seconds=wait)
        outcome = replace(retry, receipt=refusal.receipt)
    except Exception as error:
        # One message's trouble must not keep the rest of the batch from going out.
        log.exception("notifications.job.failed", job_id=str(job.id))
        outcome = after_failure(job=job, error=f"{type(error).__name__}: {error}", now=clock(), jitter=jitter())
    return replace(outcome, decisions=[*decision.trace, {"rule": "provider", "answer": outcome.status}])


def _decide(job: NotificationJob, now: datetime) -> Decision:
    recipient = job.recipient
    return decide_delivery(
        job=job,
        recipient=recipient,
        contact_points=list(recipient.contact_points.all()),
        choices={(one.category, one.channel): one.is_enabled for one in recipient.preferences.all()},
        now=now,
    )


def _send(job: NotificationJob, channels: OpenChannels, texts: Texts) -> Outcome:
    text = _text_of(job, texts)
    unsubscribe_url = link_for(recipient_id=job.recipient_id, category=job.category, channel=job.channel)
    receipt: Receipt = channels.get(job.channel).deliver(
        Outgoing(
            job_id=job.id,
            recipient_id=job.recipient_id,
            message=_render(job, text, unsubscribe_url),
            contact_points=[
                one
                for one in job.recipient.contact_points.all()
                if one.channel == job.channel and one.switched_off_at is None and str(one.id) not in job.reached
            ],
            unsubscribe_url=unsubscribe_url,
        )
    )
    status = Status.DELIVERED if receipt.is_delivered else Status.SENT
    return Outcome(status=status, receipt=receipt, template_version=text.version)


def _text_of(job: NotificationJob, texts: Texts) -> TemplateVersion:
    key = (job.template_code, job.channel, job.locale)
    if key not in texts:
        texts[key] = find_text(code=job.template_code, channel=job.channel, locale=job.locale)
    text = texts[key]
    if text is None:
        raise TemplateIsBroken("no text is published")
    return text


def _render(job: NotificationJob, text: TemplateVersion, unsubscribe_url: str) -> Message:
    context = job.context | {
        "recipient_name": job.recipient.display_name,
        "site_url": settings.PUBLIC_URL,
        "unsubscribe_url": unsubscribe_url,
        # The text's own language: it may be the other one when a translation is missing.
        "locale": text.locale,
    }
    return render_message(subject=text.subject, body=text.body, link=text.link, context=context)
