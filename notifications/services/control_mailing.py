"""Hold, continue and end a mailing: the walk of its audience, and the messages that are already planned."""

from datetime import datetime
from uuid import UUID

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction
from notifications.models import NotificationEvent, NotificationJob
from notifications.services.queue_jobs import WANTED, send_to_workers
from notifications.services.resume_walks import wake_walk

Status = NotificationEvent.Status
PauseReason = NotificationEvent.PauseReason
# Of the messages that wait for a held mailing so many are woken at once; the sweep brings the rest.
WOKEN = 5000


class MailingNotRunning(Problem):
    """It is held or ended already."""

    code = "mailing_not_running"
    title = "This mailing is not running."


class MailingNotPaused(Problem):
    """Only what is held can go on."""

    code = "mailing_not_paused"
    title = "This mailing is not paused."


@requires_transaction
def pause_mailing(*, event_id: UUID, reason: str, actor_id: object | None, now: datetime) -> None:
    """Plan no more, and send nothing that isn't on its way; a canary's pause gives way to a worse reason.

    Raises:
        MailingNotRunning
    """
    running = NotificationEvent.objects.filter(id=event_id, pause_reason__in=["", PauseReason.CANARY])
    if not running.exclude(status=Status.CANCELLED).update(pause_reason=reason):
        raise MailingNotRunning()
    _write_down(actor_id, "pause", event_id, reason)


@requires_transaction
def resume_mailing(*, event_id: UUID, actor_id: object | None, now: datetime, held_for: str = "") -> None:
    """Go on, beyond the canary too; with `held_for` only what is held for this reason and not for another by now.

    Raises:
        MailingNotPaused
    """
    paused = NotificationEvent.objects.filter(id=event_id).exclude(pause_reason="").exclude(status=Status.CANCELLED)
    if held_for:
        paused = paused.filter(pause_reason=held_for)
    if not paused.update(pause_reason="", audience_limit=None):
        raise MailingNotPaused()
    wake_walk(event_id=event_id, now=now)
    waiting = NotificationJob.objects.filter(
        event_id=event_id, status=NotificationJob.Status.DEFERRED, reason="mailing_paused"
    )
    jobs = list(waiting.order_by("id").values_list(*WANTED)[:WOKEN])
    waiting.update(next_attempt_at=now)
    send_to_workers(jobs)
    _write_down(actor_id, "resume", event_id, "")


@requires_transaction
def cancel_mailing(*, event_id: UUID, actor_id: object, now: datetime) -> int:
    """End it for good; return how many messages were kept from going out. What a worker is sending goes out.

    Raises:
        MailingNotRunning
    """
    running = NotificationEvent.objects.filter(id=event_id).exclude(status__in=[Status.CANCELLED, Status.BLOCKED])
    if not running.update(status=Status.CANCELLED, next_attempt_at=None, planned_at=None):
        raise MailingNotRunning()
    waiting = NotificationJob.objects.unfinished().filter(event_id=event_id)
    kept = waiting.exclude(status=NotificationJob.Status.SENDING).update(
        status=NotificationJob.Status.SUPPRESSED, reason="mailing_cancelled", next_attempt_at=None, finished_at=now
    )
    _write_down(actor_id, "cancel", event_id, "")
    return kept


def _write_down(actor_id: object | None, action: str, event_id: UUID, reason: str) -> None:
    record_entry(
        actor_id=actor_id,  # type: ignore[arg-type]  # an id of the accounts, None for the system itself
        action=f"notifications.{action}_mailing",
        target_type="notifications.notificationevent",
        target_id=str(event_id),
        changes={"pause_reason": [None, reason]},
    )
