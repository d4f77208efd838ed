"""Look up for a batch of jobs what their decisions ask for: one query per question, however many jobs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from common.transactions import requires_transaction
from notifications.models import NotificationJob
from notifications.models.choices import Category
from notifications.models.suppression import hash_of_address
from notifications.selectors import count_marketing_sent, list_suppressed

CAP_WINDOW = timedelta(days=7)
Suppressed = frozenset[tuple[str, bytes]]


@dataclass(frozen=True, kw_only=True)
class BatchKnowledge:
    """Suppressed addresses by channel and hash; marketing messages of the last week by recipient and channel."""

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
    addresses = {
        (contact.channel, hash_of_address(contact.address))
        for job in jobs
        for contact in job.recipient.contact_points.all()
        if contact.channel == job.channel
    }
    suppressed = list_suppressed(keys=addresses) if addresses else frozenset()
    marketing = [job for job in jobs if job.category == Category.MARKETING]
    counts: Counter[tuple[UUID, str]] = Counter()
    if marketing:
        counts.update(
            count_marketing_sent(recipient_ids={job.recipient_id for job in marketing}, since=now - CAP_WINDOW)
        )
    return BatchKnowledge(suppressed=suppressed, marketing_sent=counts)
