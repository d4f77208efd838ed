"""Put what has waited for a digest into one message per person, channel and category.

The digest is an event of its own, whose id follows from what is in it, so that collecting twice sends once. A single
message that has waited goes out as itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from common.transactions import requires_transaction
from notifications.envelope import hash_of
from notifications.event_types.registry import OneAddress, OneCustomer, OneUser, Plan, Someone
from notifications.models import NotificationJob, Recipient
from notifications.models.choices import Channel
from notifications.rendering.message import render_message
from notifications.rendering.sandbox import TemplateIsBroken
from notifications.selectors.addresses import list_contact_points
from notifications.selectors.texts import find_text
from notifications.services.announce_fact import OWN_SOURCE
from notifications.services.decide_delivery import DIGEST_DUE, DIGEST_REASON, DIGEST_TEMPLATE
from notifications.services.know_recipients import key_of
from notifications.services.queue_jobs import LOST_TASK_SECONDS, send_to_workers
from notifications.services.store_events import Incoming, store_events

LIMIT = 5000
MOST_ITEMS = 50
Status = NotificationJob.Status
Group = tuple[UUID, str, str]


@requires_transaction
def collect_digests(*, now: datetime) -> int:
    """Return how many digests were made."""
    due = NotificationJob.objects.filter(status=Status.DEFERRED, reason=DIGEST_REASON, next_attempt_at__lte=now)
    groups: dict[Group, list[NotificationJob]] = defaultdict(list)
    for job in due.select_related("recipient").locked()[:LIMIT]:
        groups[job.recipient_id, job.channel, job.category].append(job)
    people = _people(jobs[0].recipient for jobs in groups.values())
    digests = [jobs for jobs in groups.values() if len(jobs) > 1 and jobs[0].recipient_id in people]
    alone = [job for jobs in groups.values() if len(jobs) == 1 or jobs[0].recipient_id not in people for job in jobs]
    NotificationJob.objects.filter(id__in=[job.id for job in alone]).update(
        status=Status.QUEUED, reason=DIGEST_DUE, next_attempt_at=now + timedelta(seconds=LOST_TASK_SECONDS)
    )
    send_to_workers([(job.id, job.channel, job.category, job.is_urgent) for job in alone])
    events = [_event(jobs, people[jobs[0].recipient_id], now) for jobs in digests]
    for jobs, stored in zip(digests, store_events(events=events, now=now), strict=True):
        NotificationJob.objects.filter(id__in=[job.id for job in jobs]).update(
            status=Status.SENT,
            reason="in_digest",
            provider_message_id=str(stored.row_id),
            next_attempt_at=None,
            finished_at=now,
        )
    return len(digests)


def _people(recipients: Iterable[Recipient]) -> dict[UUID, Someone]:
    """Return as whom a plan speaks of each recipient; who can't be named so has no digests."""
    known = {one.id: one for one in recipients}
    bare = [one.id for one in known.values() if one.kind == Recipient.Kind.ADDRESS]
    points = list_contact_points(recipient_ids=bare, channels=[Channel.EMAIL]) if bare else ()
    addresses = {one.recipient_id: one.address for one in points if one.switched_off_at is None}
    named = {one.id: _person(one, addresses.get(one.id)) for one in known.values()}
    return {recipient_id: person for recipient_id, person in named.items() if person is not None}


def _event(jobs: list[NotificationJob], person: Someone, now: datetime) -> Incoming:
    first = jobs[0]
    items = [item for job in jobs[-MOST_ITEMS:] if (item := _item(job))]
    context = {"items": items, "count": len(jobs)}
    plan = Plan(
        template_code=DIGEST_TEMPLATE, channels=(first.channel,), context=context, to=person, category=first.category
    )
    return Incoming(
        source=OWN_SOURCE,
        event_id=uuid5(NAMESPACE_URL, f"digest {first.id}"),
        event_type="digest",
        occurred_at=now,
        payload=context,
        body_hash=hash_of(context),
        plan=plan,
    )


def _person(recipient: Recipient, address: str | None) -> Someone | None:
    if recipient.kind == Recipient.Kind.USER:
        return OneUser(user_id=recipient.external_id)
    if recipient.kind == Recipient.Kind.CUSTOMER and recipient.project_id:
        return OneCustomer(project_id=recipient.project_id, customer_id=recipient.external_id)
    if recipient.kind == Recipient.Kind.ADDRESS and address:
        person = OneAddress(email=address)
        return person if key_of(person) == (recipient.kind, recipient.external_id) else None
    return None


def _item(job: NotificationJob) -> dict[str, str] | None:
    """Return a message's title and link; None for one that can't be rendered any more."""
    text = find_text(code=job.template_code, channel=job.channel, locale=job.locale)
    if text is None:
        return None
    common = {
        "recipient_name": job.recipient.display_name,
        "site_url": "",
        "unsubscribe_url": "",
        "locale": text.locale,
    }
    try:
        message = render_message(subject=text.subject, body="", link=text.link, context=job.context | common)
    except TemplateIsBroken:
        return None
    return {"title": message.subject, "link": message.link}
