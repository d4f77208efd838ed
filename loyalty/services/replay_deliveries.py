"""Give webhooks to the workers again: the dead, conflicts, and those held as duplicates by their body alone."""

from datetime import datetime

from common.transactions import requires_transaction
from loyalty.models import WebhookDelivery
from loyalty.models.webhook_delivery import WebhookDeliveryQuerySet

Status = WebhookDelivery.Status
REPLAYED = (Status.DEAD, Status.CONFLICT, Status.DUPLICATE)


@requires_transaction
def replay_deliveries(*, deliveries: WebhookDeliveryQuerySet, now: datetime) -> int:
    """Make them wait for a worker, from the first attempt; return how many.

    Orders that are known stay so, whatever is replayed: nothing is accrued twice.
    """
    return deliveries.filter(status__in=REPLAYED).update(
        status=Status.RECEIVED, attempts=0, next_attempt_at=now, finished_at=None, last_error=""
    )
