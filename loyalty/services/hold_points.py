"""Lay points aside for something that isn't paid yet, then spend or release them.

What is held stays in its lots: it can't be spent elsewhere, doesn't expire while it is held, and goes back to the same
lots. A purpose holds once; ending a hold twice changes nothing.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from common.transactions import requires_transaction
from loyalty.models import LedgerAccount, LedgerTransaction, Order, PointsHold, Project
from loyalty.services.award_points import Plan, carry_out, settle_debt
from loyalty.services.give_back import give_back_spent, revive
from loyalty.services.pick_lots import pick_lots
from loyalty.services.post_transactions import Line, lock_accounts

Account = LedgerAccount.Kind
Movement = LedgerTransaction.Kind
Status = PointsHold.Status


@requires_transaction
def hold_points(
    *, project: Project, customer_id: uuid.UUID, purpose: str, points: Decimal, now: datetime
) -> PointsHold:
    """Take the points out of what can be spent; the same purpose again gets its first hold, unless that was released.

    Raises:
        InsufficientBonuses
    """
    accounts = lock_accounts(project_id=project.id, customer_ids=[customer_id])
    known = PointsHold.objects.filter(project=project, purpose=purpose).first()
    if known is not None and known.status != Status.RELEASED:
        return known
    picked = pick_lots(customer_id=customer_id, points=points, now=now)
    plan = Plan(project, accounts, now)
    _move(plan, Movement.HOLD, customer_id, purpose, picked, Account.ACTIVE, Account.HELD)
    carry_out(plan)
    lots = {str(lot_id): str(part) for lot_id, part in picked.items()}
    held, _is_new = PointsHold.objects.update_or_create(
        project=project,
        purpose=purpose,
        defaults={
            "customer_id": customer_id,
            "points": points,
            "lots": lots,
            "status": Status.HELD,
            "held_at": now,
            "ended_at": None,
        },
    )
    return held


@requires_transaction
def release_hold(*, project: Project, purpose: str, now: datetime) -> bool:
    """Let held points be spent again; return False when nothing is held for the purpose."""
    found = _open_hold(project, purpose, now)
    if found is None:
        return False
    hold, plan = found
    picked = _lots(hold)
    lots = revive(plan, picked)
    _move(plan, Movement.RELEASE, hold.customer_id, purpose, picked, Account.HELD, Account.ACTIVE)
    for lot in lots:
        settle_debt(plan, lot, picked[lot.id])
    carry_out(plan)
    _end(hold, Status.RELEASED, now)
    return True


@requires_transaction
def spend_hold(*, project: Project, purpose: str, now: datetime) -> bool:
    """Pay with held points: an order named by the purpose, worth its points, is written; False when nothing is held."""
    found = _open_hold(project, purpose, now)
    if found is None:
        return False
    hold, plan = found
    order = Order.objects.create(
        project=project,
        customer_id=hold.customer_id,
        kind=Order.Kind.SPEND,
        order_id=purpose,
        amount=hold.points,
        status=Order.Status.PAID,
        details={"points": str(hold.points)},
        placed_at=now,
        paid_at=now,
    )
    posting = plan.post(
        Movement.SPEND,
        hold.customer_id,
        {"rules": [{"rule": "held_before"}], "points": str(-hold.points)},
        *(Line(kind=Account.HELD, lot_id=lot_id, amount=-part) for lot_id, part in _lots(hold).items()),
        Line(kind=Account.REDEEMED, amount=hold.points),
        order_pk=order.id,
    )
    plan.tell(posting, event="bonus_spent", amount=hold.points, order_id=purpose)
    carry_out(plan)
    _end(hold, Status.SPENT, now)
    return True


@requires_transaction
def return_hold(*, project: Project, purpose: str, points: Decimal, reference: str, now: datetime) -> Decimal:
    """Give points back that a hold was spent for, once per reference; return how many went back."""
    customer_id = PointsHold.objects.filter(project=project, purpose=purpose).values_list("customer_id", flat=True)
    if not customer_id:
        return Decimal(0)
    accounts = lock_accounts(project_id=project.id, customer_ids=list(customer_id))
    hold = PointsHold.objects.locked().get(project=project, purpose=purpose)
    order = Order.objects.filter(project=project, kind=Order.Kind.SPEND, order_id=purpose).first()
    again = LedgerTransaction.objects.filter(order=order, kind=Movement.RETURN_SPENT, reference=reference)
    part = min(points, hold.points - hold.returned)
    if order is None or hold.status != Status.SPENT or part <= 0 or again.exists():
        return Decimal(0)
    plan = Plan(project, accounts, now)
    given = give_back_spent(plan=plan, order=order, points=part, reference=reference)
    carry_out(plan)
    PointsHold.objects.filter(id=hold.id).update(returned=hold.returned + part)
    return sum(given.values(), Decimal(0))


def _open_hold(project: Project, purpose: str, now: datetime) -> tuple[PointsHold, Plan] | None:
    """Lock the accounts first, then the hold: the order in which everybody does."""
    hold = PointsHold.objects.filter(project=project, purpose=purpose).first()
    if hold is None:
        return None
    accounts = lock_accounts(project_id=project.id, customer_ids=[hold.customer_id])
    hold = PointsHold.objects.locked().get(id=hold.id)
    return (hold, Plan(project, accounts, now)) if hold.status == Status.HELD else None


def _lots(hold: PointsHold) -> dict[uuid.UUID, Decimal]:
    return {uuid.UUID(lot_id): Decimal(part) for lot_id, part in hold.lots.items()}


def _move(  # noqa: PLR0917  (from where to where)
    plan: Plan, kind: str, customer_id: uuid.UUID, purpose: str, lots: Mapping[uuid.UUID, Decimal], source: str, to: str
) -> None:
    points = sum(lots.values(), Decimal(0))
    plan.post(
        kind,
        customer_id,
        {"rules": [{"rule": kind, "for": purpose}], "points": str(points)},
        *(Line(kind=source, lot_id=lot_id, amount=-part) for lot_id, part in lots.items()),
        *(Line(kind=to, lot_id=lot_id, amount=part) for lot_id, part in lots.items()),
        reference=purpose,
    )


def _end(hold: PointsHold, status: str, now: datetime) -> None:
    PointsHold.objects.filter(id=hold.id).update(status=status, ended_at=now)
