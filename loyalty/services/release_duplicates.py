"""Do as new what was held because the same had come before: two equal bodies without order ids may be two purchases."""

import uuid
from datetime import datetime

from common.transactions import requires_transaction
from loyalty.models.webhook_delivery import WebhookDeliveryQuerySet
from loyalty.services.replay_deliveries import give_to_workers

# Whoever releases them sees first what each would give.
MOST_AT_ONCE = 20


@requires_transaction
def release_duplicates(*, deliveries: WebhookDeliveryQuerySet, actor_id: uuid.UUID, now: datetime) -> int:
    """Make them wait for a worker; return how many.

    An order with an id stays known: only what came without ids gives points once more.
    """
    return give_to_workers(
        deliveries=deliveries.held_as_known(),
        action="loyalty.release_webhooks",
        actor_id=actor_id,
        most=MOST_AT_ONCE,
        now=now,
    )
