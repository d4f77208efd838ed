"""Reward an invitation at the first purchase of who was invited: points for both, once.

An order for nothing is no purchase: with addresses free to make up, it would print points. Nobody invites themselves (the
database refuses it), and one customer is rewarded for so many invitations as the project
allows; who was invited gets theirs all the same.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.db.models import Count

from loyalty.models import Customer, LedgerTransaction, Order, Project
from loyalty.services.award_points import Award, Plan, award

REFERRAL = LedgerTransaction.Kind.REFERRAL


def inviters_of(project: Project, customers: Iterable[Customer]) -> set[uuid.UUID]:
    """Return who may be rewarded for these customers: their accounts must be locked with the others."""
    if not (project.referrer_bonus or project.referred_bonus):
        return set()
    return {one.referred_by_id for one in customers if one.referred_by_id and not one.referral_rewarded_at}


def reward_referrals(
    *, plan: Plan, customers: Mapping[uuid.UUID, Customer], first_orders: Mapping[uuid.UUID, Order]
) -> None:
    """Plan the rewards of those customers whose purchase, which costs something, counts for the first time."""
    project = plan.project
    inviters = inviters_of(project, (customers[customer_id] for customer_id in first_orders))
    if not inviters:
        return
    rewarded = _rewarded(inviters)
    newly = []
    for customer_id, order in first_orders.items():
        customer = customers[customer_id]
        inviter_id = customer.referred_by_id
        if inviter_id is None or customer.referral_rewarded_at:
            continue
        _give(plan, customer_id, points=project.referred_bonus, order=order, side="invited")
        if rewarded.get(inviter_id, 0) < project.referral_limit:
            _give(plan, inviter_id, points=project.referrer_bonus, order=order, side="inviter")
        rewarded[inviter_id] = rewarded.get(inviter_id, 0) + 1
        newly.append(customer_id)
    _mark(newly, plan.now)


def _rewarded(inviters: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    found = Customer.objects.filter(referred_by__in=inviters, referral_rewarded_at__isnull=False)
    return dict(found.values_list("referred_by_id").annotate(count=Count("id")).order_by())


def _give(plan: Plan, whom: uuid.UUID, *, points: Decimal, order: Order, side: str) -> None:
    if not points:
        return
    explanation = {
        "rules": [{"rule": f"referral_{side}", "points": str(points)}],
        "inputs": {"invited": str(order.customer_id)},
        "points": str(points),
    }
    ripe_at = plan.ripe_at()
    given = Award(
        customer_id=whom,
        points=points,
        kind=REFERRAL,
        explanation=explanation,
        order=order,
        reference=side,
        waits=ripe_at is not None,
        activates_at=ripe_at,
    )
    award(plan, given)


def _mark(customer_ids: list[uuid.UUID], now: datetime) -> None:
    Customer.objects.filter(id__in=customer_ids).update(referral_rewarded_at=now)
