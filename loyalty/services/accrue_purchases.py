"""Turn purchases into orders and points, many at once, each order exactly once.

An order is known by the shop's id, whichever way and however often it comes: the same again changes nothing, another
amount is a conflict, and created → paid is a change of state. Where points are given on payment, an unpaid order's
points wait as pending; where a project has days of waiting, all of them wait so long. Then customers may reach a level,
and a first purchase may reward who has invited them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from common.transactions import requires_transaction
from loyalty.accrual_rules import accrual_for
from loyalty.formats.understood import Purchase
from loyalty.models import Customer, LedgerTransaction, Lot, Order, Project
from loyalty.models.copying import copy_instances
from loyalty.services.award_points import Award, Plan, activate, award, carry_out
from loyalty.services.find_customers import Person, find_or_create_customers
from loyalty.services.move_levels import levels_of, raise_levels
from loyalty.services.post_transactions import lock_accounts
from loyalty.services.reward_referrals import inviters_of, reward_referrals

Movement = LedgerTransaction.Kind

ACCRUED, PENDING, PAID, DUPLICATE, CONFLICT = "accrued", "pending", "paid", "duplicate", "conflict"
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Record:
    """A purchase and where it came from; `order_id` is never empty here."""

    purchase: Purchase
    order_id: str
    delivery_id: uuid.UUID | None


@dataclass
class _Work:
    """What a batch will write besides its points."""

    plan: Plan
    known: dict[str, Order]
    customers: dict[uuid.UUID, Customer]
    levels: dict[uuid.UUID, Any]
    orders: list[Order] = field(default_factory=list)
    newly_paid: list[Order] = field(default_factory=list)
    # Whose purchases count from now on: they may reach a level or reward an inviter.
    counted: dict[uuid.UUID, Order] = field(default_factory=dict)


@requires_transaction
def accrue_purchases(*, project: Project, records: Sequence[Record], now: datetime) -> list[dict[str, Any]]:
    """Return an outcome per record: what it came to, for whom, how many points. The caller has locked the project."""
    people = [
        Person(contact=one.purchase.contact, name=one.purchase.name, referral_code=one.purchase.referral_code)
        for one in records
    ]
    customers = find_or_create_customers(project=project, people=people)
    by_id = {one.id: one for one in customers}
    inviters = inviters_of(project, by_id.values())
    accounts = lock_accounts(project_id=project.id, customer_ids={*by_id, *inviters})
    levels = levels_of(project)
    work = _Work(Plan(project, accounts, now), _known_orders(project, records), by_id, levels)
    outcomes = [_decide(work, record, customer) for record, customer in zip(records, customers, strict=True)]
    copy_instances(Order, work.orders)
    if work.newly_paid:
        Order.objects.bulk_update(work.newly_paid, ["status", "paid_at"])
    reward_referrals(plan=work.plan, customers=by_id, first_orders=work.counted)
    carry_out(work.plan)
    raise_levels(project=project, levels=levels.values(), customer_ids=work.counted, now=now)
    return outcomes


def _known_orders(project: Project, records: Sequence[Record]) -> dict[str, Order]:
    found = Order.objects.filter(
        project=project, kind=Order.Kind.PURCHASE, order_id__in={one.order_id for one in records}
    ).prefetch_related("lots")
    return {one.order_id: one for one in found}


def _decide(work: _Work, record: Record, customer: Customer) -> dict[str, Any]:
    order = work.known.get(record.order_id)
    if order is None:
        work.known[record.order_id] = order = _new_order(work, record, customer)
        outcome, points = _accrue(work, order)
    elif order.amount != record.purchase.amount:
        outcome, points = CONFLICT, ZERO
    elif record.purchase.is_paid and order.status == Order.Status.CREATED:
        outcome, points = PAID, _pay(work, order)
    else:
        outcome, points = DUPLICATE, ZERO
    return {
        "outcome": outcome,
        "order": str(order.id),
        "customer": str(order.customer_id),
        "points": str(points),
    }


def _new_order(work: _Work, record: Record, customer: Customer) -> Order:
    purchase, now = record.purchase, work.plan.now
    order = Order(
        project=work.plan.project,
        customer=customer,
        delivery_id=record.delivery_id,
        kind=Order.Kind.PURCHASE,
        order_id=record.order_id,
        amount=purchase.amount,
        delivery_amount=purchase.delivery_amount,
        status=Order.Status.PAID if purchase.is_paid else Order.Status.CREATED,
        details=purchase.details,
        placed_at=now,
        paid_at=now if purchase.is_paid else None,
    )
    work.orders.append(order)
    return order


def _accrue(work: _Work, order: Order) -> tuple[str, Decimal]:
    project, customer = work.plan.project, work.customers[order.customer_id]
    level = work.levels.get(customer.level_id) if customer.level_id else None
    accrual = accrual_for(project, amount=order.amount, delivery_amount=order.delivery_amount, level=level)
    for_payment = project.accrue_on == Project.AccrueOn.PAID and order.status == Order.Status.CREATED
    activates_at = None if for_payment else _ripe_at(work)
    outcome = PENDING if for_payment or activates_at else ACCRUED
    if not for_payment:
        work.counted.setdefault(order.customer_id, order)
    if accrual.points:
        given = Award(
            customer_id=order.customer_id,
            points=accrual.points,
            kind=Movement.ACCRUAL,
            explanation=accrual.explanation,
            order=order,
            waits=outcome == PENDING,
            activates_at=activates_at,
        )
        award(work.plan, given)
    return outcome, accrual.points


def _ripe_at(work: _Work) -> datetime | None:
    days = work.plan.project.pending_days
    return work.plan.now + timedelta(days=days) if days else None


def _pay(work: _Work, order: Order) -> Decimal:
    """Mark the order paid and let its pending points be spent, now or when they are ripe; return how many these are."""
    order.status, order.paid_at = Order.Status.PAID, work.plan.now
    if order not in work.orders:
        work.newly_paid.append(order)
    if work.plan.project.accrue_on == Project.AccrueOn.PAID:
        work.counted.setdefault(order.customer_id, order)
    lot = next((one for one in [*work.plan.lots, *_stored_lots(work, order)] if one.order_id == order.id), None)
    if lot is None or lot.status != Lot.Status.PENDING or lot.activates_at is not None:
        return ZERO
    points = lot.amount if lot in work.plan.lots else lot.remaining
    ripe_at = _ripe_at(work)
    if ripe_at:
        lot.activates_at = ripe_at
        if lot not in work.plan.lots:
            work.plan.activated.append(lot)
    else:
        activate(work.plan, lot, points=points, order=order, rule="accrue_on_paid")
    return points


def _stored_lots(work: _Work, order: Order) -> list[Lot]:
    return [] if order in work.orders else list(order.lots.all())
