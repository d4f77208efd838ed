"""Take back what returned goods had earned, and give back what paid for them: to the kopeck, in any number of parts.

The points go the way of the money: after returns of a part of the amount, the same part of the points is gone or back,
rounded half up, so that the last return leaves nothing over. Earned points are taken from the lot of their order: first
what is left there, then what has expired there; what was spent already becomes a debt. With the last piece the points of
an invitation go too.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.accrual_rules import share_of
from loyalty.formats.understood import Return, ReturnedItem
from loyalty.formats.values import read_amount
from loyalty.models import LedgerAccount, LedgerEntry, LedgerTransaction, Lot, Order, Project, Refund
from loyalty.services.award_points import Plan, carry_out, owed_by
from loyalty.services.give_back import give_back_spent
from loyalty.services.post_transactions import Line, lock_accounts

Account = LedgerAccount.Kind
Movement = LedgerTransaction.Kind
ZERO = Decimal(0)


class OrderUnknown(Problem):
    """No purchase and no payment with points is known under this order id."""

    code = "order_unknown"
    status = 404
    title = "This order is not known."


class RefundTooLarge(Problem):
    """More is returned than is left of the order."""

    code = "refund_too_large"
    status = 409
    title = "More is returned than is left of the order."


class RefundChanged(Problem):
    """The return is known with another amount or other items."""

    code = "refund_changed"
    status = 422
    title = "This return is known with another amount or other items."


class ItemUnknown(Problem):
    """The order has no such product, or fewer of it."""

    code = "returned_item_unknown"
    status = 422
    title = "The order has no such product, or fewer of it."


@dataclass(frozen=True, kw_only=True)
class Refunded:
    """What a return did."""

    amount: Decimal
    taken: Decimal
    given: Decimal
    customer_id: str

    def as_result(self) -> dict[str, Any]:
        return {
            "amount": str(self.amount),
            "taken": str(self.taken),
            "given": str(self.given),
            "customer": self.customer_id,
        }


@requires_transaction
def refund_purchase(*, project: Project, returned: Return, now: datetime) -> dict[str, Any]:
    """Move the points; the same return again gets the first result.

    Raises:
        OrderUnknown, RefundTooLarge, RefundChanged, ItemUnknown
    """
    involved = _customers(project, returned.order_id)
    accounts = lock_accounts(project_id=project.id, customer_ids=involved)
    orders = {one.kind: one for one in _orders(project, returned.order_id)}
    purchase, spend = orders.get(Order.Kind.PURCHASE), orders.get(Order.Kind.SPEND)
    main = purchase or spend
    if main is None:
        raise OrderUnknown
    amount = returned.amount if returned.amount is not None else _worth(main, returned.items)
    known = Refund.objects.filter(project=project, order_id=returned.order_id, refund_id=returned.refund_id).first()
    if known is not None:
        if known.amount != amount:
            raise RefundChanged
        return dict(known.result)
    if amount > main.amount - main.refunded_amount:
        raise RefundTooLarge(left=str(main.amount - main.refunded_amount))
    plan = Plan(project, accounts, now)
    before, after = main.refunded_amount, main.refunded_amount + amount
    taken = _take_back(plan, purchase, returned.refund_id, before, after) if purchase else ZERO
    given = _give_back(plan, spend, main, returned.refund_id, after) if spend else ZERO
    Order.objects.filter(id=main.id).update(refunded_amount=after)
    carry_out(plan)
    result = Refunded(amount=amount, taken=taken, given=given, customer_id=str(main.customer_id)).as_result()
    Refund.objects.create(
        project=project,
        order_id=returned.order_id,
        refund_id=returned.refund_id,
        amount=amount,
        result=result,
        refunded_at=now,
    )
    return result


def _orders(project: Project, order_id: str) -> list[Order]:
    return list(Order.objects.filter(project=project, order_id=order_id))


def _customers(project: Project, order_id: str) -> set[uuid.UUID]:
    """Return whose points a return may touch: the buyer's, and those of who has invited the buyer."""
    found = _orders(project, order_id)
    rewarded = LedgerTransaction.objects.filter(order__in=found, kind=Movement.REFERRAL)
    return {one.customer_id for one in found} | set(
        Lot.objects.filter(entries__transaction__in=rewarded).values_list("customer_id", flat=True)
    )


