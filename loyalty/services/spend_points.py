"""Pay a part of an order with points: the lot that expires soonest first, then first in, first out.

The same order again gets the first result. Points beyond the balance, or beyond the shop's share of an order, are
refused and nothing is taken.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from common.ids import new_id
from common.problems import Problem
from common.transactions import requires_transaction, violations
from loyalty.formats.understood import Spending
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Lot, Order, Project
from loyalty.services.find_customers import find_customer
from loyalty.services.post_transactions import Line, Posting, lock_accounts, post_transactions

Account = LedgerAccount.Kind
ZERO = Decimal(0)


class InsufficientBonuses(Problem):
    """The customer has fewer points than asked for."""

    code = "insufficient_bonuses"
    status = 409
    title = "There are not enough points."


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
    limit = (spending.order_amount * project.spend_max_percent / 100).quantize(Decimal("0.01"))
    if spending.points > limit:
        raise OverSpendLimit(limit=str(limit))
    lines = _lines(customer, spending.points, now)
    balance = Decimal(accounts[customer.id, Account.ACTIVE].balance or 0) - spending.points
    with violations({"loyalty_order_once": SpendChanged}):
        order = _order(project, customer, spending, balance, now)
    posting = Posting(
        id=new_id(),
        kind=LedgerTransaction.Kind.SPEND,
        customer_id=customer.id,
        order_pk=order.id,
        explanation={"rules": [{"rule": "soonest_expiry_first"}], "points": str(-spending.points), "limit": str(limit)},
        lines=lines,
    )
    post_transactions(project_id=project.id, accounts=accounts, postings=[posting], now=now)
    return Spent(customer_id=customer.id, points=spending.points, balance=balance)


def _first_result(order: Order, customer: Customer, spending: Spending) -> Spent:
    points, balance = Decimal(order.details["points"]), Decimal(order.details["balance"])
    if (order.customer_id, points, order.amount) != (customer.id, spending.points, spending.order_amount):
        raise SpendChanged
    return Spent(customer_id=customer.id, points=points, balance=balance)


def _lines(customer: Customer, points: Decimal, now: datetime) -> tuple[Line, ...]:
    lines, left = [], points
    for lot in Lot.objects.filter(customer=customer).spendable(now):
        part = min(left, lot.remaining)
        lines.append(Line(kind=Account.ACTIVE, lot_id=lot.id, amount=-part))
        left -= part
        if left == ZERO:
            return (*lines, Line(kind=Account.REDEEMED, amount=points))
    raise InsufficientBonuses(available=str(points - left))


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
