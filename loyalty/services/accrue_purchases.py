"""Turn purchases into orders and points, many at once, each order exactly once.

Purchases of several projects go together: the number of statements doesn't grow with them, and each project's rules are
its own.

An order is known by the shop's id, whichever way and however often it comes: the same again changes nothing, another
amount is a conflict, and created → paid is a change of state. Where points are given on payment, an unpaid order's
points wait as pending; where a project has days of waiting, all of them wait so long. A purchase may lift its customer to
a level, which counts for those after it, in the same batch too, and a first purchase may reward who has invited them. So
many at once come to the same as one after another.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from common.transactions import requires_transaction
from loyalty.accrual_rules import accrual_for
from loyalty.formats.understood import Purchase
from loyalty.models import Customer, LedgerTransaction, Level, Lot, Order, Project
from loyalty.models.copying import copy_instances, new_row
from loyalty.services.award_points import Award, Plan, activate, award, carry_out
from loyalty.services.find_customers import Person, find_or_create_everywhere
from loyalty.services.move_levels import Climb, begin_climb, levels_of, raise_levels
from loyalty.services.post_transactions import lock_accounts_of
from loyalty.services.reward_referrals import inviters_of, reward_referrals

Movement = LedgerTransaction.Kind

ACCRUED, PENDING, PAID, DUPLICATE, CONFLICT = "accrued", "pending", "paid", "duplicate", "conflict"
ZERO = Decimal(0)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase and where it came from; `order_id` is never empty here."""

    purchase: Purchase
    order_id: str
    delivery_id: uuid.UUID | None


# A project and what came for it.
Share = tuple[Project, Sequence[Record]]


@dataclass
class _Work:
    """What a batch will write for a project besides its points."""

    plan: Plan
    known: dict[str, Order]
    customers: dict[uuid.UUID, Customer]
    levels: dict[uuid.UUID, Level]
    # None where the project has no levels.
    climb: Climb | None
    orders: dict[uuid.UUID, Order] = field(default_factory=dict)
    # The lots of these orders, by order.
    lots: dict[uuid.UUID, Lot] = field(default_factory=dict)
    newly_paid: list[Order] = field(default_factory=list)
    # Whose purchases count from now on: the first of each that costs something may reward an inviter.
    counted: dict[uuid.UUID, Order] = field(default_factory=dict)

    def count(self, order: Order) -> None:
        """Let a purchase count, from the next one on."""
        if order.amount:
            self.counted.setdefault(order.customer_id, order)
        if self.climb:
            self.climb.count(self.customers[order.customer_id], order)


@requires_transaction
def accrue_purchases(*, project: Project, records: Sequence[Record], now: datetime) -> list[dict[str, Any]]:
    """Return an outcome per record: what it came to, for whom, how many points. The caller has locked the project."""
    [outcomes] = accrue_side_by_side(shares=[(project, records)], now=now)
    return outcomes


@requires_transaction
def accrue_side_by_side(*, shares: Sequence[Share], now: datetime) -> list[list[dict[str, Any]]]:
    """Return, for each share, an outcome per record. The caller has locked the projects; each has one share."""
    customers = iter(
        find_or_create_everywhere([(project, _person(one)) for project, records in shares for one in records])
    )
    whose = [[next(customers) for _ in records] for _, records in shares]
    known = _known_orders(shares)
    owners = _owners_besides(known, whose)
    involved = {
        project.id: {one.id: one for one in found} | owners.get(project.id, {})
        for (project, _), found in zip(shares, whose, strict=True)
    }
    accounts = lock_accounts_of(
        {
            project.id: set(involved[project.id]) | inviters_of(project, involved[project.id].values())
            for project, _ in shares
        }
    )
    levels = levels_of(*(project for project, _ in shares))
    works = []
    for project, _ in shares:
        customers_here = involved[project.id]
        climb = begin_climb(project=project, levels=levels, customers=customers_here.values(), now=now)
        works.append(_Work(Plan(project, accounts, now), known[project.id], customers_here, levels, climb))
    outcomes = [
        [_decide(work, record, customer) for record, customer in zip(records, found, strict=True)]
        for work, (_, records), found in zip(works, shares, whose, strict=True)
    ]
    _write(works)
    return outcomes


