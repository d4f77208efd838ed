"""Levels: reached at once by turnover in the project's window, judged anew when their time is over.

Turnover is what was bought in the window and not brought back; where points are given on payment, what was paid for.
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from django.db.models import F, Sum

from common.transactions import requires_transaction
from loyalty.models import Customer, LedgerAccount, Level, Order, Project
from loyalty.services.tell_news import News, tell_news

BATCH = 500
ZERO = Decimal(0)


def levels_of(*projects: Project) -> dict[uuid.UUID, Level]:
    """Return the projects' levels, the lowest first."""
    return {one.id: one for one in Level.objects.filter(project__in=projects).order_by("turnover")}


@requires_transaction
def raise_levels(
    *, project: Project, levels: Iterable[Level], customer_ids: Collection[uuid.UUID], now: datetime
) -> None:
    """Lift customers who have bought enough; nobody is lowered before their time."""
    ladder = list(levels)
    if ladder and customer_ids:
        customers = Customer.objects.filter(project=project, id__in=list(customer_ids)).select_related("level")
        _judge(project, ladder, list(customers), now, may_fall=False)


@requires_transaction
def lower_levels(*, now: datetime, ids: Collection[uuid.UUID] | None = None) -> int:
    """Judge those of these customers whose level's time is over, or a batch of all; return how many there were."""
    due = Customer.objects.level_over(now).select_related("level", "project")
    chosen = due.filter(id__in=ids) if ids is not None else due
    found = sorted(chosen[:BATCH], key=lambda one: one.project_id)
    for project, group in groupby(found, key=lambda one: one.project):
        _judge(project, list(levels_of(project).values()), list(group), now, may_fall=True)
    return len(found)


def _judge(project: Project, ladder: list[Level], customers: list[Customer], now: datetime, *, may_fall: bool) -> None:
    turnover = _turnover(project, customers, now)
    until = now + timedelta(days=project.level_window_days)
    changed, news = [], []
    for customer in customers:
        before = customer.level
        reached = next((one for one in reversed(ladder) if turnover.get(customer.id, ZERO) >= one.turnover), None)
        is_higher = reached is not None and (before is None or reached.turnover > before.turnover)
        if not (is_higher or may_fall):
            continue
        customer.level, customer.level_until = reached, until if reached else None
        changed.append(customer)
        if reached != before:
            news.append((customer, before, reached))
    if changed:
        Customer.objects.bulk_update(changed, ["level", "level_until"])
    _tell(project, news, now)


def _turnover(project: Project, customers: list[Customer], now: datetime) -> dict[uuid.UUID, Decimal]:
    since = now - timedelta(days=project.level_window_days)
    bought = Order.objects.filter(customer__in=customers, kind=Order.Kind.PURCHASE, placed_at__gt=since)
    if project.accrue_on == Project.AccrueOn.PAID:
        bought = bought.filter(status=Order.Status.PAID)
    sums = bought.values_list("customer_id").annotate(total=Sum(F("amount") - F("refunded_amount")))
    return dict(sums.order_by())


def _tell(project: Project, moved: list[tuple[Customer, Level | None, Level | None]], now: datetime) -> None:
    if not moved:
        return
    accounts = LedgerAccount.objects.filter(
        customer__in=[one for one, _, _ in moved], kind=LedgerAccount.Kind.ACTIVE
    ).values_list("customer_id", "balance")
    balances = dict(accounts)
    news = [
        News(
            event="level_changed",
            customer_id=customer.id,
            amount=after.percent if after else ZERO,
            balance=balances.get(customer.id) or ZERO,
            more={"level": after.name if after else "", "level_before": before.name if before else ""},
        )
        for customer, before, after in moved
    ]
    tell_news(project=project, news=news, now=now)
