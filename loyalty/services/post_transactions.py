"""Post movements of points to the ledger: the only writer of transactions and entries.

Balances and lots follow by triggers; the database refuses what isn't balanced, goes below zero or leaves the project.
Locks: the customers' accounts in the order of their ids, before anybody reads a balance or a lot.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import Q
from django.db.models.expressions import RawSQL

from common.ids import new_id
from common.statements import prepared_cursor
from common.transactions import requires_transaction
from loyalty.models import LedgerAccount, LedgerEntry, LedgerTransaction
from loyalty.models.copying import as_text, copy_rows, rows_found

Kind = LedgerAccount.Kind
PROJECT_KINDS = frozenset({Kind.ISSUED, Kind.REDEEMED, Kind.EXPIRED})
# By owner, a customer or a project, and kind.
Accounts = dict[tuple[uuid.UUID, str], LedgerAccount]
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


OPEN_SQL = """
    INSERT INTO loyalty_ledgeraccount (id, project_id, customer_id, kind, balance)
    SELECT row.id, row.project_id, nullif(row.owner_id, row.project_id), row.kind,
        CASE WHEN row.owner_id <> row.project_id THEN 0 END
    FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::text[]) AS row (id, project_id, owner_id, kind)
    ON CONFLICT DO NOTHING
"""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """So many points into (negative: out of) an account of the posting's customer, or of its project.

    `customer_id` is given where a line isn't the posting's customer's: in merges.
    """

    kind: str
    amount: Decimal
    lot_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction to be: its lines sum to zero."""

    id: uuid.UUID
    project_id: uuid.UUID
    kind: str
    customer_id: uuid.UUID
    order_pk: uuid.UUID | None
    explanation: dict[str, Any]
    lines: tuple[Line, ...]
    reference: str = ""


@requires_transaction
def lock_accounts(*, project_id: uuid.UUID, customer_ids: Collection[uuid.UUID]) -> Accounts:
    """Return the accounts of a project's customers and of the project: see `lock_accounts_of`."""
    return lock_accounts_of({project_id: customer_ids})


@requires_transaction
def lock_accounts_of(customers: Mapping[uuid.UUID, Collection[uuid.UUID]]) -> Accounts:
    """Return the accounts of customers (locked) and of their projects (not locked: they have no balance to guard).

    `customers` are given by project. Each has at least the account of what can be spent, whose lock orders everything
    about the customer.
    """
    project_of = {customer_id: project_id for project_id, ids in customers.items() for customer_id in ids}
    project_of |= {project_id: project_id for project_id in customers}
    wanted = {(owner, str(kind)) for owner in customers for kind in PROJECT_KINDS}
    wanted |= {(owner, str(Kind.ACTIVE)) for owner in project_of if owner not in customers}
    accounts = _read(project_of)
    missing = sorted(wanted - accounts.keys())
    if missing:
        _open(missing, project_of)
        accounts |= _read({owner: project_of[owner] for owner, _ in missing})
    return accounts


def _open(missing: Sequence[tuple[uuid.UUID, str]], project_of: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Open accounts; the ids follow the owners, so that all who open some do it in one order."""
    with prepared_cursor() as sql:
        sql.execute(
            OPEN_SQL,
            [
                [new_id() for _ in missing],
                [project_of[owner] for owner, _ in missing],
                [owner for owner, _ in missing],
                [str(kind) for _, kind in missing],
            ],
        )


def _read(project_of: Mapping[uuid.UUID, uuid.UUID]) -> Accounts:
    owners, projects = list(project_of), list(set(project_of.values()))
    customers = LedgerAccount.objects.filter(customer_id__in=_each_of(owners)).locked()
    own = LedgerAccount.objects.filter(Q(customer__isnull=True), project_id__in=_each_of(projects))
    found = rows_found(LedgerAccount, [*customers.values_list(), *own.values_list()])
    return {(one.customer_id or one.project_id, one.kind): one for one in found}


def _each_of(ids: list[uuid.UUID]) -> RawSQL:
    """Return ids as one array: a parameter each would take longer to put together than it takes to look them up."""
    return RawSQL("SELECT unnest(%s::uuid[])", [ids])


@requires_transaction
def post_transactions(*, accounts: Accounts, postings: Sequence[Posting], now: datetime) -> dict[uuid.UUID, Decimal]:
    """Write the postings in two statements, however many they are; return what could be spent after each.

    `accounts` come from `lock_accounts`; those that a posting needs besides are opened, and balances are kept in step.
    """
    keys = [[(_owner(one, line), line.kind) for line in one.lines] for one in postings]
    _open_missing(accounts, postings, keys)
    if postings:
        copy_rows(LedgerTransaction, TRANSACTION_COLUMNS, (_transaction_row(one, now) for one in postings))
    entries, balances = [], {}
    for one, places in zip(postings, keys, strict=True):
        for line, place in zip(one.lines, places, strict=True):
            account = accounts[place]
            if account.balance is not None:
                account.balance += line.amount
            entries.append((one.project_id, one.id, account.id, line.lot_id, line.amount))
        balances[one.id] = accounts[one.customer_id, Kind.ACTIVE].balance or ZERO
    if entries:
        copy_rows(LedgerEntry, ENTRY_COLUMNS, entries)
    return balances


def _transaction_row(one: Posting, now: datetime) -> tuple[Any, ...]:
    explanation = as_text(one.explanation)
    return (one.id, one.project_id, one.customer_id, one.order_pk, one.kind, one.reference, explanation, now)


def _open_missing(
    accounts: Accounts, postings: Sequence[Posting], keys: Sequence[Sequence[tuple[uuid.UUID, str]]]
) -> None:
    """Open pending, held and debt accounts when they are first needed; the active account's lock covers them."""
    needed = {
        place: one.project_id
        for one, places in zip(postings, keys, strict=True)
        for place in places
        if place not in accounts
    }
    if needed:
        project_of = {owner: project_id for (owner, _), project_id in needed.items()}
        _open(sorted(needed), project_of)
        accounts |= _read(project_of)


def _owner(posting: Posting, line: Line) -> uuid.UUID:
    return posting.project_id if line.kind in PROJECT_KINDS else line.customer_id or posting.customer_id