def _worth(order: Order, items: tuple[ReturnedItem, ...]) -> Decimal:
    """Return what the returned pieces cost by the order's own list."""
    listed = order.details.get("products")
    products: dict[str, dict[str, Any]] = {}
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict):
            products |= {str(one[key]): one for key in ("name", "externalid", "sku") if one.get(key)}
    total = ZERO
    for item in items:
        product = products.get(item.name, {})
        price = read_amount(product.get("price"))
        quantity = read_amount(product.get("quantity") or 1)
        if price is None or quantity is None or item.quantity > quantity:
            raise ItemUnknown(item.name)
        total += price * item.quantity
    return min(total, order.amount)


def _take_back(plan: Plan, order: Order, refund_id: str, before: Decimal, after: Decimal) -> Decimal:
    lot = Lot.objects.filter(order=order).first()
    taken = ZERO
    if lot is not None:
        earned, whole = lot.amount, _earning(order)
        gone = share_of(earned, part=before, whole=whole)
        taken = share_of(earned, part=after, whole=whole) - gone
        if taken:
            _take(plan, lot, order, taken, refund_id)
    if after == order.amount:
        rewards = LedgerEntry.objects.filter(
            transaction__order=order, transaction__kind=Movement.REFERRAL, lot__isnull=False
        ).select_related("lot", "transaction")
        for entry in rewards.order_by("id"):
            if entry.lot is not None:
                _take(plan, entry.lot, order, entry.amount, f"{refund_id}/{entry.transaction.reference}")
    return taken


def _earning(order: Order) -> Decimal:
    """Return the part of the amount that has earned: where delivery had earned nothing, its goods are what goes back first."""
    accruals = LedgerTransaction.objects.filter(order=order, kind=Movement.ACCRUAL)
    basis = accruals.values_list("explanation__inputs__basis", flat=True).first()
    return order.amount - order.delivery_amount if basis == "without_delivery" else order.amount


def _take(plan: Plan, lot: Lot, order: Order, points: Decimal, reference: str) -> None:
    """Plan that earned points go: what is free, then what has expired, then as a debt."""
    place = Account.PENDING if lot.status == Lot.Status.PENDING else Account.ACTIVE
    free = min(lot.free, points)
    expired = min(_expired(lot, order), points - free)
    owed = points - free - expired
    lines = [
        Line(kind=place, lot_id=lot.id, amount=-free),
        Line(kind=Account.EXPIRED, amount=-expired),
        Line(kind=Account.DEBT, amount=-owed),
    ]
    posting = plan.post(
        Movement.RETURN_EARNED,
        lot.customer_id,
        {
            "rules": [{"rule": "same_share_as_the_money", "lot": str(lot.id)}],
            "inputs": {"left": str(free), "expired": str(expired), "owed": str(owed)},
            "points": str(-points),
        },
        *(one for one in lines if one.amount),
        Line(kind=Account.ISSUED, amount=points),
        order_pk=order.id,
        reference=reference,
    )
    # What the same return gives back pays this debt too.
    plan.debts[lot.customer_id] = owed_by(plan, lot.customer_id) + owed
    plan.tell(posting, event="bonus_returned", amount=-points, order_id=order.order_id)


def _expired(lot: Lot, order: Order) -> Decimal:
    """Return what has expired of a lot and was not taken back from there before."""
    lost = LedgerEntry.objects.filter(lot=lot, transaction__kind=Movement.EXPIRY).aggregate(total=Sum("amount"))
    taken = LedgerEntry.objects.filter(
        transaction__order=order,
        transaction__kind=Movement.RETURN_EARNED,
        transaction__customer=lot.customer_id,
        account__kind=Account.EXPIRED,
    ).aggregate(total=Sum("amount"))
    return max(ZERO, -(lost["total"] or ZERO) + (taken["total"] or ZERO))


def _give_back(plan: Plan, spend: Order, main: Order, refund_id: str, after: Decimal) -> Decimal:
    """Plan that the same part of the spent points comes back; return how many."""
    points = Decimal(spend.details["points"])
    back_before = share_of(points, part=spend.refunded_amount, whole=spend.amount)
    refunded = share_of(spend.amount, part=after, whole=main.amount)
    given = share_of(points, part=refunded, whole=spend.amount) - back_before
    if spend.id != main.id:
        Order.objects.filter(id=spend.id).update(refunded_amount=refunded)
    if given <= 0:
        return given
    return sum(give_back_spent(plan=plan, order=spend, points=given, reference=refund_id).values(), ZERO)
