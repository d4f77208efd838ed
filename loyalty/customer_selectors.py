"""Reads of single customers for people who have to decide about them."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Lot, Order
from loyalty.selectors import ZERO, Balances

Kind = LedgerAccount.Kind
NOTHING = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a customer has: points and purchases."""

    balances: Balances
    orders: int
    turnover: Decimal


def standings_of(*, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Standing]:
    """Return what each has, in two statements."""
    points: dict[uuid.UUID | None, dict[str, Decimal]] = {}
    for account in LedgerAccount.objects.filter(customer_id__in=customer_ids):
        points.setdefault(account.customer_id, {})[account.kind] = abs(account.balance or NOTHING)
    bought = Order.objects.filter(customer_id__in=customer_ids, kind=Order.Kind.PURCHASE).order_by()
    counted = {
        row["customer_id"]: row
        for row in bought.values("customer_id").annotate(
            orders=Count("id"), turnover=Sum("amount") - Sum("refunded_amount")
        )
    }
    return {
        one: Standing(
            balances=Balances(
                *(points.get(one, {}).get(kind, NOTHING) for kind in (Kind.ACTIVE, Kind.PENDING, Kind.HELD, Kind.DEBT))
            ),
            orders=counted[one]["orders"] if one in counted else 0,
            turnover=counted[one]["turnover"] if one in counted else NOTHING,
        )
        for one in customer_ids
    }


def list_lots_of(*, customer: Customer) -> QuerySet[Lot]:
    """Return a customer's points by where they are from, the latest first."""
    return Lot.objects.filter(customer=customer).select_related("order").order_by("-created_at", "-id")


def list_movements_of(*, customer: Customer) -> QuerySet[LedgerTransaction]:
    """Return what happened to a customer's points, the latest first, with what it did to those that can be spent."""
    mine = Q(entries__account__customer=customer)

    def moved(*kinds: str) -> Coalesce:
        return Coalesce(Sum("entries__amount", filter=mine & Q(entries__account__kind__in=kinds)), ZERO)

    found = LedgerTransaction.objects.filter(customer=customer).select_related("order")
    return found.annotate(
        active_points=moved(Kind.ACTIVE), waiting_points=moved(Kind.PENDING, Kind.HELD), debt_points=moved(Kind.DEBT)
    ).order_by("-posted_at", "-id")
