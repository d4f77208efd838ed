"""Reads of loyalty, scoped to who asks."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import (
    Count,
    DecimalField,
    F,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from common.problems import NotAllowed, NotFound
from loyalty.models import (
    Callback,
    CallbackEvent,
    Customer,
    LedgerAccount,
    LedgerTransaction,
    Level,
    Lot,
    Project,
    ProjectMember,
    SigningKey,
    WebhookDelivery,
    WebhookSecret,
)

ZERO = Value(Decimal(0), output_field=DecimalField(max_digits=16, decimal_places=2))

# What the triggers keep true; an answer above zero means that somebody went around them.
DISCREPANCIES_SQL = """
    SELECT (SELECT count(*) FROM (
                SELECT FROM loyalty_ledgerentry GROUP BY transaction_id HAVING sum(amount) <> 0) AS unbalanced)
         + (SELECT count(*) FROM loyalty_ledgeraccount account WHERE account.customer_id IS NOT NULL
                AND account.balance <> coalesce(
                    (SELECT sum(entry.amount) FROM loyalty_ledgerentry entry WHERE entry.account_id = account.id), 0))
         + (SELECT count(*) FROM loyalty_lot lot WHERE lot.remaining <> coalesce(
                (SELECT sum(entry.amount) FROM loyalty_ledgerentry entry WHERE entry.lot_id = lot.id), 0))
         + (SELECT count(*) FROM (
                SELECT customer_id, sum(balance) AS total FROM loyalty_ledgeraccount
                WHERE kind = 'held' GROUP BY customer_id) AS held
            FULL JOIN (SELECT customer_id, sum(held) AS total FROM loyalty_lot GROUP BY customer_id) AS lots
                USING (customer_id)
            WHERE coalesce(held.total, 0) <> coalesce(lots.total, 0))
         + (SELECT count(*) FROM (
                SELECT customer_id, sum(balance) AS total FROM loyalty_ledgeraccount
                WHERE customer_id IS NOT NULL AND kind <> 'debt' GROUP BY customer_id) AS held
            FULL JOIN (SELECT customer_id, sum(remaining) AS total FROM loyalty_lot GROUP BY customer_id) AS lots
                USING (customer_id)
            WHERE coalesce(held.total, 0) <> coalesce(lots.total, 0))
"""


@dataclass(frozen=True)
class Balances:
    """A customer's points."""

    active: Decimal
    pending: Decimal
    held: Decimal
    # Owed for returned goods whose points were spent.
    debt: Decimal


def get_balances(*, customer_id: uuid.UUID) -> Balances:
    """Return what a customer can spend now, what waits, what is held and what is owed."""
    found = dict(LedgerAccount.objects.filter(customer_id=customer_id).values_list("kind", "balance"))
    kinds = ("active", "pending", "held", "debt")
    return Balances(*(abs(Decimal(found.get(kind) or 0)).quantize(Decimal("0.01")) for kind in kinds))


def get_platform_project() -> Project | None:
    """Return the programme of the platform's own bookings, or None where it has none or it is switched off."""
    return Project.objects.filter(is_platform=True, is_active=True).first()


def get_platform_ledger() -> Project | None:
    """Return the platform's project though its programme is switched off: what was begun in it is brought to its end."""
    return Project.objects.filter(is_platform=True).first()


