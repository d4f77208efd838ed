"""Take points whose time is over, lot by lot; what is held of a lot stays until its hold ends."""

from datetime import datetime
from itertools import groupby

from django.db.models import F

from common.transactions import requires_transaction
from loyalty.models import Lot, Project
from loyalty.services.award_points import Plan, carry_out
from loyalty.services.give_back import expire
from loyalty.services.post_transactions import lock_accounts

BATCH = 500


@requires_transaction
def expire_lots(*, now: datetime, limit: int = BATCH) -> int:
    """Expire up to `limit` lots; return how many there were."""
    due = Lot.objects.filter(status=Lot.Status.ACTIVE, remaining__gt=F("held"), expires_at__lte=now)
    found = due.order_by("expires_at", "id").values_list("project_id", "customer_id", "id")[:limit]
    expired = 0
    for project_id, group in groupby(sorted(found), key=lambda one: one[0]):
        rows = list(group)
        accounts = lock_accounts(project_id=project_id, customer_ids={customer_id for _, customer_id, _ in rows})
        plan = Plan(Project.objects.get(id=project_id), accounts, now)
        # Read again behind the lock: somebody may have spent of them.
        for lot in due.filter(id__in=[lot_id for _, _, lot_id in rows]).order_by("id"):
            expire(plan, lot, lot.free)
            expired += 1
        carry_out(plan)
    return expired
