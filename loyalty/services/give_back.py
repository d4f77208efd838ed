"""Give points back to the lots that they were taken from.

A lot whose time is over takes them for the project's days of grace; what else was left in it is lost first. What the
customer owes is paid at once.
"""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from django.db.models import Sum

from common.transactions import requires_transaction
from loyalty.accrual_rules import apportion
from loyalty.models import LedgerAccount, LedgerEntry, LedgerTransaction, Lot, Order
from loyalty.services.award_points import Plan, settle_debt
from loyalty.services.post_transactions import Line

Account = LedgerAccount.Kind
Movement = LedgerTransaction.Kind
ZERO = Decimal(0)


@requires_transaction
def give_back_spent(*, plan: Plan, order: Order, points: Decimal, reference: str) -> dict[uuid.UUID, Decimal]:
    """Plan that points which paid for an order come back; return how many to which lot.

    They are split over what each lot still misses by the method of the largest remainder, so that returns in any order
    and any number give every lot back exactly what it gave. What has come back already, by whichever way, doesn't again.
    """
    missing = _missing(order)
    points = min(points, sum(missing.values(), ZERO))
    given = dict(zip(missing, apportion(points, list(missing.values())), strict=True))
    given = {lot_id: part for lot_id, part in given.items() if part}
    if not given:
        return {}
    lots = revive(plan, given)
    posting = plan.post(
        Movement.RETURN_SPENT,
        order.customer_id,
        {"rules": [{"rule": "to_the_same_lots"}], "points": str(points)},
        *(Line(kind=Account.ACTIVE, lot_id=lot_id, amount=part) for lot_id, part in given.items()),
        Line(kind=Account.REDEEMED, amount=-points),
        order_pk=order.id,
        reference=reference,
    )
    plan.tell(posting, event="bonus_returned", amount=points, order_id=order.order_id)
    for lot in lots:
        settle_debt(plan, lot, given[lot.id])
    return given


def _missing(order: Order) -> dict[uuid.UUID, Decimal]:
    """Return what each lot gave for the order and did not get back, in the order of its spending."""
    lines = LedgerEntry.objects.filter(
        transaction__order=order,
        transaction__kind__in=[Movement.SPEND, Movement.RETURN_SPENT],
        lot__isnull=False,
    )
    sums = lines.values_list("lot_id").annotate(total=Sum("amount")).order_by("lot_id")
    return {lot_id: -total for lot_id, total in sums if total < 0}


def revive(plan: Plan, given: Mapping[uuid.UUID, Decimal]) -> list[Lot]:
    """Plan that lots whose time is over live for the days of grace; what they hold besides is lost before."""
    lots = list(Lot.objects.filter(id__in=list(given)).order_by("id"))
    for lot in lots:
        if lot.expires_at is None or lot.expires_at > plan.now:
            continue
        if lot.free:
            expire(plan, lot, lot.free)
        lot.expires_at, lot.warned_at = plan.now + timedelta(days=plan.project.grace_days), None
        plan.activated.append(lot)
    return lots


def expire(plan: Plan, lot: Lot, points: Decimal) -> None:
    """Plan that points of a lot are lost."""
    posting = plan.post(
        Movement.EXPIRY,
        lot.customer_id,
        {"rules": [{"rule": "expiry", "lot": str(lot.id)}], "points": str(-points)},
        Line(kind=Account.ACTIVE, lot_id=lot.id, amount=-points),
        Line(kind=Account.EXPIRED, amount=points),
    )
    plan.tell(posting, event="bonus_expired", amount=points)
