"""Send a batch of jobs. The network is between two transactions: claiming, and writing down what came of it.

A worker that dies in between leaves a lease that runs out, and what it hadn't written down is sent again: a mail keeps
its Message-ID and a push its tag, so that the second covers the first. An inbox item is written with its job's end, so
it comes once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings

from common.transactions import use_case
from notifications.channels.ports import NotYet, Outgoing, PermanentRefusal, Receipt, TemporaryRefusal
from notifications.channels.registry import OpenRoutes
from notifications.models import NotificationJob, TemplateVersion
from notifications.models.choices import Category, Channel
from notifications.rendering.message import Message, render_message
from notifications.rendering.sandbox import TemplateIsBroken
from notifications.selectors.texts import find_text
from notifications.services.claim_jobs import claim_jobs, give_back
from notifications.services.decide_delivery import Decision, Question, decide_delivery
from notifications.services.finish_jobs import Finished, Outcome, after_failure, finish_jobs
from notifications.services.know_batch import BatchKnowledge, know_batch
from notifications.settings_links import settings_url_for
from notifications.unsubscribe_links import link_for

log = structlog.get_logger(__name__)

# What is sent but not yet written down would be sent again after a crash, so it is kept short.
UNWRITTEN_MOST = 10
UNWRITTEN_SECONDS = 0.5
# After this long a batch gives back what it hasn't tried: what is more urgent passes, and no lease runs out unseen.
LONGEST_TURN = timedelta(seconds=5)
Status = NotificationJob.Status
Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What the jobs of a batch share."""

    known: BatchKnowledge
    routes: OpenRoutes
    clock: Clock
    jitter: Callable[[], float]
    texts: dict[tuple[str, str, str], TemplateVersion | None] = field(default_factory=dict)


def deliver_jobs(*, job_ids: Sequence[UUID], clock: Clock, jitter: Callable[[], float]) -> int:
    """Send what is ready among these jobs; return how many were taken."""
    began_at = written_at = clock()
    with use_case():
        jobs = claim_jobs(job_ids=job_ids, now=began_at)
        known = know_batch(jobs=jobs, now=began_at)
    unwritten: list[Finished] = []
    with OpenRoutes() as routes:
        batch = Batch(known=known, routes=routes, clock=clock, jitter=jitter)
        for place, job in enumerate(jobs):
            if clock() - began_at >= LONGEST_TURN:
                _give_back(jobs[place:], clock())
                break
            unwritten.append(Finished(job=job, outcome=_attempt(job, batch)))
            is_sent_outside = job.channel != Channel.IN_APP and len(unwritten) >= UNWRITTEN_MOST
            if is_sent_outside or clock() - written_at >= timedelta(seconds=UNWRITTEN_SECONDS):
                written_at = _write_down(unwritten, clock())
    _write_down(unwritten, clock())
    return len(jobs)


def _give_back(jobs: Sequence[NotificationJob], now: datetime) -> None:
    with use_case():
        give_back(jobs=jobs, now=now)


def _write_down(unwritten: list[Finished], now: datetime) -> datetime:
    with use_case():
        finish_jobs(finished=unwritten, now=now)
    unwritten.clear()
    return now


def _attempt(job: NotificationJob, batch: Batch) -> Outcome:
    now = batch.clock()
    decision = decide_delivery(
        question=Question(
            job=job,
            known=batch.known,
            marketing_cap=settings.MARKETING_WEEKLY_CAP,
            address_wait=timedelta(hours=settings.ADDRESS_WAIT_HOURS),
            now=now,
        )
    )
    if decision.status != Status.SENDING:
        return Outcome(
            status=decision.status, reason=decision.reason, next_attempt_at=decision.until, decisions=decision.trace
        )
    asked: list[dict[str, str]] = []
    outcome = _guarded(job, decision, batch, asked)
    if outcome.status in (Status.SENT, Status.DELIVERED) and job.category == Category.MARKETING:
        batch.known.count_marketing(job)
    return replace(outcome, decisions=[*decision.trace, *asked, {"rule": "outcome", "answer": outcome.status}])


