"""Read the outbox in order, each reader from its own place (Note [Windows] in bus.models.relay_cursor)."""

import zlib

from django.db import connection
from django.utils import timezone

from bus.models import OutboxRow, RelayCursor
from common.transaction_ids import read_horizon
from common.transactions import requires_transaction

FIRST_ID_SQL = "SELECT min(id) FROM bus_outboxrow WHERE transaction_id >= %s AND transaction_id < %s"
# Advisory locks of the bus: this number, and the checksum of the reader's name.
LOCK_SPACE = 0x0B05


class CursorFromTheFuture(RuntimeError):
    """The place lies behind every transaction of this server: the database was restored into a new one, whose
    transaction numbers begin anew. Set the cursors back, see docs/development.md."""


class ReaderReplaced(RuntimeError):
    """The place was moved by another process: this one has lost its lock and must start anew."""


def become_reader(name: str) -> bool:
    """Tell whether this database session is the one reader of that name; others stand by until it ends."""
    RelayCursor.objects.get_or_create(name=name)
    connection.ensure_connection()
    held: set[str] = connection.connection.__dict__.setdefault("aquastream_readers", set())
    if name in held:
        return True
    with connection.cursor() as sql:
        sql.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, zlib.crc32(name.encode()) & 0x7FFFFFFF])
        locked = bool(sql.fetchone()[0])
    if locked:
        held.add(name)
    return locked


@requires_transaction
def next_rows(cursor: RelayCursor, *, limit: int) -> list[OutboxRow]:
    """Return up to `limit` rows after the cursor and move it (in memory) behind them; [] when there are none yet."""
    rows = _rows_in_window(cursor, limit)
    if not rows and _open_next_window(cursor):
        rows = _rows_in_window(cursor, limit)
    if rows:
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


def _rows_in_window(cursor: RelayCursor, limit: int) -> list[OutboxRow]:
    if cursor.from_transaction == cursor.to_transaction:
        return []
    rows = OutboxRow.objects.filter(
        transaction_id__gte=cursor.from_transaction,
        transaction_id__lt=cursor.to_transaction,
        id__gt=cursor.last_id,
    )
    return list(rows.order_by("id")[:limit])


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
