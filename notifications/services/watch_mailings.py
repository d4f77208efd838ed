"""Look after mailings that are under way: let one go on whose canary has gone well, hold one that goes wrong."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog

from common.transactions import requires_transaction
from notifications.models import NotificationEvent
from notifications.selectors.intake import count_jobs_by_status
from notifications.selectors.mailings import count_complaints, list_mailings_under_way
from notifications.services.announce_fact import OWN_SOURCE
from notifications.services.control_mailing import MailingNotPaused, MailingNotRunning, pause_mailing, resume_mailing

log = structlog.get_logger(__name__)

# Fewer than so many messages that have ended say nothing.
ENOUGH = 10
FAILURE_PERCENT = Decimal(5)
COMPLAINT_PERCENT = Decimal("0.30")
REACHED = ("sent", "delivered")
FAILED = ("dead",)
UNFINISHED = ("planned", "queued", "sending", "failed")
PauseReason = NotificationEvent.PauseReason


@dataclass(frozen=True, kw_only=True)
class Results:
    """How a mailing's messages stand. `waiting` are those that were put off: to a better hour, until there is an address,
    or because no provider takes them now."""

    reached: int
    failed: int
    refused: int
    under_way: int
    waiting: int
    complaints: int

    @property
    def ended(self) -> int:
        return self.reached + self.failed + self.refused

    @property
    def is_telling(self) -> bool:
        return self.ended >= ENOUGH

    @property
    def is_heard(self) -> bool:
        """Whether a canary has been heard: nothing of it is on its way, and at most half of it waits.

        One that goes out at night, or while the mail server is away, has said nothing yet.
        """
        return self.under_way == 0 and self.waiting <= self.ended

    def judge(self, *, failure_percent: Decimal, complaint_percent: Decimal) -> str:
        """Return why the mailing must stop, or ''."""
        if not self.is_telling:
            return ""
        if 100 * (self.failed + self.refused) > failure_percent * self.ended:
            return PauseReason.FAILURES
        if 100 * self.complaints > complaint_percent * self.ended:
            return PauseReason.COMPLAINTS
        return ""


@requires_transaction
def watch_mailings(*, now: datetime) -> dict[UUID, str]:
    """Return what was done, by event: a reason to pause, or 'resumed'."""
    done: dict[UUID, str] = {}
    for event in list_mailings_under_way(now=now):
        results = results_of(event)
        campaign = getattr(event, "campaign", None)
        if campaign is None and event.source == OWN_SOURCE:
            # What people must hear of their own bookings goes out, whatever becomes of some of it.
            continue
        reason = results.judge(
            failure_percent=campaign.failure_percent if campaign else FAILURE_PERCENT,
            complaint_percent=campaign.complaint_percent if campaign else COMPLAINT_PERCENT,
        )
        try:
            if reason:
                pause_mailing(event_id=event.id, reason=reason, actor_id=None, now=now)
                log.error("notifications.mailing.paused", event_id=str(event.event_id), reason=reason)
                done[event.id] = reason
            elif event.pause_reason == PauseReason.CANARY and results.is_heard:
                resume_mailing(event_id=event.id, actor_id=None, now=now, held_for=PauseReason.CANARY)
                log.info("notifications.mailing.canary_went_well", event_id=str(event.event_id))
                done[event.id] = "resumed"
        except (MailingNotRunning, MailingNotPaused):
            # A person was quicker, and means what they did.
            log.info("notifications.mailing.left_to_its_people", event_id=str(event.event_id))
    return done


def results_of(event: NotificationEvent) -> Results:
    """Count how the messages of a mailing stand."""
    counts = count_jobs_by_status(event=event)
    refused = count_jobs_by_status(event=event, reason="refused").get("undeliverable", 0)
    return Results(
        reached=sum(counts.get(status, 0) for status in REACHED),
        failed=sum(counts.get(status, 0) for status in FAILED),
        refused=refused,
        under_way=sum(counts.get(status, 0) for status in UNFINISHED),
        waiting=counts.get("deferred", 0),
        complaints=count_complaints(event=event),
    )
