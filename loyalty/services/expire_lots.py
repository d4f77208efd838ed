"""Take points whose time is over, lot by lot; what is held of a lot stays until its hold ends."""

import uuid
from collections.abc import Collection
from datetime import datetime

from common.transactions import requires_transaction
from loyalty.models import Lot
from loyalty.services.award_points import carry_out
from loyalty.services.give_back import expire
from loyalty.services.plan_for_lots import plan_for_lots


@requires_transaction
def expire_lots(*, now: datetime, ids: Collection[uuid.UUID] | None = None) -> int:
    """Expire those of these lots whose time is over, or a batch of all; return how many there were."""
    plans, lots = plan_for_lots(due=Lot.objects.expired(now), ids=ids, now=now)
    for lot in lots:
        expire(plans[lot.project_id], lot, lot.free)
    if lots:
        carry_out(*plans.values())
    return len(lots)
