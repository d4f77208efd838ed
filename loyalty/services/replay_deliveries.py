"""Give webhooks to the workers again: those that were given up, and conflicts."""

import uuid
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from audit.services.record_entry import record_entry
from common.transactions import requires_transaction
from loyalty.models import WebhookDelivery
from loyalty.models.webhook_delivery import WebhookDeliveryQuerySet

Status = WebhookDelivery.Status
# To mark a row takes microseconds; whoever chose more chooses again.
MOST_AT_ONCE = 10_000
# So many are named by one entry of the audit.
NAMED_AT_ONCE = 1_000


@requires_transaction
def replay_deliveries(*, deliveries: WebhookDeliveryQuerySet, actor_id: uuid.UUID, now: datetime) -> int:
    """Make them wait for a worker, from the first attempt; return how many.

    Orders that are known stay so: nothing is accrued twice. What was held as known, and what the shop has sent again
    since, is left alone: see `release_duplicates`.
    """
    return give_to_workers(
        deliveries=deliveries.failed(),
        action="loyalty.replay_webhooks",
        actor_id=actor_id,
        most=MOST_AT_ONCE,
        now=now,
    )


@requires_transaction
def give_to_workers(
    *, deliveries: WebhookDeliveryQuerySet, action: str, actor_id: uuid.UUID, most: int, now: datetime
) -> int:
    """Make the first `most` of them wait for a worker, and write down which; return how many."""
    found = list(deliveries.locked().values_list("project_id", "id")[:most])
    for project_id, rows in groupby(sorted(found), key=itemgetter(0)):
        chosen = [delivery_id for _, delivery_id in rows]
        for start in range(0, len(chosen), NAMED_AT_ONCE):
            _mark(project_id, chosen[start : start + NAMED_AT_ONCE], action, actor_id, now)
    return len(found)


def _mark(project_id: uuid.UUID, chosen: list[uuid.UUID], action: str, actor_id: uuid.UUID, now: datetime) -> None:
    WebhookDelivery.objects.filter(id__in=chosen).update(
        status=Status.RECEIVED, attempts=0, next_attempt_at=now, finished_at=None, last_error=""
    )
    record_entry(
        actor_id=actor_id,
        action=action,
        target_type="loyalty.project",
        target_id=str(project_id),
        changes={"webhooks": [None, [str(one) for one in chosen]]},
    )
