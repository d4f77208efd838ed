"""Decide whether a message may go out now. Every rule that was asked is written down with its answer.

In order: its mailing may be held or cancelled; marketing needs a stored consent, and comes only so often; the person may
have switched the category off for the channel; there must be an address that isn't suppressed; some want one digest
instead of many messages; and what isn't urgent waits until the person's quiet hours are over. Nothing is dropped for
being at a bad hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifications.models import ContactPoint, NotificationEvent, NotificationJob, Recipient
from notifications.models.choices import Category, Channel, DigestPeriod
from notifications.models.suppression import hash_of_address
from notifications.services.know_batch import BatchKnowledge

# How often an address that nobody has told yet is looked for without being told.
LOOK_AGAIN = timedelta(hours=1)
# How often a held mailing's messages ask whether it goes on, when nobody wakes them.
ASK_AGAIN = timedelta(minutes=15)
# No message is worth sending to an address at which there is nobody yet, but a mail is worth waiting for.
WAITS_FOR_ADDRESS = frozenset({Channel.EMAIL})
NEEDS_CONTACT_POINT = frozenset({Channel.EMAIL, Channel.PUSH, Channel.TELEGRAM, Channel.WEBHOOK})
DIGEST_TEMPLATE = "digest"
DIGEST_REASON, DIGEST_DUE = "digest", "digest_due"
DIGEST_HOUR = 9
Status = NotificationJob.Status


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`status` is SENDING when the message may go, to `contact_points`; else where the job stands and why."""

    status: str
    reason: str = ""
    until: datetime | None = None
    contact_points: list[ContactPoint] = field(default_factory=list)
    trace: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the rules are asked about."""

    job: NotificationJob
    known: BatchKnowledge
    marketing_cap: int
    # How long a message waits for an address.
    address_wait: timedelta
    now: datetime

    @property
    def recipient(self) -> Recipient:
        return self.job.recipient

    @property
    def contact_points(self) -> Sequence[ContactPoint]:
        return self.known.contact_points.get((self.job.recipient_id, self.job.channel), [])

    @property
    def usable_contact_points(self) -> list[ContactPoint]:
        """In use, not suppressed, and not reached by an earlier attempt."""
        return [
            one
            for one in self.contact_points
            if one.switched_off_at is None and not self._is_suppressed(one) and str(one.id) not in self.job.reached
        ]

    def _is_suppressed(self, contact_point: ContactPoint) -> bool:
        address = (contact_point.channel, hash_of_address(contact_point.address))
        return any((*address, category) in self.known.suppressed for category in ("", self.job.category))


def decide_delivery(*, question: Question) -> Decision:
    """Ask the rules in their order; the first that objects decides."""
    trace: list[dict[str, str]] = []
    for name, rule in RULES:
        objection = rule(question)
        trace.append({"rule": name, "answer": objection.reason if objection else "passed"})
        if objection is not None:
            return Decision(status=objection.status, reason=objection.reason, until=objection.until, trace=trace)
    return Decision(status=Status.SENDING, contact_points=question.usable_contact_points, trace=trace)


def _mailing(question: Question) -> Decision | None:
    event = question.job.event
    if event.status == NotificationEvent.Status.CANCELLED:
        return Decision(status=Status.SUPPRESSED, reason="mailing_cancelled")
    is_canary = event.pause_reason == NotificationEvent.PauseReason.CANARY
    if event.pause_reason and not is_canary:
        return Decision(status=Status.DEFERRED, reason="mailing_paused", until=question.now + ASK_AGAIN)
    return None


def _consent(question: Question) -> Decision | None:
    if question.job.category == Category.MARKETING and question.recipient.marketing_consent_at is None:
        return Decision(status=Status.SUPPRESSED, reason="no_consent")
    return None


def _preference(question: Question) -> Decision | None:
    job = question.job
    if (job.recipient_id, job.category, job.channel) in question.known.refused:
        return Decision(status=Status.SUPPRESSED, reason="switched_off_by_recipient")
    return None


def _contact_point(question: Question) -> Decision | None:
    job = question.job
    if job.channel not in NEEDS_CONTACT_POINT or question.usable_contact_points:
        return None
    of_channel = question.contact_points
    if any(one.switched_off_at is None for one in of_channel):
        return Decision(status=Status.SUPPRESSED, reason="suppressed_address")
    if of_channel:
        return Decision(status=Status.UNDELIVERABLE, reason="address_refused")
    if job.channel not in WAITS_FOR_ADDRESS:
        return Decision(status=Status.UNDELIVERABLE, reason="not_subscribed")
    return _wait_for_address(question)


def _wait_for_address(question: Question) -> Decision:
    ends_at = question.job.created_at + question.address_wait
    if question.now >= ends_at:
        return Decision(status=Status.UNDELIVERABLE, reason="no_address_in_time")
    until = min(question.now + LOOK_AGAIN, ends_at)
    return Decision(status=Status.DEFERRED, reason="no_address", until=until)


def _frequency(question: Question) -> Decision | None:
    job = question.job
    if job.category != Category.MARKETING or job.channel == Channel.IN_APP:
        return None
    sent = question.known.marketing_sent.get((job.recipient_id, job.channel), 0)
    if sent < question.marketing_cap:
        return None
    return Decision(status=Status.SUPPRESSED, reason="frequency_cap")


def _digest(question: Question) -> Decision | None:
    job = question.job
    if job.is_urgent or job.channel == Channel.IN_APP or job.template_code == DIGEST_TEMPLATE:
        return None
    if job.reason == DIGEST_DUE or _has_waited_for_digest(job):
        return None
    period = question.known.digests.get((job.recipient_id, job.category))
    if period is None:
        return None
    until = end_of_period(period, zone=question.recipient.time_zone, now=question.now)
    return Decision(status=Status.DEFERRED, reason=DIGEST_REASON, until=until)


def _has_waited_for_digest(job: NotificationJob) -> bool:
    """Tell whether it was put off to a digest before: what has kept it since then must not put it off to the next one."""
    return {"rule": "digest", "answer": DIGEST_REASON} in [
        {"rule": one.get("rule"), "answer": one.get("answer")} for one in job.decisions
    ]


def _quiet_hours(question: Question) -> Decision | None:
    job, recipient = question.job, question.recipient
    if job.is_urgent or recipient.quiet_hours is None or job.channel in (Channel.IN_APP, Channel.WEBHOOK):
        return None
    until = end_of_quiet_hours(recipient.quiet_hours, zone=recipient.time_zone, now=question.now)
    return Decision(status=Status.DEFERRED, reason="quiet_hours", until=until) if until else None


RULES = (
    ("mailing", _mailing),
    ("consent", _consent),
    ("preference", _preference),
    ("contact_point", _contact_point),
    ("frequency", _frequency),
    ("digest", _digest),
    ("quiet_hours", _quiet_hours),
)


def zone_of(name: str) -> ZoneInfo:
    """Return the zone, UTC for a name that isn't one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def end_of_period(period: str, *, zone: str, now: datetime) -> datetime:
    """Return when a digest goes out: at the next full hour, or the next morning at nine of the recipient's clock."""
    local = now.astimezone(zone_of(zone))
    if period == DigestPeriod.HOURLY:
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return hour + timedelta(hours=1)
    morning = datetime.combine(local.date(), time(DIGEST_HOUR), tzinfo=local.tzinfo)
    if morning <= local:
        morning = datetime.combine(local.date() + timedelta(days=1), time(DIGEST_HOUR), tzinfo=local.tzinfo)
    return morning.astimezone(UTC)


def end_of_quiet_hours(hours: tuple[time, time], *, zone: str, now: datetime) -> datetime | None:
    """Return when the hours of silence that contain `now` are over; None when it isn't silent now.

    Both ends are instants: an hour that the clock skips or repeats makes the silence shorter or longer, never endless.
    """
    place = zone_of(zone)
    begin, end = hours
    today = now.astimezone(place).date()
    for day in (today - timedelta(days=1), today):
        last_day = day if begin < end else day + timedelta(days=1)
        opens = min(_instants(day, begin, place))
        closes = max(_instants(last_day, end, place))
        if opens <= now < closes:
            return closes
    return None


def _instants(day: date, at: time, place: ZoneInfo) -> list[datetime]:
    """Return both readings of a local time: they differ where the clock is set forwards or back."""
    local = datetime.combine(day, at, tzinfo=place)
    return [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
