"""Let points be spent whose days of waiting are over."""

from datetime import datetime
from itertools import groupby

from common.transactions import requires_transaction
from loyalty.models import Lot, Project
from loyalty.services.award_points import Plan, activate, carry_out
from loyalty.services.post_transactions import lock_accounts

BATCH = 500


@requires_transaction
def activate_lots(*, now: datetime, limit: int = BATCH) -> int:
    """Activate up to `limit` lots; return how many there were."""
    due = Lot.objects.filter(status=Lot.Status.PENDING, activates_at__lte=now)
    found = due.order_by("activates_at", "id").values_list("project_id", "customer_id", "id")[:limit]
    activated = 0
    for project_id, group in groupby(sorted(found), key=lambda one: one[0]):
        rows = list(group)
        accounts = lock_accounts(project_id=project_id, customer_ids={customer_id for _, customer_id, _ in rows})
        plan = Plan(Project.objects.get(id=project_id), accounts, now)
        ripe = due.filter(id__in=[lot_id for _, _, lot_id in rows]).select_related("order").order_by("id")
        for lot in ripe:
            activate(plan, lot, points=lot.remaining, order=lot.order, rule="days_of_waiting")
            activated += 1
        carry_out(plan)
    return activated
