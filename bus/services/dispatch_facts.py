"""Give each new fact to its in-process handlers: one delivery row per fact and handler, then a task to wake a worker.

The rows and the cursor move in one transaction. A task that is lost is repeated by `requeue_deliveries`.
"""

from collections import defaultdict
from typing import Any

from django.db import connection

from bus.models import RelayCursor
from bus.services.read_outbox import StoredFact, move_cursor, next_rows
from bus.subscriptions import HANDLERS
from common.transactions import requires_transaction

CURSOR = "handlers"
BATCH = 1000

INSERT_SQL = """
    INSERT INTO bus_delivery (handler, fact_id, outbox_id, key)
    SELECT * FROM unnest(%s::text[], %s::uuid[], %s::bigint[], %s::text[])
    ON CONFLICT (handler, fact_id) DO NOTHING
    RETURNING handler, id
"""


@requires_transaction
def dispatch_facts() -> tuple[int, dict[str, list[int]]]:
    """Write the deliveries of the next batch; called by the process that `become_reader(CURSOR)` has chosen.

    Returns:
        The number of facts that somebody handles, and the ids of new deliveries by handler, to be sent to workers after the commit.
    """
    cursor = RelayCursor.objects.get(name=CURSOR)
    place = cursor.place
    names_by_type: dict[str, list[str]] = defaultdict(list)
    for handler in HANDLERS.values():
        names_by_type[handler.wire_type].append(handler.name)
    rows = next_rows(cursor, limit=BATCH, wire_types=names_by_type)
    deliveries = _write_deliveries([(name, row) for row in rows for name in names_by_type[row.wire_type]])
    if cursor.place != place:
        move_cursor(cursor, moved_from=place)
    return len(rows), deliveries


def _write_deliveries(wanted: list[tuple[str, StoredFact]]) -> dict[str, list[int]]:
    deliveries: dict[str, list[int]] = defaultdict(list)
    if not wanted:
        return deliveries
    columns: list[Any] = [
        [name for name, _ in wanted],
        [row.fact_id for _, row in wanted],
        [row.id for _, row in wanted],
        [row.key for _, row in wanted],
    ]
    with connection.cursor() as sql:
        sql.execute(INSERT_SQL, columns)
        for handler_name, delivery_id in sql.fetchall():
            deliveries[handler_name].append(delivery_id)
    return deliveries
