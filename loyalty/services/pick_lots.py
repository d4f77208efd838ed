"""Choose the lots that points are taken from: what expires soonest, then first in, first out."""

import uuid
from datetime import datetime
from decimal import Decimal

from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.models import Lot


class InsufficientBonuses(Problem):
    """The customer has fewer points than asked for."""

    code = "insufficient_bonuses"
    status = 409
    title = "There are not enough points."


@requires_transaction
def pick_lots(*, customer_id: uuid.UUID, points: Decimal, now: datetime) -> dict[uuid.UUID, Decimal]:
    """Return how much is taken of each lot. The caller has locked the customer's accounts.

    Raises:
        InsufficientBonuses
    """
    picked, left = {}, points
    for lot in Lot.objects.filter(customer_id=customer_id).spendable(now):
        part = min(left, lot.free)
        picked[lot.id] = part
        left -= part
        if not left:
            return picked
    raise InsufficientBonuses(available=str(points - left))
