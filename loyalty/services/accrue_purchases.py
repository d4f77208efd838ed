"""Turn purchases into orders and points, many at once, each order exactly once.

An order is known by the shop's id, whichever way and however often it comes: the same again changes nothing, another
amount is a conflict, and created → paid is a change of state. Where points are given on payment, an unpaid order's
points wait as pending.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bus.facts import Fact
from bus.services.record_fact import record_facts
from common.ids import new_id
from common.transactions import requires_transaction
from loyalty.accrual_rules import accrual_for
from loyalty.domain_events import BonusAwarded
from loyalty.formats.understood import Purchase
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Lot, Order, Project
from loyalty.services.find_customers import Person, find_or_create_customers
from loyalty.services.post_transactions import Line, Posting, lock_accounts, post_transactions

Account = LedgerAccount.Kind
Movement = LedgerTransaction.Kind

ACCRUED, PENDING, PAID, DUPLICATE, CONFLICT = "accrued", "pending", "paid", "duplicate", "conflict"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A purchase and where it came from; `order_id` is never empty here."""

    purchase: Purchase
    order_id: str
    delivery_id: uuid.UUID | None


@dataclass
class _Work:
    """What a batch will write."""

    project: Project
    now: datetime
    orders: list[Order] = field(default_factory=list)
    newly_paid: list[Order] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    activated: list[Lot] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    awards: list[tuple[uuid.UUID, Decimal, str]] = field(default_factory=list)


@requires_transaction
def accrue_purchases(*, project: Project, records: Sequence[Record], now: datetime) -> list[dict[str, Any]]:
    """Return an outcome per record: what it came to, for whom, how many points. The caller has locked the project."""
    people = [Person(contact=one.purchase.contact, name=one.purchase.name) for one in records]
    customers = find_or_create_customers(project=project, people=people)
    accounts = lock_accounts(project_id=project.id, customer_ids={one.id for one in customers})
    known = _known_orders(project, records)
    work = _Work(project, now)
    outcomes = [_decide(work, known, record, customer) for record, customer in zip(records, customers, strict=True)]
    _write(work)
    post_transactions(project_id=project.id, accounts=accounts, postings=work.postings, now=now)
    _tell(work, {customer: account.balance for (customer, kind), account in accounts.items() if kind == Account.ACTIVE})
    return outcomes


def _known_orders(project: Project, records: Sequence[Record]) -> dict[str, Order]:
    found = Order.objects.filter(
        project=project, kind=Order.Kind.PURCHASE, order_id__in={one.order_id for one in records}
    ).prefetch_related("lots")
    return {one.order_id: one for one in found}


def _decide(work: _Work, known: dict[str, Order], record: Record, customer: Customer) -> dict[str, Any]:
    order = known.get(record.order_id)
    if order is None:
        known[record.order_id] = order = _new_order(work, record, customer)
        outcome, points = _accrue(work, order)
    elif order.amount != record.purchase.amount:
        outcome, points = CONFLICT, Decimal(0)
    elif record.purchase.is_paid and order.status == Order.Status.CREATED:
        outcome, points = PAID, _pay(work, order)
    else:
        outcome, points = DUPLICATE, Decimal(0)
    return {
        "outcome": outcome,
        "order": str(order.id),
        "customer": str(order.customer_id),
        "points": str(points),
    }


def _new_order(work: _Work, record: Record, customer: Customer) -> Order:
    purchase = record.purchase
    order = Order(
        project=work.project,
        customer=customer,
        delivery_id=record.delivery_id,
        kind=Order.Kind.PURCHASE,
        order_id=record.order_id,
        amount=purchase.amount,
        delivery_amount=purchase.delivery_amount,
        status=Order.Status.PAID if purchase.is_paid else Order.Status.CREATED,
        details=purchase.details,
        placed_at=work.now,
        paid_at=work.now if purchase.is_paid else None,
    )
    work.orders.append(order)
    return order


def _accrue(work: _Work, order: Order) -> tuple[str, Decimal]:
    accrual = accrual_for(work.project, amount=order.amount, delivery_amount=order.delivery_amount)
    waits = work.project.accrue_on == Project.AccrueOn.PAID and order.status == Order.Status.CREATED
    outcome = PENDING if waits else ACCRUED
    if accrual.points == 0:
        return outcome, accrual.points
    lot = Lot(
        id=new_id(),
        project=work.project,
        customer_id=order.customer_id,
        order=order,
        amount=accrual.points,
        status=Lot.Status.PENDING if waits else Lot.Status.ACTIVE,
        created_at=work.now,
        expires_at=None if waits else _expiry(work),
    )
    work.lots.append(lot)
    kind = Account.PENDING if waits else Account.ACTIVE
    _post(
        work,
        Movement.ACCRUAL,
        order,
        accrual.explanation,
        [(kind, lot, lot.amount), (Account.ISSUED, None, -lot.amount)],
    )
    if not waits:
        work.awards.append((order.customer_id, lot.amount, order.order_id))
    return outcome, lot.amount


def _pay(work: _Work, order: Order) -> Decimal:
    """Mark the order paid and let its pending points be spent; return how many these are."""
    order.status, order.paid_at = Order.Status.PAID, work.now
    if order not in work.orders:
        work.newly_paid.append(order)
    lot = next((one for one in [*work.lots, *_stored_lots(work, order)] if one.order_id == order.id), None)
    if lot is None or lot.status != Lot.Status.PENDING:
        return Decimal(0)
    lot.status, lot.expires_at = Lot.Status.ACTIVE, _expiry(work)
    if lot not in work.lots:
        work.activated.append(lot)
    explanation = {"rules": [{"rule": "accrue_on_paid"}], "points": str(lot.amount)}
    lines = [(Account.PENDING, lot, -lot.amount), (Account.ACTIVE, lot, lot.amount)]
    _post(work, Movement.ACTIVATION, order, explanation, lines)
    work.awards.append((order.customer_id, lot.amount, order.order_id))
    return lot.amount


def _stored_lots(work: _Work, order: Order) -> list[Lot]:
    return [] if order in work.orders else list(order.lots.all())


def _expiry(work: _Work) -> datetime | None:
    days = work.project.bonus_lifetime_days
    return None if days is None else work.now + timedelta(days=days)


def _post(
    work: _Work, kind: str, order: Order, explanation: dict[str, Any], lines: Sequence[tuple[str, Lot | None, Decimal]]
) -> None:
    work.postings.append(
        Posting(
            id=new_id(),
            kind=kind,
            customer_id=order.customer_id,
            order_pk=order.id,
            explanation=explanation,
            lines=tuple(
                Line(kind=where, lot_id=lot.id if lot else None, amount=amount) for where, lot, amount in lines
            ),
        )
    )


def _write(work: _Work) -> None:
    Order.objects.bulk_create(work.orders)
    Order.objects.bulk_update(work.newly_paid, ["status", "paid_at"])
    Lot.objects.bulk_create(work.lots)
    Lot.objects.bulk_update(work.activated, ["status", "expires_at"])


def _tell(work: _Work, balances: dict[uuid.UUID | None, Any]) -> None:
    facts: list[Fact] = []
    for customer_id, points, order_id in work.awards:
        balances[customer_id] += points
        facts.append(
            BonusAwarded(
                project_id=str(work.project.id),
                customer_id=str(customer_id),
                amount=points,
                balance=balances[customer_id],
                order_id=order_id,
            )
        )
    if facts:
        record_facts(facts)