def _guarded(job: NotificationJob, decision: Decision, batch: Batch, asked: list[dict[str, str]]) -> Outcome:
    """Send, and say what every kind of trouble means for the job; `asked` gets which providers were asked."""
    now = batch.clock()
    try:
        return _send(job, decision, batch, asked)
    except TemplateIsBroken as error:
        log.error("notifications.template.broken", job_id=str(job.id), template=job.template_code, error=str(error))
        return Outcome(status=Status.DEAD, reason="template_broken", error=str(error))
    except NotYet as wait:
        until = now + timedelta(seconds=wait.seconds + batch.jitter())
        return Outcome(status=Status.DEFERRED, reason=wait.reason, next_attempt_at=until)
    except PermanentRefusal as refusal:
        status = Status.UNDELIVERABLE if refusal.receipt.gone else Status.DEAD
        return Outcome(status=status, reason="refused", error=str(refusal), receipt=refusal.receipt)
    except TemporaryRefusal as refusal:
        wait_seconds = refusal.retry_after_seconds
        retry = after_failure(
            job=job, error=str(refusal), now=now, jitter=batch.jitter(), retry_after_seconds=wait_seconds
        )
        return replace(retry, receipt=refusal.receipt)
    except Exception as error:
        # One message's trouble must not keep the rest of the batch from going out.
        log.exception("notifications.job.failed", job_id=str(job.id))
        return after_failure(job=job, error=f"{type(error).__name__}: {error}", now=now, jitter=batch.jitter())


def _send(job: NotificationJob, decision: Decision, batch: Batch, asked: list[dict[str, str]]) -> Outcome:
    text = _text_of(job, batch)
    unsubscribe_url = _unsubscribe_url(job, text)
    message = _render(job, text, unsubscribe_url)
    if job.channel == Channel.IN_APP:
        receipt = Receipt(provider="inbox", is_delivered=True)
        return Outcome(status=Status.DELIVERED, receipt=receipt, template_version=text.version, inbox=message)
    route = batch.routes.get(job.channel)
    try:
        receipt = route.deliver(
            Outgoing(
                job_id=job.id,
                recipient_id=job.recipient_id,
                message=message,
                contact_points=decision.contact_points,
                unsubscribe_url=unsubscribe_url,
            )
        )
    finally:
        asked += route.trace
    status = Status.DELIVERED if receipt.is_delivered else Status.SENT
    return Outcome(status=status, receipt=receipt, template_version=text.version)


def _text_of(job: NotificationJob, batch: Batch) -> TemplateVersion:
    key = (job.template_code, job.channel, job.locale)
    if key not in batch.texts:
        batch.texts[key] = find_text(code=job.template_code, channel=job.channel, locale=job.locale)
    text = batch.texts[key]
    if text is None:
        raise TemplateIsBroken("no text is published")
    return text


def _unsubscribe_url(job: NotificationJob, text: TemplateVersion) -> str:
    """Sign a link where one is shown: in mails, and in texts that name it."""
    if job.channel != Channel.EMAIL and "unsubscribe_url" not in f"{text.subject}{text.body}{text.link}":
        return ""
    return link_for(recipient_id=job.recipient_id, category=job.category, channel=job.channel, locale=text.locale)


def _settings_url(job: NotificationJob, text: TemplateVersion) -> str:
    """Only mails show it, and a signature costs something."""
    if job.channel != Channel.EMAIL:
        return ""
    return settings_url_for(recipient_id=job.recipient_id, locale=text.locale, may_sign_in=job.recipient.may_sign_in)


def _render(job: NotificationJob, text: TemplateVersion, unsubscribe_url: str) -> Message:
    context = job.context | {
        "recipient_name": job.recipient.display_name,
        "site_url": settings.PUBLIC_URL,
        "unsubscribe_url": unsubscribe_url,
        "settings_url": _settings_url(job, text),
        # The text's own language: it may be the other one when a translation is missing.
        "locale": text.locale,
    }
    return render_message(subject=text.subject, body=text.body, link=text.link, context=context)
