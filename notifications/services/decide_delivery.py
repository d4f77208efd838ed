"""Decide whether a message may go out now. Every rule that was asked is written down with its answer.

In order: marketing needs a stored consent; the person may have switched the category off for the channel; there must be
a place to send it to; and what isn't urgent waits until the person's quiet hours are over. Nothing is dropped for
being at a bad hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifications.models import ContactPoint, NotificationJob, Recipient
from notifications.models.choices import Category, Channel

# How long a message waits for an address that nobody has told yet, and how often it is looked for without being told.
PATIENCE = timedelta(days=3)
LOOK_AGAIN = timedelta(hours=1)
# No message is worth sending to an address at which there is nobody yet, but a mail is worth waiting for.
WAITS_FOR_ADDRESS = frozenset({Channel.EMAIL})
NEEDS_CONTACT_POINT = frozenset({Channel.EMAIL, Channel.PUSH})
Status = NotificationJob.Status


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`status` is SENDING when the message may go; else where the job stands and why."""

    status: str
    reason: str = ""
    until: datetime | None = None
    trace: list[dict[str, str]] = field(default_factory=list)


def decide_delivery(
    *,
    job: NotificationJob,
    recipient: Recipient,
    contact_points: Sequence[ContactPoint],
    choices: Mapping[tuple[str, str], bool],
    now: datetime,
) -> Decision:
    """Ask the rules in their order; the first that objects decides."""
    trace: list[dict[str, str]] = []
    for rule, objection in (
        ("consent", _consent(job, recipient)),
        ("preference", _preference(job, choices)),
        ("contact_point", _contact_point(job, contact_points, now)),
        ("quiet_hours", _quiet_hours(job, recipient, now)),
    ):
        trace.append({"rule": rule, "answer": objection.reason if objection else "passed"})
        if objection is not None:
            return Decision(status=objection.status, reason=objection.reason, until=objection.until, trace=trace)
    return Decision(status=Status.SENDING, trace=trace)


def _consent(job: NotificationJob, recipient: Recipient) -> Decision | None:
    if job.category == Category.MARKETING and recipient.marketing_consent_at is None:
        return Decision(status=Status.SUPPRESSED, reason="no_consent")
    return None


def _preference(job: NotificationJob, choices: Mapping[tuple[str, str], bool]) -> Decision | None:
    if choices.get((job.category, job.channel), True):
        return None
    return Decision(status=Status.SUPPRESSED, reason="switched_off_by_recipient")


def _contact_point(job: NotificationJob, contact_points: Sequence[ContactPoint], now: datetime) -> Decision | None:
    if job.channel not in NEEDS_CONTACT_POINT:
        return None
    of_channel = [one for one in contact_points if one.channel == job.channel]
    if any(one.switched_off_at is None for one in of_channel):
        return None
    if of_channel:
        return Decision(status=Status.UNDELIVERABLE, reason="address_refused")
    if job.channel not in WAITS_FOR_ADDRESS:
        return Decision(status=Status.UNDELIVERABLE, reason="not_subscribed")
    if now - job.created_at >= PATIENCE:
        return Decision(status=Status.UNDELIVERABLE, reason="no_address_in_time")
    until = min(now + LOOK_AGAIN, job.created_at + PATIENCE)
    return Decision(status=Status.DEFERRED, reason="no_address", until=until)


def _quiet_hours(job: NotificationJob, recipient: Recipient, now: datetime) -> Decision | None:
    if job.is_urgent or recipient.quiet_hours is None or job.channel == Channel.IN_APP:
        return None
    until = end_of_quiet_hours(recipient.quiet_hours, zone=recipient.time_zone, now=now)
    return Decision(status=Status.DEFERRED, reason="quiet_hours", until=until) if until else None


def end_of_quiet_hours(hours: tuple[time, time], *, zone: str, now: datetime) -> datetime | None:
    """Return when the hours of silence that contain `now` are over; None when it isn't silent now."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        place = ZoneInfo("UTC")
    local = now.astimezone(place)
    begin, end = hours
    for day in (local.date() - timedelta(days=1), local.date()):
        last_day = day if begin < end else day + timedelta(days=1)
        opens = datetime.combine(day, begin, tzinfo=place)
        closes = datetime.combine(last_day, end, tzinfo=place)
        if opens <= local < closes:
            return closes.astimezone(UTC)
    return None
