"""Give customers points, many at once: a lot each, spendable now or later.

What a customer owes for returned goods is paid first, out of the points that have just become spendable.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from common.ids import new_id
from common.transactions import requires_transaction
from loyalty.models import LedgerAccount, LedgerTransaction, Lot, Order, Project
from loyalty.models.copying import copy_instances, new_row
from loyalty.services.post_transactions import Accounts, Line, Posting, post_transactions
from loyalty.services.tell_news import News, tell_all

Account = LedgerAccount.Kind
Movement = LedgerTransaction.Kind
ZERO = Decimal(0)


@dataclass
class Plan:
    """What a batch will write. `accounts` come from `lock_accounts` and include everybody who is given points."""

    project: Project
    accounts: Accounts
    now: datetime
    lots: dict[uuid.UUID, Lot] = field(default_factory=dict)
    activated: list[Lot] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    # An event for the shop each, with the posting after which the balance is told.
    telling: list[tuple[uuid.UUID, News]] = field(default_factory=list)
    debts: dict[uuid.UUID, Decimal] = field(default_factory=dict)

    def expiry(self) -> datetime | None:
        days = self.project.bonus_lifetime_days
        return None if days is None else self.now + timedelta(days=days)

    def ripe_at(self) -> datetime | None:
        """Return when points given now can be spent, or None where the project lets nobody wait."""
        days = self.project.pending_days
        return self.now + timedelta(days=days) if days else None

    def tell(self, posting: Posting, *, event: str, amount: Decimal, order_id: str = "") -> None:
        news = News(event=event, customer_id=posting.customer_id, amount=amount, balance=ZERO, order_id=order_id)
        self.telling.append((posting.id, news))

    def post(
        self,
        kind: str,
        customer_id: uuid.UUID,
        explanation: dict[str, Any],
        *lines: Line,
        order_pk: uuid.UUID | None = None,
        reference: str = "",
    ) -> Posting:
        posting = Posting(
            id=new_id(),
            project_id=self.project.id,
            kind=kind,
            customer_id=customer_id,
            order_pk=order_pk,
            explanation=explanation,
            lines=lines,
            reference=reference,
        )
        self.postings.append(posting)
        return posting


class Award(msgspec.Struct, frozen=True, kw_only=True):
    """Points for one customer. `order` names the order's lot; a bonus beside it has a `reference` and no lot of the order."""

    customer_id: uuid.UUID
    points: Decimal
    kind: str
    explanation: dict[str, Any]
    order: Order | None = None
    reference: str = ""
    # They wait: for a payment (no time) or until a day.
    waits: bool = False
    activates_at: datetime | None = None


def award(plan: Plan, given: Award) -> Lot:
    """Plan a lot with its posting; return it."""
    lot = new_row(
        Lot,
        project_id=plan.project.id,
        customer_id=given.customer_id,
        order_id=given.order.id if given.order and not given.reference else None,
        amount=given.points,
        status=Lot.Status.PENDING if given.waits else Lot.Status.ACTIVE,
        activates_at=given.activates_at,
        created_at=plan.now,
        expires_at=None if given.waits else plan.expiry(),
    )
    plan.lots[lot.id] = lot
    posting = plan.post(
        given.kind,
        given.customer_id,
        given.explanation,
        Line(kind=Account.PENDING if given.waits else Account.ACTIVE, lot_id=lot.id, amount=lot.amount),
        Line(kind=Account.ISSUED, amount=-lot.amount),
        order_pk=given.order.id if given.order else None,
        reference=given.reference,
    )
    if not given.waits:
        order_id = given.order.order_id if given.order else ""
        plan.tell(posting, event="bonus_awarded", amount=lot.amount, order_id=order_id)
        settle_debt(plan, lot, lot.amount)
    return lot


def activate(plan: Plan, lot: Lot, *, points: Decimal, order: Order | None, rule: str) -> None:
    """Plan that what is pending of a lot becomes spendable."""
    lot.status, lot.activates_at, lot.expires_at = Lot.Status.ACTIVE, None, plan.expiry()
    if lot.id not in plan.lots:
        plan.activated.append(lot)
    if points == ZERO:
        return
    posting = plan.post(
        Movement.ACTIVATION,
        lot.customer_id,
        {"rules": [{"rule": rule}], "points": str(points)},
        Line(kind=Account.PENDING, lot_id=lot.id, amount=-points),
        Line(kind=Account.ACTIVE, lot_id=lot.id, amount=points),
        order_pk=order.id if order else None,
        reference="" if order and lot.order_id else str(lot.id),
    )
    plan.tell(posting, event="bonus_awarded", amount=points, order_id=order.order_id if order else "")
    settle_debt(plan, lot, points)


def settle_debt(plan: Plan, lot: Lot, points: Decimal) -> None:
    """Plan that spendable points of a lot pay what the customer owes."""
    owed = owed_by(plan, lot.customer_id)
    paid = min(owed, points)
    if paid == ZERO:
        return
    plan.debts[lot.customer_id] = owed - paid
    plan.post(
        Movement.DEBT,
        lot.customer_id,
        {"rules": [{"rule": "debt_first", "owed": str(owed)}], "points": str(-paid)},
        Line(kind=Account.ACTIVE, lot_id=lot.id, amount=-paid),
        Line(kind=Account.DEBT, amount=paid),
    )


def owed_by(plan: Plan, customer_id: uuid.UUID) -> Decimal:
    """Return what a customer owes after what is planned."""
    if customer_id not in plan.debts:
        account = plan.accounts.get((customer_id, Account.DEBT))
        plan.debts[customer_id] = -(account.balance or ZERO) if account else ZERO
    return plan.debts[customer_id]


@requires_transaction
def carry_out(*plans: Plan) -> None:
    """Write the lots, the postings and the news; plans of several projects share their accounts and their statements."""
    accounts, now = plans[0].accounts, plans[0].now
    activated = [lot for plan in plans for lot in plan.activated]
    if activated:
        Lot.objects.bulk_update(activated, ["status", "activates_at", "expires_at", "warned_at"])
    postings = [posting for plan in plans for posting in plan.postings]
    balances = post_transactions(accounts=accounts, postings=postings, now=now)
    # After their entries, so that each is written once; the database compares them (Note [Lots]).
    copy_instances(Lot, _filled({lot.id: lot for plan in plans for lot in plan.lots.values()}, postings))
    tell_all(stories=[(plan.project, _news(plan, balances)) for plan in plans], now=now)


def _filled(lots: dict[uuid.UUID, Lot], postings: Iterable[Posting]) -> list[Lot]:
    """Return new lots with what their postings have put into them."""
    for posting in postings:
        for line in posting.lines:
            lot = lots.get(line.lot_id) if line.lot_id else None
            if lot is not None:
                lot.remaining += line.amount
                lot.held += line.amount if line.kind == Account.HELD else ZERO
    return list(lots.values())


def _news(plan: Plan, balances: Mapping[uuid.UUID, Decimal]) -> list[News]:
    return [
        News(
            event=one.event,
            customer_id=one.customer_id,
            amount=one.amount,
            balance=balances[posting_id],
            order_id=one.order_id,
            more=one.more,
        )
        for posting_id, one in plan.telling
    ]
