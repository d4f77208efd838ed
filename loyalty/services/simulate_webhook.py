"""What a raw webhook would do by today's rules: everything is done as for a real one and then undone.

Also the dry run of a stored webhook, and its difference to what it came to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import F

from common.ids import new_id
from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.accrual_rules import accrual_for
from loyalty.formats.reading import understand
from loyalty.formats.understood import Understood
from loyalty.models import LedgerEntry, Order, Project, WebhookDelivery
from loyalty.services.accrue_purchases import accrue_purchases
from loyalty.services.process_deliveries import records_of
from loyalty.services.refund_purchase import refund_purchase
from loyalty.services.spend_points import spend_points


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What was understood, what each record would come to, and the entries that would be posted."""

    understood: dict[str, Any]
    outcomes: Sequence[dict[str, Any]]
    entries: Sequence[dict[str, Any]]
    explanations: Sequence[dict[str, Any]]


@requires_transaction
def simulate_webhook(*, project: Project, body: bytes, content_type: str, now: datetime) -> Simulation:
    """Return what would come of the body; nothing is written.

    Raises:
        UnreadableBody, UnsupportedAction, InvalidInput
    """
    understood = understand(
        body=body, content_type=content_type, region=project.default_region, names=project.field_names
    )
    with transaction.atomic():
        # Of all projects: to look for the last of one that has none is to read the whole ledger.
        last = LedgerEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
        outcomes = _outcomes(project, understood, now)
        # Payments with points don't wait for this lock: their entries bear other times.
        fresh = LedgerEntry.objects.filter(project=project, id__gt=last, transaction__posted_at=now)
        entries = list(fresh.order_by("id").values("amount", movement=F("transaction__kind"), place=F("account__kind")))
        explanations = {one.transaction_id: one.transaction.explanation for one in fresh.select_related("transaction")}
        transaction.set_rollback(True)
    return Simulation(
        understood=msgspec.to_builtins(understood),
        outcomes=outcomes,
        entries=[one | {"amount": str(one["amount"])} for one in entries],
        explanations=list(explanations.values()),
    )


def _outcomes(project: Project, understood: Understood, now: datetime) -> list[dict[str, Any]]:
    """Do it; a refusal is an outcome too."""
    locked = Project.objects.locked().get(id=project.id)
    try:
        # They come from no delivery: an order would point at a row that isn't there.
        records = [msgspec.structs.replace(one, delivery_id=None) for one in records_of(new_id(), understood)]
        outcomes = accrue_purchases(project=locked, records=records, now=now) if records else []
        if understood.returned is not None:
            outcomes.append(
                {"outcome": "returned"} | refund_purchase(project=locked, returned=understood.returned, now=now)
            )
        if understood.spending is not None:
            spent = spend_points(project=locked, spending=understood.spending, now=now)
            outcomes.append({"outcome": "spent", "points": str(spent.points), "balance": str(spent.balance)})
    except Problem as problem:
        outcomes = [{"outcome": "refused", "code": problem.code}]
    return outcomes


@requires_transaction
def compare_delivery(*, delivery: WebhookDelivery) -> list[dict[str, str]]:
    """Return, per order of a stored webhook, the points that it got and those of today's rules for a new order."""
    rows = []
    orders = Order.objects.filter(delivery=delivery).select_related("customer__level").prefetch_related("lots")
    for order in orders.order_by("id"):
        got = sum(lot.amount for lot in order.lots.all())
        today = _points_today(delivery.project, order)
        rows.append({"order": order.order_id, "got": str(got), "today": str(today)})
    return rows


def _points_today(project: Project, order: Order) -> Decimal:
    return accrual_for(
        project, amount=order.amount, delivery_amount=order.delivery_amount, level=order.customer.level
    ).points
