"""Levels: reached at once by turnover in the project's window, judged anew when their time is over.

Turnover is what was bought in the window and not brought back; where points are given on payment, what was paid for.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(kw_only=True)
class Climb:
    """How customers of a project rise while a batch is decided: a purchase counts for those that follow it.

    Nobody is lowered before their time.
    """

    project: Project
    # The lowest first.
    ladder: Sequence[Level]
    turnover: dict[uuid.UUID, Decimal]
    now: datetime
    risen: dict[uuid.UUID, Customer] = field(default_factory=dict)
    moves: list[tuple[Customer, Level | None, Level | None]] = field(default_factory=list)

    def count(self, customer: Customer, order: Order) -> None:
        """Add a purchase, and lift the customer if it was enough."""
        if order.placed_at <= _window(self.project, self.now):
            return
        turnover = self.turnover.get(customer.id, ZERO) + order.amount - order.refunded_amount
        self.turnover[customer.id] = turnover
        reached = _reached(self.ladder, turnover)
        before = next((one for one in self.ladder if one.id == customer.level_id), None)
        if reached is None or (before is not None and reached.turnover <= before.turnover):
            return
        customer.level_id, customer.level_until = reached.id, _until(self.project, self.now)
        self.risen[customer.id] = customer
        self.moves.append((customer, before, reached))


def begin_climb(
    *, project: Project, levels: Mapping[uuid.UUID, Level], customers: Collection[Customer], now: datetime
) -> Climb | None:
    """Return how far these customers have come, or None where the project has no levels. They are locked."""
    ladder = [one for one in levels.values() if one.project_id == project.id]
    if not ladder:
        return None
    return Climb(project=project, ladder=ladder, turnover=_turnover(project, customers, now), now=now)


@requires_transaction
def raise_levels(*, climb: Climb) -> None:
    """Write who has risen, and state it; after the points, so that the balance is the new one."""
    if climb.risen:
        Customer.objects.bulk_update(climb.risen.values(), ["level", "level_until"])
    _tell(climb.project, climb.moves, climb.now)


@requires_transaction
def lower_levels(*, now: datetime, ids: Collection[uuid.UUID] | None = None) -> int:
    """Judge those of these customers whose level's time is over, or a batch of all; return how many there were."""
    due = Customer.objects.level_over(now).select_related("level", "project")
    chosen = due.filter(id__in=ids) if ids is not None else due
    waiting = dict(chosen.values_list("id", "project_id")[:BATCH])
    # Nothing is accrued meanwhile: who is judged here has spent what was counted, and is judged once.
    list(Project.objects.filter(id__in=set(waiting.values())).locked())
    found = sorted(due.filter(id__in=waiting), key=lambda one: one.project_id)
    for project, group in groupby(found, key=lambda one: one.project):
        _judge(project, list(levels_of(project).values()), list(group), now)
    return len(found)


def _judge(project: Project, ladder: Sequence[Level], customers: list[Customer], now: datetime) -> None:
    turnover = _turnover(project, customers, now)
    until = _until(project, now)
    news = []
    for customer in customers:
        before, reached = customer.level, _reached(ladder, turnover.get(customer.id, ZERO))
        customer.level, customer.level_until = reached, until if reached else None
        if reached != before:
            news.append((customer, before, reached))
    Customer.objects.bulk_update(customers, ["level", "level_until"])
    _tell(project, news, now)


def _reached(ladder: Sequence[Level], turnover: Decimal) -> Level | None:
    return next((one for one in reversed(ladder) if turnover >= one.turnover), None)


def _window(project: Project, now: datetime) -> datetime:
    """Return since when purchases count."""
    return now - timedelta(days=project.level_window_days)


def _until(project: Project, now: datetime) -> datetime:
    return now + timedelta(days=project.level_window_days)


def _turnover(project: Project, customers: Collection[Customer], now: datetime) -> dict[uuid.UUID, Decimal]:
    bought = Order.objects.filter(
        customer__in=[one.id for one in customers], kind=Order.Kind.PURCHASE, placed_at__gt=_window(project, now)
    )
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
