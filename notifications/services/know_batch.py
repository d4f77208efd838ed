"""Look up for a batch of jobs what their decisions ask for: one query per question, however many jobs."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import ContactPoint, NotificationJob
from notifications.models.choices import Category, Channel
from notifications.models.suppression import hash_of_address
from notifications.selectors.addresses import list_contact_points, list_suppressed
from notifications.selectors.people import count_marketing_sent, list_digest_choices, list_refusals

CAP_WINDOW = timedelta(days=7)
Suppressed = frozenset[tuple[str, bytes, str]]
Addresses = Mapping[tuple[UUID, str], list[ContactPoint]]


@dataclass(frozen=True, kw_only=True)
class BatchKnowledge:
    """By recipient: their addresses by channel, what they refuse (category, channel), the periods of their digests by
    category, and the marketing messages of the last week by channel. Suppressed addresses stand by channel,
    hash and the category that is refused there, '' for all."""

    contact_points: Addresses = field(default_factory=dict)
    refused: Collection[tuple[UUID, str, str]] = frozenset()
    digests: Mapping[tuple[UUID, str], str] = field(default_factory=dict)
    suppressed: Suppressed = frozenset()
    marketing_sent: Counter[tuple[UUID, str]] = field(default_factory=Counter)

    def count_marketing(self, job: NotificationJob) -> None:
        """Count a message that this batch has sent."""
        self.marketing_sent[job.recipient_id, job.channel] += 1


@requires_transaction
def know_batch(*, jobs: Sequence[NotificationJob], now: datetime) -> BatchKnowledge:
    """Return what is known beyond the jobs themselves.

    What another worker is sending at this moment isn't counted: a cap may be passed by that one message.
    """
    people = {job.recipient_id for job in jobs}
    contact_points = _addresses(people, {job.channel for job in jobs} - {Channel.IN_APP})
    hashes = {(one.channel, hash_of_address(one.address)) for addresses in contact_points.values() for one in addresses}
    marketing = {job.recipient_id for job in jobs if job.category == Category.MARKETING}
    sent = count_marketing_sent(recipient_ids=marketing, since=now - CAP_WINDOW) if marketing else {}
    return BatchKnowledge(
        contact_points=contact_points,
        refused=list_refusals(recipient_ids=people),
        digests=list_digest_choices(recipient_ids=people),
        suppressed=list_suppressed(keys=hashes) if hashes else frozenset(),
        marketing_sent=Counter(sent),
    )


def _addresses(people: Collection[UUID], channels: Collection[str]) -> Addresses:
    """Return the contact points of the channels that reach people elsewhere: an inbox needs none."""
    found: dict[tuple[UUID, str], list[ContactPoint]] = defaultdict(list)
    if channels:
        for one in list_contact_points(recipient_ids=people, channels=channels):
            found[one.recipient_id, one.channel].append(one)
    return dict(found)
