"""Reads for reports and files. Ids are made in the order of time, so `(project, id)` finds what is recent without an index more."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from common.ids import first_id_at
from common.problems import NotFound
from loyalty.models import Customer, LedgerAccount, LedgerTransaction, Lot, Project, Transfer, WebhookDelivery
from loyalty.selectors import get_owned_project, get_project

ZERO = Decimal(0)
TOP = 10
MOST_CAMPAIGNS = 100
EXPIRING_WITHIN_DAYS = (7, 30)
NEEDING_ATTENTION = (WebhookDelivery.Status.DEAD, WebhookDelivery.Status.CONFLICT)

# What each kind of movement did to customers' points, day by day; inner moves (holds, activations) come to nothing.
MOVEMENTS_SQL = """
    SELECT (posted.posted_at AT TIME ZONE 'UTC')::date AS day, posted.kind, count(DISTINCT posted.id), sum(entry.amount)
    FROM loyalty_ledgertransaction AS posted
    JOIN loyalty_ledgerentry AS entry ON entry.transaction_id = posted.id
    JOIN loyalty_ledgeraccount AS account ON account.id = entry.account_id AND account.customer_id IS NOT NULL
    WHERE posted.project_id = %s AND posted.id >= %s
    GROUP BY day, posted.kind HAVING sum(entry.amount) <> 0 ORDER BY day DESC, posted.kind
