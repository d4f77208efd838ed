"""Send events to the shops' addresses: claim a batch, send it outside of any transaction, write down what came of each.

Ten attempts over about three days with jitter, then dead until somebody replays it. 410 switches the address off and the
owner is told; 429 and 503 are obeyed when they name a time; after failures in a row the address rests a while, so that a
shop that is down costs one attempt at a time.
"""

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.services.queue_mail import queue_mail
from common.outbound_addresses import Rules
from common.transactions import requires_transaction, use_case
from loyalty.callbacks.sending import Reply, post
from loyalty.callbacks.signing import signed_headers
from loyalty.metrics import CALLBACKS
from loyalty.models import Callback, CallbackEvent, ProjectMember

log = structlog.get_logger(__name__)

BATCH = 40
AT_ONCE = 8
LEASE = timedelta(seconds=120)
# After the first attempt: 75 hours in all.
PAUSES_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_ATTEMPTS = len(PAUSES_SECONDS) + 1
LONGEST_RETRY_AFTER = timedelta(hours=24)
FAILURES_BEFORE_REST = 5
LONGEST_REST = timedelta(hours=1)
Status = CallbackEvent.Status
Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """An event ready to go; `attempt` proves later that this worker may write what came of it."""

    event_id: uuid.UUID
    project_id: uuid.UUID
    event: str
    attempt: int
    url: str
    body: bytes
    headers: dict[str, str]


def send_callbacks(*, clock: Clock, rules: Rules, deliver: Callable[..., Reply] = post) -> int:
    """Send one batch; return how many events were claimed."""
    with use_case():
        parcels = claim_callbacks(now=clock())
    if not parcels:
        return 0
    # Only sockets are touched in the threads; rows are written here.
    with ThreadPoolExecutor(AT_ONCE) as threads:
        replies = list(
            threads.map(lambda one: deliver(one.url, body=one.body, headers=one.headers, rules=rules), parcels)
        )
    for parcel, reply in zip(parcels, replies, strict=True):
        with use_case():
            finish_callback(parcel=parcel, reply=reply, now=clock())
    return len(parcels)


@requires_transaction
def claim_callbacks(*, now: datetime, limit: int = BATCH) -> list[Parcel]:
    """Take events whose time has come, for this worker alone, for the time of a lease; sign them."""
    due = CallbackEvent.objects.due(now).select_related("project__callback").locked_unless_taken()[:limit]
    events = list(due)
    CallbackEvent.objects.filter(id__in=[one.id for one in events]).update(
        status=Status.SENDING, attempts=F("attempts") + 1, lease_expires_at=now + LEASE
    )
    return [_parcel(one, one.project.callback, now) for one in events]


def _parcel(event: CallbackEvent, callback: Callback, now: datetime) -> Parcel:
    keys = [callback.key]
    if callback.old_key and callback.old_key_until and callback.old_key_until > now:
        keys.append(callback.old_key)
    body = bytes(event.body)
    headers = signed_headers(event_id=event.id, body=body, keys=keys, private_key=callback.private_key, now=now)
    return Parcel(
        event_id=event.id,
        project_id=event.project_id,
        event=event.event,
        attempt=event.attempts + 1,
        url=callback.url,
        body=body,
        headers=headers,
    )


@requires_transaction
def finish_callback(*, parcel: Parcel, reply: Reply, now: datetime) -> None:
    """Write down what came of an attempt, for the event and for its address."""
    outcome, next_at = _judge(parcel, reply, now)
    mine = CallbackEvent.objects.filter(id=parcel.event_id, status=Status.SENDING, attempts=parcel.attempt)
    written = mine.update(
        status=outcome,
        next_attempt_at=next_at,
        lease_expires_at=None,
        last_status=reply.status,
        last_error=reply.error[:200],
        finished_at=now if outcome in (Status.DELIVERED, Status.DEAD) else None,
    )
    CALLBACKS.labels(project=str(parcel.project_id), event=parcel.event, outcome=outcome).inc()
    if not written:
        log.warning("loyalty.callback.taken_over", callback_event=str(parcel.event_id))
        return
    if outcome == Status.DEAD:
        log.error("loyalty.callback.dead", callback_event=str(parcel.event_id), status=reply.status, error=reply.error)
        _tell_owners(parcel.project_id, gone=False)
    _remember(parcel.project_id, reply, now)


def _judge(parcel: Parcel, reply: Reply, now: datetime) -> tuple[str, datetime]:
    if reply.is_success:
        return Status.DELIVERED, now
    if parcel.attempt >= MAX_ATTEMPTS:
        return Status.DEAD, now
    pause = timedelta(seconds=PAUSES_SECONDS[parcel.attempt - 1] * random.uniform(1, 1.2))  # noqa: S311  (spreads load)
    if reply.status in (429, 503) and reply.retry_after.isascii() and reply.retry_after.isdecimal():
        asked_for = min(int(reply.retry_after), LONGEST_RETRY_AFTER // timedelta(seconds=1))
        pause = max(pause, timedelta(seconds=asked_for))
    return Status.PENDING, now + pause


def _remember(project_id: uuid.UUID, reply: Reply, now: datetime) -> None:
    callback = Callback.objects.filter(project_id=project_id)
    if reply.status == 410:
        if callback.filter(is_enabled=True).update(is_enabled=False, disabled_reason="410 Gone"):
            _tell_owners(project_id, gone=True)
    elif reply.is_success:
        callback.exclude(failures=0).update(failures=0, rests_until=None)
    else:
        failures = callback.locked().values_list("failures", flat=True)
        count = next(iter(failures), 0) + 1
        rest = min(timedelta(minutes=2 ** min(count - FAILURES_BEFORE_REST, 10)), LONGEST_REST)
        rests_until = now + rest if count >= FAILURES_BEFORE_REST else None
        callback.update(failures=count, rests_until=rests_until)


def _tell_owners(project_id: uuid.UUID, *, gone: bool) -> None:
    """Write to the project's owners in their language."""
    owners = ProjectMember.objects.filter(project_id=project_id, role=ProjectMember.Role.OWNER).select_related(
        "user", "project"
    )
    for owner in owners:
        with override(getattr(owner.user, "language", None) or "ru"):
            reason = _("it answered 410 Gone, so it is switched off") if gone else _("an event was given up")
            text = _("Webhooks of %(project)s can't be delivered: %(reason)s. See the log in your project.")
            queue_mail(
                recipient=owner.user.email,
                subject=_("Webhooks can't be delivered"),
                text=text % {"project": owner.project.name, "reason": reason},
            )
