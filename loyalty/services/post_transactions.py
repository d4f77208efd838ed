"""Post movements of points to the ledger: the only writer of transactions and entries.

Balances and lots follow by triggers; the database refuses what isn't balanced, goes below zero or leaves the project.
Locks: the customers' accounts in the order of their ids, before anybody reads a balance or a lot.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from common.transactions import requires_transaction
from loyalty.models import LedgerAccount, LedgerEntry, LedgerTransaction

Kind = LedgerAccount.Kind
PROJECT_KINDS = frozenset({Kind.ISSUED, Kind.REDEEMED, Kind.EXPIRED})
CUSTOMER_KINDS = (Kind.ACTIVE, Kind.PENDING)
Accounts = Mapping[tuple[uuid.UUID | None, str], LedgerAccount]


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many points into (negative: out of) an account of the posting's customer, or of its project."""

    kind: str
    amount: Decimal
    lot_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Posting:
    """One transaction to be: its lines sum to zero."""

    id: uuid.UUID
    kind: str
    customer_id: uuid.UUID
    order_pk: uuid.UUID | None
    explanation: dict[str, Any]
    lines: tuple[Line, ...]


@requires_transaction
def lock_accounts(*, project_id: uuid.UUID, customer_ids: Collection[uuid.UUID]) -> Accounts:
    """Return the accounts of customers (locked) and of the project (not locked: it has no balance to guard)."""
    wanted: set[tuple[uuid.UUID | None, str]]
    wanted = {(customer_id, str(kind)) for customer_id in customer_ids for kind in CUSTOMER_KINDS}
    wanted |= {(None, str(kind)) for kind in PROJECT_KINDS}
    accounts = _read(project_id, customer_ids)
    missing = sorted(wanted - accounts.keys(), key=str)
    if missing:
        fresh = [
            LedgerAccount(
                project_id=project_id, customer_id=customer, kind=kind, balance=Decimal(0) if customer else None
            )
            for customer, kind in missing
        ]
        LedgerAccount.objects.bulk_create(fresh, ignore_conflicts=True)
        accounts = _read(project_id, customer_ids)
    return accounts


def _read(
    project_id: uuid.UUID, customer_ids: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID | None, str], LedgerAccount]:
    customers = LedgerAccount.objects.filter(project_id=project_id, customer_id__in=customer_ids).locked()
    own = LedgerAccount.objects.filter(Q(customer__isnull=True), project_id=project_id)
    return {(one.customer_id, one.kind): one for one in [*customers, *own]}


@requires_transaction
def post_transactions(*, project_id: uuid.UUID, accounts: Accounts, postings: Sequence[Posting], now: datetime) -> None:
    """Write the postings in three statements, however many they are. `accounts` come from `lock_accounts`."""
    LedgerTransaction.objects.bulk_create(
        LedgerTransaction(
            id=one.id,
            project_id=project_id,
            customer_id=one.customer_id,
            order_id=one.order_pk,
            kind=one.kind,
            explanation=one.explanation,
            posted_at=now,
        )
        for one in postings
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            project_id=project_id,
            transaction_id=one.id,
            account=accounts[None if line.kind in PROJECT_KINDS else one.customer_id, line.kind],
            lot_id=line.lot_id,
            amount=line.amount,
        )
        for one in postings
        for line in one.lines
    )
