"""Post movements of points to the ledger: the only writer of transactions and entries.

Balances and lots follow by triggers; the database refuses what isn't balanced, goes below zero or leaves the project.
Locks: the customers' accounts in the order of their ids, before anybody reads a balance or a lot.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from common.ids import new_id
from common.transactions import requires_transaction
from loyalty.models import LedgerAccount, LedgerEntry, LedgerTransaction
from loyalty.models.copying import as_text, copy_rows

Kind = LedgerAccount.Kind
PROJECT_KINDS = frozenset({Kind.ISSUED, Kind.REDEEMED, Kind.EXPIRED})
Accounts = dict[tuple[uuid.UUID | None, str], LedgerAccount]
ZERO = Decimal(0)
TRANSACTION_COLUMNS = (
    "id",
    "project_id",
    "customer_id",
    "order_id",
    "kind",
    "reference",
    "explanation",
    "posted_at",
)
ENTRY_COLUMNS = ("project_id", "transaction_id", "account_id", "lot_id", "amount")


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many points into (negative: out of) an account of the posting's customer, or of its project.

    `customer_id` is given where a line isn't the posting's customer's: in merges.
    """

    kind: str
    amount: Decimal
    lot_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Posting:
    """One transaction to be: its lines sum to zero."""

    id: uuid.UUID
    kind: str
    customer_id: uuid.UUID
    order_pk: uuid.UUID | None
    explanation: dict[str, Any]
    lines: tuple[Line, ...]
    reference: str = ""


@requires_transaction
def lock_accounts(*, project_id: uuid.UUID, customer_ids: Collection[uuid.UUID]) -> Accounts:
    """Return the accounts of customers (locked) and of the project (not locked: it has no balance to guard).

    Each customer has at least the account of what can be spent, whose lock orders everything about the customer.
    """
    wanted: set[tuple[uuid.UUID | None, str]] = {(customer_id, Kind.ACTIVE) for customer_id in customer_ids}
    wanted |= {(None, str(kind)) for kind in PROJECT_KINDS}
    accounts = _read(project_id, customer_ids)
    missing = sorted(wanted - accounts.keys(), key=str)
    if missing:
        _open(project_id, missing)
        accounts = _read(project_id, customer_ids)
    return accounts


def _open(project_id: uuid.UUID, missing: Sequence[tuple[uuid.UUID | None, str]]) -> None:
    LedgerAccount.objects.bulk_create(
        [
            LedgerAccount(
                id=new_id(), project_id=project_id, customer_id=customer, kind=kind, balance=ZERO if customer else None
            )
            for customer, kind in missing
        ],
        ignore_conflicts=True,
    )


def _read(project_id: uuid.UUID, customer_ids: Collection[uuid.UUID]) -> Accounts:
    customers = LedgerAccount.objects.filter(project_id=project_id, customer_id__in=customer_ids).locked()
    own = LedgerAccount.objects.filter(Q(customer__isnull=True), project_id=project_id)
    return {(one.customer_id, one.kind): one for one in [*customers, *own]}


@requires_transaction
def post_transactions(
    *, project_id: uuid.UUID, accounts: Accounts, postings: Sequence[Posting], now: datetime
) -> dict[uuid.UUID, Decimal]:
    """Write the postings in two statements, however many they are; return what could be spent after each.

    `accounts` come from `lock_accounts`; those that a posting needs besides are opened, and balances are kept in step.
    """
    _open_missing(project_id, accounts, postings)
    if postings:
        copy_rows(LedgerTransaction, TRANSACTION_COLUMNS, (_transaction_row(project_id, one, now) for one in postings))
    entries, balances = [], {}
    for one in postings:
        for line in one.lines:
            account = accounts[_owner(one, line), line.kind]
            if account.balance is not None:
                account.balance += line.amount
            entries.append((project_id, one.id, account.id, line.lot_id, line.amount))
        balances[one.id] = accounts[one.customer_id, Kind.ACTIVE].balance or ZERO
    if entries:
        copy_rows(LedgerEntry, ENTRY_COLUMNS, entries)
    return balances


def _transaction_row(project_id: uuid.UUID, one: Posting, now: datetime) -> tuple[Any, ...]:
    explanation = as_text(one.explanation)
    return (one.id, project_id, one.customer_id, one.order_pk, one.kind, one.reference, explanation, now)


def _open_missing(project_id: uuid.UUID, accounts: Accounts, postings: Sequence[Posting]) -> None:
    """Open pending, held and debt accounts when they are first needed; the active account's lock covers them."""
    needed = {(_owner(one, line), line.kind) for one in postings for line in one.lines}
    missing = sorted(needed - accounts.keys(), key=str)
    if missing:
        _open(project_id, missing)
        accounts |= _read(project_id, {customer for customer, _ in missing if customer})


def _owner(posting: Posting, line: Line) -> uuid.UUID | None:
    return None if line.kind in PROJECT_KINDS else line.customer_id or posting.customer_id
