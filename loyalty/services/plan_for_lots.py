"""Prepare what the clock does to lots: lock whose they are, and plan for all of their projects together."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from common.transactions import requires_transaction
from loyalty.models import Lot, Project
from loyalty.models.lot import LotQuerySet
from loyalty.services.award_points import Plan
from loyalty.services.post_transactions import lock_accounts_of

BATCH = 500


@requires_transaction
def plan_for_lots(
    *, due: LotQuerySet, ids: Collection[uuid.UUID] | None, now: datetime
) -> tuple[Mapping[uuid.UUID, Plan], list[Lot]]:
    """Return a plan for each project, and the lots: those of `ids` that are due, or the first of all.

    They are read again behind the lock: somebody may have spent of them, or merged their customer into another.
    """
    chosen = due.filter(id__in=ids) if ids is not None else due[:BATCH]
    found = list(chosen.values_list("project_id", "customer_id", "id"))
    customers: dict[uuid.UUID, set[uuid.UUID]] = {}
    for project_id, customer_id, _ in found:
        customers.setdefault(project_id, set()).add(customer_id)
    if not customers:
        return {}, []
    accounts = lock_accounts_of(customers)
    projects = Project.objects.in_bulk(customers)
    still = due.filter(id__in=[lot_id for _, _, lot_id in found], customer_id__in=set().union(*customers.values()))
    lots = list(still.select_related("order").order_by("id"))
    return {project_id: Plan(projects[project_id], accounts, now) for project_id in customers}, lots
