"""Read the outbox in order, each reader from its own place (Note [Windows] in bus.models.relay_cursor)."""

import zlib
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Max, QuerySet
from django.utils import timezone

from bus.models import OutboxRow, RelayCursor
from common.transaction_ids import read_horizon
from common.transactions import requires_transaction

FIRST_ID_SQL = "SELECT min(id) FROM bus_outboxrow WHERE transaction_id >= %s AND transaction_id < %s"
# Advisory locks of the bus: this number, and the checksum of the reader's name.
LOCK_SPACE = 0x0B05


class StoredFact(NamedTuple):
    """A row of the outbox as readers take it: fifty thousand of them are read without making a model of each."""

    id: int
    fact_id: UUID
    wire_type: str
    topic: str
    key: str
    payload: str
    request_id: str
    occurred_at: datetime


class CursorFromTheFuture(RuntimeError):
    """The place lies behind every transaction of this server: the database was restored into a new one, whose
    transaction numbers begin anew. Set the cursors back, see docs/development.md."""


class ReaderReplaced(RuntimeError):
    """The place was moved by another process: this one has lost its lock and must start anew."""


def become_reader(name: str) -> bool:
    """Tell whether this database session is the one reader of that name; others stand by until it ends."""
    connection.ensure_connection()
    held: set[str] = connection.connection.__dict__.setdefault("aquastream_readers", set())
    if name in held:
        return True
    RelayCursor.objects.get_or_create(name=name)
    with connection.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, zlib.crc32(name.encode()) & 0x7FFFFFFF])
        locked = bool(sql.fetchone()[0])
    if locked:
        held.add(name)
    return locked


@requires_transaction
def next_rows(cursor: RelayCursor, *, limit: int, wire_types: Collection[str] | None = None) -> list[StoredFact]:
    """Return up to `limit` rows after the cursor and move it (in memory) behind them; [] when there are none yet.

    With `wire_types` the others are passed over in the database: a reader that nobody waits for them in pays nothing.
    """
    rows = _rows_in_window(cursor, limit, wire_types)
    if not rows and _open_next_window(cursor):
        rows = _rows_in_window(cursor, limit, wire_types)
    if wire_types is not None and len(rows) < limit:
        cursor.last_id = _last_id_in_window(cursor)
    elif rows:
        cursor.last_id = rows[-1].id
    return rows


@requires_transaction
def move_cursor(cursor: RelayCursor, *, moved_from: tuple[int, int, int, str]) -> None:
    """Write the new place down.

    Raises:
        ReaderReplaced: the stored place is no longer the one this reader started from.
    """
    from_transaction, to_transaction, last_id, cluster_id = moved_from
    moved = RelayCursor.objects.filter(
        name=cursor.name,
        from_transaction=from_transaction,
        to_transaction=to_transaction,
        last_id=last_id,
        cluster_id=cluster_id,
    ).update(
        from_transaction=cursor.from_transaction,
        to_transaction=cursor.to_transaction,
        last_id=cursor.last_id,
        cluster_id=cursor.cluster_id,
        moved_at=timezone.now(),
    )
    if not moved:
        raise ReaderReplaced(cursor.name)


def _rows_in_window(cursor: RelayCursor, limit: int, wire_types: Collection[str] | None) -> list[StoredFact]:
    if cursor.from_transaction == cursor.to_transaction:
        return []
    rows = _rest_of_window(cursor)
    if wire_types is not None:
        rows = rows.filter(wire_type__in=wire_types)
    return [StoredFact._make(row) for row in rows.order_by("id").values_list(*StoredFact._fields)[:limit]]


def _rest_of_window(cursor: RelayCursor) -> QuerySet[OutboxRow]:
    return OutboxRow.objects.filter(
        transaction_id__gte=cursor.from_transaction,
        transaction_id__lt=cursor.to_transaction,
        id__gt=cursor.last_id,
    )


def _last_id_in_window(cursor: RelayCursor) -> int:
    last = _rest_of_window(cursor).aggregate(last=Max("id"))["last"]
    return cursor.last_id if last is None else int(last)


def _open_next_window(cursor: RelayCursor) -> bool:
    """Move the window up to the present horizon; False when it would hold nothing."""
    horizon = read_horizon()
    if horizon.not_yet_given < cursor.to_transaction:
        raise CursorFromTheFuture(
            f"{cursor.name} stands at {cursor.to_transaction}, the server at {horizon.not_yet_given}"
        )
    with connection.cursor() as sql:
        sql.execute(FIRST_ID_SQL, [cursor.to_transaction, horizon.finished_before])
        [first_id] = sql.fetchone()
    if first_id is None:
        return False
    cursor.from_transaction, cursor.to_transaction = cursor.to_transaction, horizon.finished_before
    cursor.last_id = first_id - 1
    return True
