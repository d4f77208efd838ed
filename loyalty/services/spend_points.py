"""Pay a part of an order with points: the lot that expires soonest first, then first in, first out.

The same order again gets the first result. Points beyond the balance, or beyond the shop's share of an order, are
refused and nothing is taken.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from common.problems import Problem
from common.transactions import requires_transaction, violations
from loyalty.formats.understood import Spending
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Order, Project
from loyalty.services.award_points import Plan, carry_out
from loyalty.services.find_customers import find_customer
from loyalty.services.pick_lots import pick_lots
from loyalty.services.post_transactions import Line, lock_accounts

Account = LedgerAccount.Kind
ZERO = Decimal(0)


class OverSpendLimit(Problem):
    """The points are more than the shop lets pay of an order."""

    code = "over_spend_limit"
    status = 409
    title = "So large a part of an order can't be paid with points."


class SpendChanged(Problem):
    """The order was paid with other points or by another customer before."""

    code = "spend_changed"
    status = 422
    title = "This order was paid with other points before."


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What was taken, and what is left."""

    customer_id: uuid.UUID
    points: Decimal
    balance: Decimal


@requires_transaction
def spend_points(*, project: Project, spending: Spending, now: datetime) -> Spent:
    """Take the points.

    Raises:
        CustomerNotFound, InsufficientBonuses, OverSpendLimit, SpendChanged
    """
    customer = find_customer(project=project, contact=spending.contact)
    accounts = lock_accounts(project_id=project.id, customer_ids=[customer.id])
    known = Order.objects.filter(project=project, kind=Order.Kind.SPEND, order_id=spending.order_id).first()
    if known is not None:
        return _first_result(known, customer, spending)
    limit = most_points(project, order_amount=spending.order_amount)
    if spending.points > limit:
        raise OverSpendLimit(limit=str(limit))
    picked = pick_lots(customer_id=customer.id, points=spending.points, now=now)
    balance = Decimal(accounts[customer.id, Account.ACTIVE].balance or 0) - spending.points
    with violations({"loyalty_order_once": SpendChanged}):
        order = _order(project, customer, spending, balance, now)
    plan = Plan(project, accounts, now)
    posting = plan.post(
        LedgerTransaction.Kind.SPEND,
        customer.id,
        {"rules": [{"rule": "soonest_expiry_first"}], "points": str(-spending.points), "limit": str(limit)},
        *(Line(kind=Account.ACTIVE, lot_id=lot_id, amount=-part) for lot_id, part in picked.items()),
        Line(kind=Account.REDEEMED, amount=spending.points),
        order_pk=order.id,
    )
    plan.tell(posting, event="bonus_spent", amount=spending.points, order_id=spending.order_id)
    carry_out(plan)
    return Spent(customer_id=customer.id, points=spending.points, balance=balance)


def most_points(project: Project, *, order_amount: Decimal) -> Decimal:
    """Return how many points an order of this amount may be paid with."""
    if order_amount < project.spend_min_order:
        return ZERO
    return (order_amount * project.spend_max_percent / 100).quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def _first_result(order: Order, customer: Customer, spending: Spending) -> Spent:
    points, balance = Decimal(order.details["points"]), Decimal(order.details["balance"])
    if (order.customer_id, points, order.amount) != (customer.id, spending.points, spending.order_amount):
        raise SpendChanged
    return Spent(customer_id=customer.id, points=points, balance=balance)


def _order(project: Project, customer: Customer, spending: Spending, balance: Decimal, now: datetime) -> Order:
    return Order.objects.create(
        project=project,
        customer=customer,
        kind=Order.Kind.SPEND,
        order_id=spending.order_id,
        amount=spending.order_amount,
        status=Order.Status.PAID,
        details={"points": str(spending.points), "balance": str(balance)},
        placed_at=now,
        paid_at=now,
    )