"""
# Tilda's marks are kept beside each other, those of the standard format as it named them.
CAMPAIGNS_SQL = """
    SELECT coalesce(details #>> '{utm,utm_source}', details ->> 'utm_source', '') AS source,
           coalesce(details #>> '{utm,utm_medium}', details ->> 'utm_medium', '') AS medium,
           coalesce(details #>> '{utm,utm_campaign}', details ->> 'utm_campaign', '') AS campaign,
           count(*), count(DISTINCT customer_id), sum(amount - refunded_amount) AS turnover
    FROM loyalty_order WHERE project_id = %s AND id >= %s AND kind = 'purchase'
    GROUP BY source, medium, campaign ORDER BY turnover DESC, source, medium, campaign LIMIT %s
"""
CUSTOMERS_SQL = """
    SELECT customer.id, customer.email, customer.phone, customer.name, customer.birth_on,
           coalesce(sum(balance) FILTER (WHERE kind = 'active'), 0),
           coalesce(sum(balance) FILTER (WHERE kind = 'pending'), 0)
    FROM loyalty_customer AS customer LEFT JOIN loyalty_ledgeraccount AS account ON account.customer_id = customer.id
    WHERE customer.project_id = %s AND customer.id > %s AND customer.merged_into_id IS NULL
    GROUP BY customer.id ORDER BY customer.id LIMIT %s
"""
TRANSACTIONS_SQL = """
    SELECT posted.id, posted.posted_at, posted.kind, customer.email, customer.phone, placed.order_id,
           coalesce((SELECT sum(entry.amount) FROM loyalty_ledgerentry AS entry
                     JOIN loyalty_ledgeraccount AS account ON account.id = entry.account_id
                     WHERE entry.transaction_id = posted.id AND account.customer_id = posted.customer_id
                     AND account.kind = 'active'), 0)
    FROM loyalty_ledgertransaction AS posted JOIN loyalty_customer AS customer ON customer.id = posted.customer_id
    LEFT JOIN loyalty_order AS placed ON placed.id = posted.order_id
    WHERE posted.project_id = %s AND posted.id > %s ORDER BY posted.id LIMIT %s
"""
BEFORE_ALL = uuid.UUID(int=0)
Row = tuple[uuid.UUID, Sequence[Any]]
Page = Callable[[uuid.UUID, uuid.UUID | None, int], list[Row]]


@dataclass(frozen=True, kw_only=True)
class Movement:
    """What one kind of movement came to on one day (UTC)."""

    day: date
    kind: str
    count: int
    points: Decimal

    @property
    def label(self) -> str:
        return str(LedgerTransaction.Kind(self.kind).label)


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """Where purchases came from, by their UTM marks; '' where a mark is missing."""

    source: str
    medium: str
    campaign: str
    orders: int
    customers: int
    turnover: Decimal


@dataclass(frozen=True, kw_only=True)
class Report:
    """A project's last days."""

    since: datetime
    until: datetime
    movements: list[Movement]
    totals: dict[str, Decimal]
    outstanding: dict[str, Decimal]
    expiring: list[dict[str, Any]]
    webhooks: dict[str, int]
    waiting: int
    oldest_seconds: float
    top_customers: list[LedgerAccount]
    campaigns: list[Campaign]


def get_report(*, user_id: uuid.UUID, project_id: uuid.UUID, days: int, now: datetime) -> Report:
    """Return the report of a project that the user runs.

    Raises:
        NotFound
    """
    return report_of(project=get_project(user_id=user_id, project_id=project_id), days=days, now=now)


def report_of(*, project: Project, days: int, now: datetime) -> Report:
    """Return what happened in so many days, in six statements."""
    since = now - timedelta(days=days)
    movements = [
        Movement(day=day, kind=kind, count=count, points=points)
        for day, kind, count, points in _rows(MOVEMENTS_SQL, [project.id, first_id_at(since)])
    ]
    totals: dict[str, Decimal] = {}
    for one in movements:
        totals[one.kind] = totals.get(one.kind, ZERO) + one.points
    webhooks = _webhooks(project, since, now)
    return Report(
        since=since,
        until=now,
        movements=movements,
        totals=totals,
        outstanding=_outstanding(project),
        expiring=_expiring(project, now),
        webhooks={one["status"]: one["count"] for one in webhooks},
        waiting=sum(one["waiting"] for one in webhooks),
        oldest_seconds=max((_age(one["oldest"], now) for one in webhooks), default=0.0),
        top_customers=_top_customers(project),
        campaigns=[
            Campaign(source=source, medium=medium, campaign=name, orders=orders, customers=customers, turnover=turnover)
            for source, medium, name, orders, customers, turnover in _rows(
                CAMPAIGNS_SQL, [project.id, first_id_at(since), MOST_CAMPAIGNS]
            )
        ],
    )


def _outstanding(project: Project) -> dict[str, Decimal]:
    accounts = LedgerAccount.objects.filter(project=project, customer__isnull=False)
    sums = dict(accounts.values_list("kind").annotate(total=Sum("balance")).order_by())
    return {kind: abs(sums.get(kind) or ZERO) for kind in ("active", "pending", "held", "debt")}


def _expiring(project: Project, now: datetime) -> list[dict[str, Any]]:
    ending = Lot.objects.filter(
        project=project, expires_at__gt=now, expires_at__lte=now + timedelta(days=max(EXPIRING_WITHIN_DAYS))
    ).with_points_to_take()
    sums = {
        f"within_{days}": Sum(F("remaining") - F("held"), filter=Q(expires_at__lte=now + timedelta(days=days)))
        for days in EXPIRING_WITHIN_DAYS
    }
    found = ending.aggregate(**sums)
    return [{"days": days, "points": found[f"within_{days}"] or ZERO} for days in EXPIRING_WITHIN_DAYS]


def _webhooks(project: Project, since: datetime, now: datetime) -> list[dict[str, Any]]:
    came = WebhookDelivery.objects.filter(project=project, received_at__gte=since)
    due = Q(status=WebhookDelivery.Status.RECEIVED, next_attempt_at__lte=now)
    counted = came.values("status").annotate(
        count=Count("id"), waiting=Count("id", filter=due), oldest=Min("received_at", filter=due)
    )
    return [dict(one) for one in counted.order_by("status")]


def _age(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def _top_customers(project: Project) -> list[LedgerAccount]:
    accounts = LedgerAccount.objects.filter(project=project, kind=LedgerAccount.Kind.ACTIVE, balance__gt=0)
    return list(accounts.select_related("customer").order_by("-balance", "id")[:TOP])


def list_transfers(*, user_id: uuid.UUID, project_id: uuid.UUID) -> QuerySet[Transfer]:
    """Return the files of a project that the user owns, without what is in them.

    Raises:
        NotFound, NotAllowed
    """
    project = get_owned_project(user_id=user_id, project_id=project_id)
    return Transfer.objects.filter(project=project).defer("content")


def get_transfer(*, user_id: uuid.UUID, project_id: uuid.UUID, transfer_id: uuid.UUID) -> Transfer:
    """Return one of these files with what is in it.

    Raises:
        NotFound, NotAllowed
    """
    project = get_owned_project(user_id=user_id, project_id=project_id)
    transfer = Transfer.objects.filter(project=project, id=transfer_id).first()
    if transfer is None:
        raise NotFound
    return transfer


def get_exported(*, user_id: uuid.UUID, project_id: uuid.UUID, transfer_id: uuid.UUID) -> bytes:
    """Return a finished export.

    Raises:
        NotFound: there is none, it isn't finished, or it is an import.
        NotAllowed
    """
    transfer = get_transfer(user_id=user_id, project_id=project_id, transfer_id=transfer_id)
    if transfer.is_import or transfer.status != Transfer.Status.DONE:
        raise NotFound
    return bytes(transfer.content)


def _rows(query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as sql:
        sql.execute(query, parameters)
        return list(sql.fetchall())


def _page_of(query: str) -> Page:
    def page(project_id: uuid.UUID, after: uuid.UUID | None, limit: int) -> list[Row]:
        return [(row[0], row) for row in _rows(query, [project_id, after or BEFORE_ALL, limit])]

    return page


def _customers_heading() -> list[str]:
    return ["id", _("e-mail"), _("phone"), _("name"), _("birthday"), _("can be spent"), _("waits for payment")]


def _transactions_heading() -> list[str]:
    return ["id", _("time"), _("movement"), _("e-mail"), _("phone"), _("order"), _("can be spent")]


def _count_customers(project_id: uuid.UUID) -> int:
    return Customer.objects.filter(project=project_id, merged_into__isnull=True).count()


def _count_transactions(project_id: uuid.UUID) -> int:
    return LedgerTransaction.objects.filter(project=project_id).count()


# For each kind of export: its heading, how many rows there are, and the rows behind one.
EXPORTED: dict[str, tuple[Callable[[], list[str]], Callable[[uuid.UUID], int], Page]] = {
    Transfer.Kind.EXPORT_CUSTOMERS: (_customers_heading, _count_customers, _page_of(CUSTOMERS_SQL)),
    Transfer.Kind.EXPORT_TRANSACTIONS: (_transactions_heading, _count_transactions, _page_of(TRANSACTIONS_SQL)),
}
