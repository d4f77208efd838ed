"""Let points be spent whose days of waiting are over."""

import uuid
from collections.abc import Collection
from datetime import datetime

from common.transactions import requires_transaction
from loyalty.models import Lot
from loyalty.services.award_points import activate, carry_out
from loyalty.services.plan_for_lots import plan_for_lots


@requires_transaction
def activate_lots(*, now: datetime, ids: Collection[uuid.UUID] | None = None) -> int:
    """Activate those of these lots that are ripe, or a batch of all; return how many there were."""
    plans, lots = plan_for_lots(due=Lot.objects.ripe(now), ids=ids, now=now)
    for lot in lots:
        activate(plans[lot.project_id], lot, points=lot.remaining, order=lot.order, rule="days_of_waiting")
    if lots:
        carry_out(*plans.values())
    return len(lots)