def _person(record: Record) -> Person:
    purchase = record.purchase
    return Person(contact=purchase.contact, name=purchase.name, referral_code=purchase.referral_code)


def _known_orders(shares: Sequence[Share]) -> dict[uuid.UUID, dict[str, Order]]:
    known: dict[uuid.UUID, dict[str, Order]] = {project.id: {} for project, _ in shares}
    asked = {(project.id, one.order_id) for project, records in shares for one in records}
    for order in Order.objects.purchases_named(asked):
        known[order.project_id][order.order_id] = order
    return known


def _owners_besides(
    known: Mapping[uuid.UUID, Mapping[str, Order]], whose: Sequence[Sequence[Customer]]
) -> dict[uuid.UUID, dict[uuid.UUID, Customer]]:
    """Return, by project, whose the known orders are besides: a payment may name the buyer otherwise than the order."""
    named = {one.id for found in whose for one in found}
    ids = {order.customer_id for orders in known.values() for order in orders.values()} - named
    owners: dict[uuid.UUID, dict[uuid.UUID, Customer]] = {}
    for one in Customer.objects.filter(id__in=ids) if ids else ():
        owners.setdefault(one.project_id, {})[one.id] = one
    return owners


def _write(works: Sequence[_Work]) -> None:
    """Write what was decided; rewards and levels, which few projects have, one project after another."""
    copy_instances(Order, [order for work in works for order in work.orders.values()])
    newly_paid = [order for work in works for order in work.newly_paid]
    if newly_paid:
        Order.objects.bulk_update(newly_paid, ["status", "paid_at"])
    for work in works:
        reward_referrals(plan=work.plan, customers=work.customers, first_orders=work.counted)
    carry_out(*(work.plan for work in works))
    for work in works:
        if work.climb:
            raise_levels(climb=work.climb)


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
    order = new_row(
        Order,
        project_id=work.plan.project.id,
        customer_id=customer.id,
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
    work.orders[order.id] = order
    return order


def _accrue(work: _Work, order: Order) -> tuple[str, Decimal]:
    project, customer = work.plan.project, work.customers[order.customer_id]
    level = work.levels.get(customer.level_id) if customer.level_id else None
    accrual = accrual_for(project, amount=order.amount, delivery_amount=order.delivery_amount, level=level)
    for_payment = project.accrue_on == Project.AccrueOn.PAID and order.status == Order.Status.CREATED
    activates_at = None if for_payment else work.plan.ripe_at()
    outcome = PENDING if for_payment or activates_at else ACCRUED
    if not for_payment:
        work.count(order)
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
        work.lots[order.id] = award(work.plan, given)
    return outcome, accrual.points


def _pay(work: _Work, order: Order) -> Decimal:
    """Mark the order paid and let its pending points be spent, now or when they are ripe; return how many these are."""
    order.status, order.paid_at = Order.Status.PAID, work.plan.now
    lot = work.lots.get(order.id)
    if order.id not in work.orders:
        work.newly_paid.append(order)
        lot = next(iter(order.lots.all()), None)
    if work.plan.project.accrue_on == Project.AccrueOn.PAID:
        work.count(order)
    if lot is None or lot.status != Lot.Status.PENDING or lot.activates_at is not None:
        return ZERO
    is_new = lot.id in work.plan.lots
    points = lot.amount if is_new else lot.remaining
    ripe_at = work.plan.ripe_at()
    if ripe_at:
        lot.activates_at = ripe_at
        if not is_new:
            work.plan.activated.append(lot)
    else:
        activate(work.plan, lot, points=points, order=order, rule="accrue_on_paid")
    return points