def opened_customers(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of these customers, or who was merged into them, got points to begin with from a file."""
    own = Q(customer__in=ids) | Q(customer__merged_into__in=ids)
    found = LedgerTransaction.objects.filter(own, kind=LedgerTransaction.Kind.OPENING)
    return set(found.values_list(Coalesce("customer__merged_into_id", "customer_id"), flat=True))


def get_spendable_points(*, user_id: uuid.UUID) -> Decimal:
    """Return how many points of the platform a user can spend now."""
    customer = get_platform_customer(user_id=user_id)
    return get_balances(customer_id=customer.id).active if customer else Decimal(0)


def get_platform_customer(*, user_id: uuid.UUID) -> Customer | None:
    """Return who a user is in the platform's programme: their own customer, else one that nobody has claimed.

    That is known by the user's verified address: who came from a file or a shop has points before the first booking.
    """
    of_platform = Customer.objects.filter(project__is_platform=True).select_related("level", "merged_into__level")
    own = of_platform.filter(user_id=user_id).first()
    if own is not None:
        return own.merged_into or own
    email = get_user_model().objects.verified().filter(id=user_id).values_list("email", flat=True).first()
    known = of_platform.filter(email=email.lower(), user__isnull=True).first() if email else None
    target = (known.merged_into or known) if known else None
    return target if target and target.user_id is None else None


def get_my_loyalty(*, user_id: uuid.UUID) -> dict[str, Any]:
    """Return a user's points on the platform, of which none may be."""
    customer = get_platform_customer(user_id=user_id)
    nothing = Balances(Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    balances = get_balances(customer_id=customer.id) if customer else nothing
    lots = Lot.objects.filter(customer=customer).with_points_to_take()
    lot = lots.filter(expires_at__isnull=False).order_by("expires_at").first() if customer else None
    return {
        "active_points": balances.active,
        "pending_points": balances.pending,
        "held_points": balances.held,
        "debt": balances.debt,
        "level": customer.level.name if customer and customer.level else "",
        "referral_code": customer.referral_code if customer else "",
        "expires_next_at": lot.expires_at if lot else None,
        "expires_next_points": lot.free if lot else Decimal(0),
    }


def list_levels(*, user_id: uuid.UUID, project_id: uuid.UUID) -> QuerySet[Level]:
    """Return the ladder of a project that the user runs, the lowest level first.

    Raises:
        NotFound
    """
    project = get_project(user_id=user_id, project_id=project_id)
    return Level.objects.filter(project=project).order_by("turnover")


def get_callback(*, user_id: uuid.UUID, project_id: uuid.UUID) -> Callback:
    """Return the callback of a project that the user owns: its key is shown.

    Raises:
        NotFound, NotAllowed
    """
    project = get_owned_project(user_id=user_id, project_id=project_id)
    callback = Callback.objects.filter(project=project).first()
    if callback is None:
        raise NotFound
    return callback


def list_callback_events(*, user_id: uuid.UUID, project_id: uuid.UUID) -> QuerySet[CallbackEvent]:
    """Return the events sent to a shop that the user runs.

    Raises:
        NotFound
    """
    project = get_project(user_id=user_id, project_id=project_id)
    return CallbackEvent.objects.filter(project=project).defer("body")


def list_projects(*, user_id: uuid.UUID) -> QuerySet[Project]:
    """Return the projects that a user runs."""
    return Project.objects.of_member(user_id)


def get_project(*, user_id: uuid.UUID, project_id: uuid.UUID) -> Project:
    """Return a project that the user runs.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    project = Project.objects.of_member(user_id).filter(id=project_id).first()
    if project is None:
        raise NotFound
    return project


def get_owned_project(*, user_id: uuid.UUID, project_id: uuid.UUID) -> Project:
    """Return a project that the user owns.

    Raises:
        NotFound: there is none, or it is somebody else's.
        NotAllowed: the user only manages it.
    """
    project = get_project(user_id=user_id, project_id=project_id)
    owns = ProjectMember.objects.filter(project=project, user_id=user_id, role=ProjectMember.Role.OWNER)
    if not owns.exists():
        raise NotAllowed
    return project


def list_customers(*, user_id: uuid.UUID, project_id: uuid.UUID) -> QuerySet[Customer]:
    """Return the customers of a project that the user runs, with their points.

    Raises:
        NotFound
    """
    project = get_project(user_id=user_id, project_id=project_id)
    return Customer.objects.filter(project=project).annotate(
        active_points=Coalesce(_balance_of("active"), ZERO), pending_points=Coalesce(_balance_of("pending"), ZERO)
    )


def _balance_of(kind: str) -> Subquery:
    return Subquery(LedgerAccount.objects.filter(customer_id=OuterRef("pk"), kind=kind).values("balance")[:1])


def list_transactions(
    *, user_id: uuid.UUID, project_id: uuid.UUID, customer_id: uuid.UUID
) -> QuerySet[LedgerTransaction]:
    """Return the movements of a customer's points, with what they did to each of the accounts.

    Raises:
        NotFound
    """
    project = get_project(user_id=user_id, project_id=project_id)
    customer = Customer.objects.filter(project=project, id=customer_id).first()
    if customer is None:
        raise NotFound
    return _with_points(LedgerTransaction.objects.filter(customer=customer)).select_related("order")


def get_transaction(*, user_id: uuid.UUID, project_id: uuid.UUID, transaction_id: uuid.UUID) -> LedgerTransaction:
    """Return a movement in a project that the user runs, with its entries.

    Raises:
        NotFound
    """
    project = get_project(user_id=user_id, project_id=project_id)
    found = LedgerTransaction.objects.filter(project=project, id=transaction_id)
    transaction = _with_points(found).select_related("order").prefetch_related("entries__account").first()
    if transaction is None:
        raise NotFound
    return transaction


def _with_points(transactions: QuerySet[LedgerTransaction]) -> QuerySet[LedgerTransaction]:
    def moved(kind: str) -> Coalesce:
        lines = Q(entries__account__kind=kind, entries__account__customer=F("customer"))
        return Coalesce(Sum("entries__amount", filter=lines), ZERO)

    return transactions.annotate(active_points=moved("active"), pending_points=moved("pending"))


def list_deliveries(*, user_id: uuid.UUID, project_id: uuid.UUID) -> QuerySet[WebhookDelivery]:
    """Return the webhooks of a project that the user runs.

    Raises:
        NotFound
    """
    project = get_project(user_id=user_id, project_id=project_id)
    return (
        WebhookDelivery.objects.filter(project=project)
        .defer("body")
        .annotate(size_bytes=Func("body", function="octet_length", output_field=IntegerField()))
    )


def list_webhook_secrets(*, project: Project) -> QuerySet[WebhookSecret]:
    """Return the project's secrets, of which only the beginnings are known: the present one first."""
    return WebhookSecret.objects.filter(project=project).order_by(F("valid_until").desc(nulls_first=True))


def list_signing_keys(*, user_id: uuid.UUID, project_id: uuid.UUID, now: datetime) -> QuerySet[SigningKey]:
    """Return the keys that are right now, the newest first.

    Raises:
        NotFound, NotAllowed
    """
    project = get_owned_project(user_id=user_id, project_id=project_id)
    return SigningKey.objects.valid(now).filter(project=project).order_by("-created_at", "-id")


@dataclass(frozen=True)
class Backlog:
    """Webhooks that wait for a worker."""

    waiting: int
    oldest_seconds: float


def get_backlog(*, now: datetime) -> Backlog:
    """Return how many webhooks are due and how long the oldest has been so."""
    due = WebhookDelivery.objects.due(now).aggregate(count=Count("id"), oldest=Min("next_attempt_at"))
    oldest = (now - due["oldest"]).total_seconds() if due["oldest"] else 0.0
    return Backlog(due["count"], max(0.0, oldest))


def is_more_waiting(*, now: datetime) -> bool:
    """Tell whether a worker could be of use."""
    return WebhookDelivery.objects.due(now).exists()


def count_ledger_discrepancies() -> int:
    """Return how many accounts, lots and transactions disagree with the entries."""
    with connection.cursor() as sql:
        sql.execute(DISCREPANCIES_SQL)
        return int(sql.fetchone()[0])
