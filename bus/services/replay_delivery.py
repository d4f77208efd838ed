"""Give a parked fact to its handler again, from the first attempt."""

from django.db.models import QuerySet
from django.db.models.functions import Now

from bus.models import Delivery
from common.transactions import requires_transaction


@requires_transaction
def replay_deliveries(*, deliveries: QuerySet[Delivery]) -> int:
    """Make parked deliveries pending again; return how many were parked."""
    return deliveries.filter(status=Delivery.Status.PARKED).update(
        status=Delivery.Status.PENDING,
        finished_at=None,
        attempts=0,
        next_attempt_at=Now(),
    )
